"""The engine, the session, the column types and the schema: what every query stands on."""
