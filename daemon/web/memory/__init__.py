"""What pages remember from one request to the next."""
