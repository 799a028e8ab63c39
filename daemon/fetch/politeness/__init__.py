"""How often and how many at once a host is asked, and what robots.txt lets us fetch."""
