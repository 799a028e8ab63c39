"""`products`."""
