"""One file for each format: bytes in, entries out; or entries in, text out."""
