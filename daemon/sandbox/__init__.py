"""The edge to the document workers: recycled processes that may be killed at any moment."""
