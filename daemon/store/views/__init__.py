"""Queries by intent, for people and for checks."""
