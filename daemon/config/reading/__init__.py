"""Reads a file and an environment into values, or into all the faults in them."""
