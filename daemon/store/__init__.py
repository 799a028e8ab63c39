"""The edge to the database: values in, values out; rows never leave it."""
