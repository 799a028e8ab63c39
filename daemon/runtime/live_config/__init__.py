"""Applies edits of the configuration while the daemon runs."""
