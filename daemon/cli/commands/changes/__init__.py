"""`changes`, `diff` and `replay`."""
