"""Tests of pages that a browser renders."""
