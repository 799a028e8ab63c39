"""What the owner chose and asked for on a page, beside how much a difference matters."""
