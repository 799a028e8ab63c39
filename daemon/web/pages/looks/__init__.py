"""Pages that show how a page looks."""
