"""Fetches pages: sends a Request, and returns a Response or raises a FetchError."""
