"""What people mark of changes: which they have seen, and which were useful."""
