"""The foundation of every query: engine, session, column types and schema."""
