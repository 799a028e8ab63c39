"""The log: one line format, cleaned, counted, and written where it is read."""
