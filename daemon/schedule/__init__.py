"""When to check again: pure arithmetic."""
