"""Feeds in every form: XML, JSON, and the dates in them."""
