"""What checks leave behind, written in groups."""
