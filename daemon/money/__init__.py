"""Parses money as people write it: an exact amount and an ISO 4217 code."""
