"""Lists that are filtered, counted and turned page by page, however long they are."""
