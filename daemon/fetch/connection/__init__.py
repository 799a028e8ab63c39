"""Connections: names, addresses, bytes on the wire and the loop's time."""
