"""Operations on an installation: its configuration, its database and its daemons."""
