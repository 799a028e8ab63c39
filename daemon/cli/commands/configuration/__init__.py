"""`config`."""
