"""Connections: name resolution, addresses, bytes on the wire and the event loop's time."""
