"""Makes Prometheus series under our prefix, in one registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

WORK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0)


class Series:
    """Makes series under our prefix. Shape: `plain` holds all except the histograms."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.plain: list[Counter | Gauge] = []

    def counter(self, name: str, says: str, *labels: str) -> Counter:
        """A counter; its name gets `_total`."""
        made = Counter(f"changelogger_{name}", says, labels, registry=self._registry)
        self.plain.append(made)
        return made

    def gauge(self, name: str, says: str, *labels: str) -> Gauge:
        """A gauge."""
        made = Gauge(f"changelogger_{name}", says, labels, registry=self._registry)
        self.plain.append(made)
        return made

    def histogram(self, name: str, says: str, buckets: tuple[float, ...]) -> Histogram:
        """A histogram with these buckets."""
        return Histogram(f"changelogger_{name}", says, registry=self._registry, buckets=buckets)
