"""What the daemon knows of itself, served on loopback for probes, people and Prometheus."""
