"""Runs document work in recycled worker processes that can be killed at any moment."""
