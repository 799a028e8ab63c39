"""A small web that changes over time, to show the daemon at work without a network."""
