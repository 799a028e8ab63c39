"""The counts in the head of every page, which pages and their refreshes share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from daemon.model.viewer import Viewer
from daemon.operations.installation.opening import Database
from daemon.operations.lists.attention import Attention, attention

_FRESH = timedelta(seconds=5)
_MOST = 1_000  # viewers whose counts are kept


class Head:
    """What asks for each viewer's attention, as it was counted at most a few seconds ago."""

    def __init__(self) -> None:
        self._counted: dict[Viewer, tuple[datetime, Attention]] = {}

    async def counts(self, database: Database, viewer: Viewer, now: datetime) -> Mapping[str, str]:
        """What asks for the viewer's attention, as templates name it; "" for nothing.

        Errors: StoreError.
        """
        counted_at, found = self._counted.get(viewer) or (now, None)
        if found is None or not counted_at <= now < counted_at + _FRESH:
            found = await attention(database, viewer, now)
            self._keep(viewer, now, found)
        counts = {"unseen_count": found.unseen, "failing_count": found.failing}
        return {name: str(count) if count.number else "" for name, count in counts.items()}

    def forget(self) -> None:
        """Count anew, after somebody did something that may change the counts."""
        self._counted.clear()

    def _keep(self, viewer: Viewer, now: datetime, found: Attention) -> None:
        if len(self._counted) >= _MOST:
            self._counted.clear()
        self._counted[viewer] = (now, found)
