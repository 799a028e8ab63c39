"""The page of the daemon itself: its parts, its figures, and the daemons beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daemon import __version__
from daemon.monitoring.health import worst
from daemon.operations.installation.daemons import SHARDS, list_daemons
from daemon.web.answers import Answer, page
from daemon.web.request import Request
from daemon.wording import byte_size

_LABELS = {"true": "believed", "false": "not believed"}  # of prices: no other figure has these


async def show_health(request: Request) -> Answer:
    """How the daemon is, as `changelogger status` says it."""
    daemons = await list_daemons(request.database, request.viewer)
    health = request.context.health
    components = health.components()
    return page(
        "health.html",
        state=worst(components),
        components=components,
        figures=list(_figures(request.context.metrics.summary())),
        daemons=daemons,
        shards=SHARDS,
        uptime_seconds=health.uptime_seconds,
        version=__version__,
    )


def _figures(summary: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The figures that are not nothing, by their names in words."""
    for name, value in summary.items():
        if told := _figure(name, value):
            yield name.removesuffix("_total").replace("_", " "), told


def _figure(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        told = (f"{number:,.0f} {_label(word)}" for word, number in value.items() if number)
        return ", ".join(told)
    if not isinstance(value, int | float):
        return str(value)
    if name.removesuffix("_total").endswith("_bytes"):
        return byte_size(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _label(word: str) -> str:
    return _LABELS.get(word, word.replace("_", " "))
