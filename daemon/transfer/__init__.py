"""Transfers databases to other databases and files, and sites from and to other programs."""
