"""HTML and its relatives: made tame, selected from, and read as a visitor sees them."""
