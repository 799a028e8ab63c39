"""Work that waits: claims, leases, shards, and the daemons that hold them."""
