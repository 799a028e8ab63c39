"""Loads the last states of a site, and the recorded changes by which it left its states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.conditions.crossings import CONDITION
from daemon.model.change import Departure
from daemon.model.reading import StoredState
from daemon.model.site import Site
from daemon.store.tables import ContentUpdate, Snapshot
from daemon.store.views.states import states_with

_LATEST = 100


@dataclass(frozen=True, slots=True)
class KnownStates:
    """The last states of a site, and the changes by which it left its states, newest first."""

    states: tuple[StoredState, ...]
    departures: tuple[Departure, ...] = ()

    def with_text(self, text_hash: str | None) -> StoredState | None:
        """The state with this text."""
        return next((state for state in self.states if state.text_hash == text_hash), None)


async def known_states(session: AsyncSession, site: Site, limit: int) -> KnownStates:
    """The last states of a site, always including its current one, and how it left them."""
    states = await states_with(session, site, limit)
    # With a single state there is none to go back to.
    return KnownStates(states, await departures_of(session, site.id) if len(states) > 1 else ())


async def departures_of(session: AsyncSession, site_id: UUID) -> tuple[Departure, ...]:
    """The latest changes of a site, newest first, as later checks look back on them.

    Shape: what only crossed a condition left no state: it is told by itself when it goes back.
    """
    rows = await session.execute(
        select(
            Snapshot.text_hash,
            ContentUpdate.detected_at,
            ContentUpdate.is_significant,
            ContentUpdate.reasons,
        )
        .join(Snapshot, Snapshot.id == ContentUpdate.before_snapshot_id)
        .where(
            ContentUpdate.site_id == site_id,
            ContentUpdate.before_snapshot_id != ContentUpdate.after_snapshot_id,
        )
        .order_by(ContentUpdate.detected_at.desc())
        .limit(_LATEST)
    )
    found = (
        Departure(row.text_hash, row.detected_at, row.is_significant, _signals(row.reasons))
        for row in rows
    )
    return tuple(one for one in found if set(one.signals) != {CONDITION})


def _signals(reasons: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(one.get("signal")) for one in reasons if isinstance(one, dict))
