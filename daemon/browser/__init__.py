"""Pages as a browser shows them: rendered in a process of its own that has no network."""
