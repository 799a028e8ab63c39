"""Logging: one line format, cleaned, rate-limited, and adapted to its reader."""
