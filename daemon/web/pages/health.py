"""The page of the daemon itself: its parts, its figures, and the daemons beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daemon import __version__
from daemon.display.outcomes import outcome_words
from daemon.monitoring.health import worst
from daemon.operations.installation.daemons import SHARDS, list_daemons
from daemon.web.answers import Answer, page
from daemon.web.headers import POLICY
from daemon.web.request import Request
from daemon.wording import byte_size, duration

_BELIEVED = {"true": "believed", "false": "not believed"}  # of prices: no other figure has these
# Figures whose names say little to people.
_NAMES = {
    "checks_cut_off_total": "checks that ran out of time",
    "leases_lost_total": "results left to another daemon",
    "changes_total": "changes found",
    "check_failures_total": "failed checks",
    "fetched_bytes_total": "received",
    "in_flight": "checks under way",
    "overdue_seconds": "longest overdue",
    "disk_free_bytes": "free on the disk",
    "queue_length": "waiting",
    "daemons": "daemons on this database",
    "notices_total": "notifications",
    "database_trouble_total": "times that the database failed",
    "retention_seconds": "last clean-up took",
    "retention_rows_total": "rows cleaned up",
    "retention_lock_seconds": "its longest transaction",
    "database_bytes": "size of the database",
    "database_free_bytes": "free inside its file",
    "database_wal_bytes": "its log of writes",
    "sandbox_workers": "workers for documents",
    "task_breaks_total": "tasks begun again after a bug",
    "pings_total": "signs of life sent",
    "model_requests_total": "questions to the model",
    "model_tokens_total": "tokens of the model",
    "model_cost_total": "cost of the model",
}


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
        policy=POLICY,
    )


def _figures(summary: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """The figures that are not nothing: their names as metrics, their names in words, and each."""
    for name, value in summary.items():
        if told := _figure(name, value):
            words = name.removesuffix("_total").replace("_", " ")
            yield name, _NAMES.get(name, words), told


def _figure(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        # Of notifications a word is a channel and an outcome.
        form = "{1}: {0:,.0f}" if name == "notices_total" else "{0:,.0f} {1}"
        told = (form.format(number, _label(word)) for word, number in value.items() if number)
        return ", ".join(told)
    if not isinstance(value, int | float):
        return str(value)
    if name.removesuffix("_total").endswith("_bytes"):
        return byte_size(value)
    if name.endswith("_seconds"):
        return duration(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _label(word: str) -> str:
    return _BELIEVED.get(word) or outcome_words(word)
