"""Lists the daemons on one database, by their runs, for `status --daemons`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from daemon.cli.terminal import exits
from daemon.cli.terminal.show import BAD, DIM, GOOD, Style, hint, json_line
from daemon.cli.terminal.table import Cell, Column, table
from daemon.config import Config
from daemon.display.times import ago, stamp, utc_now
from daemon.display.words import short_id
from daemon.operations.installation.daemons import SHARDS, DaemonView, list_daemons
from daemon.operations.installation.opening import asked

_STATE_STYLE: Mapping[str, Style] = {"alive": GOOD, "silent": BAD, "ended": DIM}
_COLUMNS = (
    Column("ID"),
    Column("STATE"),
    Column("MACHINE", share=1),
    Column("PROCESS", right=True),
    Column("VERSION"),
    Column("UP SINCE", right=True, plain="STARTED AT"),
    Column("HEARTBEAT", right=True, plain="HEARTBEAT AT"),
    Column("CHECKS/MIN", right=True, plain="CHECKS PER MINUTE"),
    Column("HOSTS", right=True, plain="SHARDS"),
)


def show_daemons(config: Config, *, as_json: bool) -> int:
    """Print the daemons; the exit code says whether any is alive."""
    found = asyncio.run(asked(config, list_daemons))
    if as_json:
        for view in found:
            json_line(daemon_json(view))
    elif not found:
        hint("no daemon has run on this database within a day")
    else:
        now = utc_now()
        table(_COLUMNS, [_row(view, now) for view in found], _tab_rows(found))
    return exits.FINE if any(view.state == "alive" for view in found) else exits.FAILING


def daemon_json(view: DaemonView) -> dict[str, Any]:
    """A daemon as one JSON object."""
    return {
        "id": str(view.id),
        "state": view.state,
        "machine": view.machine,
        "pid": view.pid,
        "version": view.version,
        "started_at": stamp(view.started_at),
        "heartbeat_at": stamp(view.heartbeat_at),
        "ended_at": stamp(view.ended_at),
        "checks_per_minute": view.checks_per_minute,
        "shards": view.shards,
    }


def _row(view: DaemonView, now: datetime) -> Sequence[Cell]:
    return [
        (short_id(view.id), DIM),
        (view.state, _STATE_STYLE[view.state]),
        view.machine,
        str(view.pid),
        view.version,
        ago(view.started_at, now) if view.state != "ended" else "",
        ago(view.heartbeat_at, now),
        _rate(view),
        "" if view.shards is None else f"{view.shards / SHARDS:.0%}",
    ]


def _tab_rows(found: Sequence[DaemonView]) -> list[list[str]]:
    return [
        [
            str(view.id),
            view.state,
            view.machine,
            str(view.pid),
            view.version,
            stamp(view.started_at) or "",
            stamp(view.heartbeat_at) or "",
            _rate(view),
            "" if view.shards is None else str(view.shards),
        ]
        for view in found
    ]


def _rate(view: DaemonView) -> str:
    return "" if view.checks_per_minute is None else f"{view.checks_per_minute:.0f}"
