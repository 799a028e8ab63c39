"""Reads what a page states about its product in markup and scripts."""
