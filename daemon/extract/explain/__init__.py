"""Explaining a reading: what each step was given, what it left, and which rule took what."""
