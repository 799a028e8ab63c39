"""Feeds of changes for readers of news."""
