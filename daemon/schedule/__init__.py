"""Decides when to check again, by pure arithmetic."""
