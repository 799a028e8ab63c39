"""Detects the parts of a page that change at every visit and are no news."""
