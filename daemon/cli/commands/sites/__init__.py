"""`sites` and the commands for one site."""
