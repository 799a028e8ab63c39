"""Copies all rows of one database into another, of any kind."""
