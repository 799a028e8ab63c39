"""Logins, what is one's own, and the users."""
