"""The index of the words of changes, by which they are found: made, kept in step, and dropped."""
