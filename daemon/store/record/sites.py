"""Writes how sites stand after a check: their states, errors, volatile lines and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, update
from sqlalchemy.ext.asyncio import AsyncConnection

from daemon.model.outcome import Outcome, SiteOutcome, StateDraft
from daemon.model.status import Verdict
from daemon.store.record.rhythms import with_this_change
from daemon.store.tables import MonitoredSite

_Rows = list[dict[str, Any]]
_SITE = MonitoredSite.__table__

# A site that moved to another page meanwhile has a new baseline there.
_move = update(_SITE).where(
    _SITE.c.id == bindparam("site_id"), _SITE.c.page_id == bindparam("from_page")
)
_move_site = _move.values(
    error_class=bindparam("why"),
    error_detail=bindparam("detail"),
    blind_spot=bindparam("spot"),
    blind_since=bindparam("blind_from"),
    deferred_since=bindparam("deferred_from"),
)
_move_site_state = _move_site.values(
    text_hash=bindparam("text"),
    read_with=bindparam("reader"),
    last_changed_at=bindparam("changed_at"),
)
_move_changed_site = _move_site_state.values(rhythm=bindparam("seen"))


_move_volatile = _move.values(volatile=bindparam("known"))
_move_conditions = _move.values(conditions=bindparam("standings"))


async def move_sites(
    connection: AsyncConnection, sites: Sequence[tuple[Outcome, SiteOutcome]]
) -> None:
    """Write the state of these sites, why they fail, and what was learned of them."""
    moved: _Rows = []
    changed: _Rows = []
    told: _Rows = []
    taught = [_volatile_row(outcome, one) for outcome, one in sites if one.volatile is not None]
    if taught:
        await connection.execute(_move_volatile, taught)
    stood = [_standings_row(outcome, one) for outcome, one in sites if one.standings is not None]
    if stood:
        await connection.execute(_move_conditions, stood)
    for outcome, one in sites:
        row = _site_row(outcome, one)
        seen = _seen(outcome, one)
        if one.state is not None and seen is not None:
            changed.append(row | _state_row(outcome, one, one.state) | {"seen": seen})
        elif one.state is not None:
            moved.append(row | _state_row(outcome, one, one.state))
        elif one.error_class is not None or one.site.error_class is not None:
            told.append(row)
    if changed:
        await connection.execute(_move_changed_site, changed)
    if moved:
        await connection.execute(_move_site_state, moved)
    if told:
        await connection.execute(_move_site, told)


def _site_row(outcome: Outcome, one: SiteOutcome) -> dict[str, Any]:
    spot, since = one.blind_spot, one.site.blind_since
    if spot is None:
        since = None
    elif since is None or spot != one.site.blind_spot:
        since = outcome.started_at
    return {
        "site_id": one.site.id,
        "from_page": outcome.page.id,
        "why": one.error_class,
        "detail": one.error_detail or None,
        "spot": spot,
        "blind_from": since,
        "deferred_from": outcome.deferred_since(one),
    }


def _seen(outcome: Outcome, one: SiteOutcome) -> dict[str, Any] | None:
    """When it was seen to change, up to now; None unless this check saw it change."""
    is_changed = one.verdict is Verdict.CHANGED
    return with_this_change(one.site.rhythm, outcome) if is_changed else None


def _volatile_row(outcome: Outcome, one: SiteOutcome) -> dict[str, Any]:
    return {
        "site_id": one.site.id,
        "from_page": outcome.page.id,
        "known": msgspec.to_builtins(one.volatile),
    }


def _standings_row(outcome: Outcome, one: SiteOutcome) -> dict[str, Any]:
    return {
        "site_id": one.site.id,
        "from_page": outcome.page.id,
        "standings": msgspec.to_builtins(dict(one.standings or {})),
    }


def _state_row(outcome: Outcome, one: SiteOutcome, state: StateDraft) -> dict[str, Any]:
    changed = one.verdict is Verdict.CHANGED
    return {
        "text": state.text_hash,
        "reader": one.read_with,
        "changed_at": outcome.started_at if changed else one.site.last_changed_at,
    }
