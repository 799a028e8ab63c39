"""Says when another version has moved the database's schema under the daemon that works with it."""

from __future__ import annotations

from collections.abc import Callable

from daemon.logs.logger import get_logger
from daemon.model.errors import SchemaError
from daemon.monitoring.health import ComponentState
from daemon.runtime.app import App
from daemon.store.core import schema
from daemon.store.core.opening import refuse_other_schema

log = get_logger(__name__)

SCHEMA_EVERY_SECONDS = 60.0


class SchemaWatch:
    """Compares the schema with the one that this version knows.

    Shape: `report` is called once it differs; a daemon goes on where what it writes still fits.
    """

    def __init__(self, report: Callable[[ComponentState, str], None]) -> None:
        self._report = report
        self._reason = ""

    async def step(self, app: App) -> None:
        """Look once.

        Errors: StoreError when the database does not answer; a later step tries again.
        """
        reason = await _difference(app)
        if reason and reason != self._reason:
            log.warning("schema_moved", reason=reason)
        if reason:
            self._report(ComponentState.DEGRADED, reason)
        elif self._reason:
            self._report(ComponentState.OK, "fits this version")
        self._reason = reason


async def _difference(app: App) -> str:
    try:
        refuse_other_schema(await schema.revision(app.database))
    except SchemaError as exc:
        return str(exc)
    return ""
