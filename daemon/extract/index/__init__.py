"""Which pages does another page name? Sitemaps, and the links of any page."""
