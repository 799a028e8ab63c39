"""Conditions of an owner on a page: what they are, whether they hold, and what crossed."""
