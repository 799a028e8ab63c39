"""`sites` and what is asked of one site."""
