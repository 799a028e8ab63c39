"""Output for people and programs: tables, charts, colours, times."""
