"""What moves on a page by itself, and is no news."""
