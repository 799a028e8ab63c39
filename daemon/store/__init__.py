"""The database layer: takes and returns values; rows never leave it."""
