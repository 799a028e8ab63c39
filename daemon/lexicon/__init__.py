"""The vocabulary of pages in every language: one list and one function for each question."""
