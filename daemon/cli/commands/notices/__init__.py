"""`notices` and `notify`."""
