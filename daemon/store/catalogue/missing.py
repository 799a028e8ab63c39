"""What the database has and the configuration lacks: whether it is removed now, or stays."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any

from sqlalchemy import Row

from daemon.store.catalogue.plan import Plan
from daemon.store.core.json_columns import request_key


class Removing(Enum):
    """When a synchronisation removes what the configuration lacks."""

    NOW = auto()
    UNLESS_ALL = auto()  # now, but nothing at all where nothing that was watched would be left
    LATER = auto()  # what another of the configuration's takes the place of goes now all the same


def staying(plans: Sequence[Plan[Any]], removing: Removing) -> list[list[Row[Any]]]:
    """Of what each plan removes, what is not to be removed yet."""
    if removing is Removing.NOW:
        return [[] for _ in plans]
    lost = [_without_successor(one) for one in plans]
    if removing is Removing.UNLESS_ALL and any(one.kept for one in plans):
        return [[] for _ in plans]
    return lost


def _without_successor(planned: Plan[Any]) -> list[Row[Any]]:
    """What nothing else takes the place of: no other name for its page, no other page of its name.

    Shape: whoever gives a site another name and starts anew would be told everything twice.
    """
    specs = [*planned.added, *(move.spec for move in planned.changed)]
    pages = {request_key(spec.request) for spec in specs}
    names = {(spec.owner_id, spec.name) for spec in specs}
    return [
        row
        for row in planned.removed
        if row.request_key not in pages and (row.owner_id, row.name) not in names
    ]
