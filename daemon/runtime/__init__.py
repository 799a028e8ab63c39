"""The process: everything put together, the loops, and what keeps them going."""
