"""HTML and XML: simplified, selected from, and read as a visitor sees them."""
