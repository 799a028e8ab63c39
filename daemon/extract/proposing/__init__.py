"""Proposes selectors for what somebody points at on a page."""
