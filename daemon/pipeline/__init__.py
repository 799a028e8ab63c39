"""One check from start to end; read `check.py` first."""
