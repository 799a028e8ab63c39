"""What the daemon asks of the machine, and the machine of it."""
