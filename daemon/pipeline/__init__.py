"""One check from start to end. Read `check.py` first."""
