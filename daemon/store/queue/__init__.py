"""Waiting work: claims, leases, shards, and the daemons that hold them."""
