"""The interface to the operating system."""
