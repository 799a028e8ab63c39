"""The daemon's process: its assembly, its loops, and their supervision."""
