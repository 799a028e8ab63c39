"""Queries by intent: what people and checks ask to see."""
