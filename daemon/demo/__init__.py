"""A small web that changes while one watches, to see the daemon at work without a network."""
