"""Politeness: limits on rate and concurrency per host, and the rules of robots.txt."""
