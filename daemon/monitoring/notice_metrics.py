"""The metrics of notifications and of questions to the model."""

from __future__ import annotations

from collections.abc import Collection

from daemon.alerting.destinations import id_in
from daemon.monitoring.series import Series

_ADDED = "(added by people)"
NOTICE_OUTCOMES = ("sent", "failed", "dead")
MODEL_OUTCOMES = ("answered", "unreadable", "failed", "cached")


class NoticeFigures:
    """Notices by channel and result of a try.

    Shape: only channels in the current configuration have series; the destinations that people
           have added share one.
    """

    def __init__(self, series: Series) -> None:
        self._tries = series.counter(
            "notices", "Tries to send a notice, by channel and how they ended.",
            "channel", "outcome",
        )  # fmt: skip
        self._channels: set[str] = set()
        self._open(_ADDED)

    def channels(self, names: Collection[str]) -> None:
        """Keep series for exactly these channels."""
        for gone in self._channels - set(names):
            for outcome in NOTICE_OUTCOMES:
                self._tries.remove(gone, outcome)
        for name in names:
            self._open(name)
        self._channels = set(names)

    def _open(self, name: str) -> None:
        for outcome in NOTICE_OUTCOMES:
            self._tries.labels(name, outcome)

    def tried(self, channel: str, outcome: str) -> None:
        """Count a try: `sent`, `failed` and to be retried, or `dead`."""
        name = channel if id_in(channel) is None else _ADDED
        if name in self._channels or name == _ADDED:
            self._tries.labels(name, outcome).inc()


class ModelFigures:
    """Questions to the model, and what they cost."""

    def __init__(self, series: Series) -> None:
        asked = series.counter(
            "model_requests", "Questions for the model, by how they ended.", "outcome"
        )
        self._asked = {outcome: asked.labels(outcome) for outcome in MODEL_OUTCOMES}
        self._tokens = series.counter("model_tokens", "Tokens that the model has used.")
        self._cost = series.counter("model_cost", "Money spent, in the unit of the prices.")

    def asked(self, outcome: str, tokens: int, cost: float) -> None:
        """Count a question: answered by the model or from the cache, or not answered."""
        self._asked[outcome].inc()
        self._tokens.inc(tokens)
        self._cost.inc(cost)
