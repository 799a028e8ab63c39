"""The counts in the head of every page, which pages and their refreshes share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from daemon.logs.logger import get_logger
from daemon.model.errors import StoreError
from daemon.model.viewer import Viewer
from daemon.operations.installation.opening import Database
from daemon.operations.lists.attention import Attention, attention
from daemon.web.memory.recent import Recent

log = get_logger(__name__)

_AGAIN = timedelta(seconds=30)  # until they are counted again that could not be
_MOST = 1_000  # viewers whose counts are kept


class Head:
    """What asks for each viewer's attention, as it was counted at most a few seconds ago."""

    def __init__(self) -> None:
        self._recent = Recent(_MOST)
        self._not_before: dict[Viewer, datetime] = {}

    async def counts(self, database: Database, viewer: Viewer, now: datetime) -> Mapping[str, str]:
        """What asks for the viewer's attention, as templates name it; "" for nothing.

        Errors: StoreError that is not transient.
        """
        found = await self.attention(database, viewer, now)
        if found is None:
            return {"unseen_count": "", "failing_count": "", "is_uncounted": "1"}
        counts = {"unseen_count": found.unseen.total, "failing_count": found.failing}
        return {name: str(count) if count.number else "" for name, count in counts.items()}

    async def attention(
        self, database: Database, viewer: Viewer, now: datetime
    ) -> Attention | None:
        """What asks for the viewer's attention; None while it cannot be counted in time.

        Shape:  it is not tried again at once: each page would wait for it as long.
        Errors: StoreError that is not transient.
        """
        if now < self._not_before.get(viewer, now):
            return None
        try:
            count = partial(attention, database, viewer, now)
            return await self._recent.found(viewer, now, count)
        except StoreError as exc:
            if not exc.is_transient:
                raise
            log.warning("counts_not_shown", reason=str(exc), seconds=_AGAIN.total_seconds())
            self._wait(viewer, now + _AGAIN)
            return None

    def forget(self) -> None:
        """Count anew, after somebody did something that may change the counts."""
        self._recent.forget()

    def _wait(self, viewer: Viewer, until: datetime) -> None:
        if len(self._not_before) >= _MOST:
            self._not_before.clear()
        self._not_before[viewer] = until
