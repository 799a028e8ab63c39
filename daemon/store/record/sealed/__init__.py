"""Keeps secrets of people encrypted."""
