"""Says what changed and why it is graded so, in whole thoughts."""
