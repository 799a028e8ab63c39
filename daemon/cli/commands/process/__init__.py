"""`run`, `check`, `status` and `demo`."""
