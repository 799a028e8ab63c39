"""Writes what checks leave behind, in groups."""
