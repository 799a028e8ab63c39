"""Tables that give each column its room."""

from __future__ import annotations

import pytest

from daemon.cli.commands.process.daemons import _row
from daemon.cli.commands.process.status import _figure
from daemon.cli.terminal.table import Column, _fitting
from daemon.store.queue.runs import DaemonView
from daemon.store.tables.ids import new_id
from tests.making import PAST

COLUMNS = (Column("NAME", share=2), Column("90 DAYS", yields=True), Column("SHOP", share=1))


@pytest.mark.parametrize(("total", "shown"), [(100, 3), (40, 2)])
def test_a_column_yields_to_names_that_need_its_room(total: int, shown: int) -> None:
    row = ["127.0.0.1:8901/kettle", "▁▁▁▁▁▁▁▁▁▁▁▁", "127.0.0.1:8901"]
    columns, rows = _fitting(COLUMNS, [row], total)
    assert len(columns) == len(rows[0]) == shown
    assert rows[0][0] == row[0]
    assert rows[0][-1] == row[-1]


def test_prices_that_were_believed_are_told_as_such() -> None:
    assert _figure({"true": 1.0, "false": 0.0}) == "1 believed"
    assert _figure({"initial": 2.0}) == "2 initial"


@pytest.mark.parametrize(("state", "is_up"), [("alive", True), ("silent", True), ("ended", False)])
def test_only_a_daemon_that_has_not_ended_is_up(state: str, is_up: bool) -> None:
    view = DaemonView(
        id=new_id(), state=state, machine="m", pid=1, version="1", started_at=PAST,
        heartbeat_at=PAST, ended_at=None, checks_per_minute=None, shards=None,
    )  # fmt: skip
    assert bool(_row(view, PAST)[5]) == is_up
