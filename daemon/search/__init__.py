"""What a text is found by: its words, and the words that a person searches for."""
