"""When what is due, and whether somebody has written since."""
