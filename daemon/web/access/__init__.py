"""Who asks for a page, and whether they may."""
