"""Words, numbers and times as people read them, the same in the terminal and on pages."""
