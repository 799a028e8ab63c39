"""Retention: drops old rows, keeps their figures, and returns the space."""
