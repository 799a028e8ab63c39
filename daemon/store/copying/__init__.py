"""All rows of one database in; the same rows in another, whatever kind of database each is."""
