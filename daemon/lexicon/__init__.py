"""What words mean, in every language: one list and one function for each question."""
