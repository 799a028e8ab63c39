"""Divides what a page says into thoughts: sentences, items, cells, headings, labelled values."""
