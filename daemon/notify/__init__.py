"""Turns notices into messages and sends them through channels."""
