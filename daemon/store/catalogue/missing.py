"""Decides whether what the configuration lacks is removed now or stays for a while."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any

from sqlalchemy import Row

from daemon.store.catalogue.plan import SyncPlan
from daemon.store.core.requests import request_key


class Removing(Enum):
    """When a synchronisation removes what the configuration lacks."""

    NOW = auto()
    UNLESS_ALL = auto()  # now, but nothing if nothing watched would be left
    LATER = auto()  # what the configuration replaces by another is removed now all the same


def staying(plans: Sequence[SyncPlan[Any]], removing: Removing) -> list[list[Row[Any]]]:
    """The removals of each plan that must wait."""
    if removing is Removing.NOW:
        return [[] for _ in plans]
    lost = [_without_successor(one) for one in plans]
    if removing is Removing.UNLESS_ALL and any(one.kept for one in plans):
        return [[] for _ in plans]
    return lost


def _without_successor(planned: SyncPlan[Any]) -> list[Row[Any]]:
    """The removals without a successor: no new name for its page, no new page for its name.

    Shape: keeping a renamed site at a restart would notify its owner of everything twice.
    """
    specs = [*planned.added, *(move.spec for move in planned.changed)]
    pages = {request_key(spec.request) for spec in specs}
    names = {(spec.owner_id, spec.name) for spec in specs}
    return [
        row
        for row in planned.removed
        if row.request_key not in pages and (row.owner_id, row.name) not in names
    ]
