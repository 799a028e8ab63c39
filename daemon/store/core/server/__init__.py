"""What only a database server asks for: poolers before it, and copies beside it."""
