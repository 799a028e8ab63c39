"""Decides who is notified of what, and when."""
