"""Encrypts what must not be read in a dump of the database."""
