"""What browsers keep for us, signed, so that every daemon of the database knows it."""
