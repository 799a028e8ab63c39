"""Lists that people filter, count and turn page by page, and what they have seen of them."""
