"""One file for each page, or a family of pages."""
