"""Lists the daemons on one database, for admins."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.model.viewer import Viewer
from daemon.operations.viewers import refuse_all_but_admins
from daemon.store.core.database import Database
from daemon.store.queue import runs
from daemon.store.queue.runs import DaemonView as DaemonView
from daemon.store.queue.shards import SHARDS as SHARDS


async def list_daemons(database: Database, viewer: Viewer) -> Sequence[DaemonView]:
    """The daemons that are alive, or went silent or ended within a day; live ones first.

    Errors: NotAllowedError, StoreError.
    """
    refuse_all_but_admins(viewer, "list of daemons")
    async with database.reading() as session:
        return await runs.list_daemons(session)
