"""The daemon's health and metrics, served on loopback for probes, people and Prometheus."""
