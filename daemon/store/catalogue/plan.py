"""Plans what to add, change and remove, from what is stored and what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import Row

_Spec = TypeVar("_Spec")
Columns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Move(Generic[_Spec]):
    """A row to change to its spec: every column that differs, old and new."""

    row: Row[Any]
    spec: _Spec
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class SyncPlan(Generic[_Spec]):
    """The steps from the stored rows to the wanted ones; `kept` rows are in both."""

    added: Sequence[_Spec]
    changed: Sequence[Move[_Spec]]
    removed: Sequence[Row[Any]]
    kept: int = 0

    def without_removals_of(self, rows: Sequence[Row[Any]]) -> SyncPlan[_Spec]:
        """The plan without the removal of these rows."""
        staying = {id(row) for row in rows}
        return replace(self, removed=[row for row in self.removed if id(row) not in staying])


@dataclass(frozen=True, slots=True)
class Synced:
    """The result of a synchronisation, by the names of what was added, changed and removed.

    Shape: `missing` is what the configuration lacks but stays for now, as people know it:
           `site Blog`, `product Lamp`, `notify hook`.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @classmethod
    def by(cls, planned: SyncPlan[Any]) -> Synced:
        """The result of a plan that was carried out."""
        return cls(
            added=tuple(spec.name for spec in planned.added),
            changed=tuple(move.row.name for move in planned.changed),
            removed=tuple(row.name for row in planned.removed),
        )


def plan(
    known: Mapping[Hashable, Row[Any]],
    wanted: Mapping[Hashable, _Spec],
    columns: Callable[[_Spec], Columns],
) -> SyncPlan[_Spec]:
    """Plan the steps for the known rows, each under the key it shares with its spec."""
    both = [(row, wanted[key]) for key, row in known.items() if key in wanted]
    moves = [Move(row, spec, differing(row._mapping, columns(spec))) for row, spec in both]
    return SyncPlan(
        added=[spec for key, spec in wanted.items() if key not in known],
        changed=[move for move in moves if move.fields],
        removed=[row for key, row in known.items() if key not in wanted],
        kept=len(both),
    )


def differing(before: Mapping[Any, Any], after: Columns) -> dict[str, tuple[Any, Any]]:
    """Each value that changes, old and new; None where one is missing."""
    return {
        key: (before.get(key), value) for key, value in after.items() if before.get(key) != value
    }
