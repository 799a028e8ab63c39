"""How people write: short forms, what they refer to, what is said about a link and not by it."""
