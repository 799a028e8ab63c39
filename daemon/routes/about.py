"""What every cause of a site begins with: whose site it is, and where."""

from __future__ import annotations

from typing import Any

from daemon.model import Outcome, Site
from daemon.routes.values import Cause, CauseKind


def about(outcome: Outcome, site: Site) -> dict[str, Any]:
    """The facts that a message about a site always has."""
    return {
        "site": site.name,
        "url": site.url or outcome.page.request.url,
        "host": outcome.page.host,
        "at": outcome.started_at.isoformat(),
    }


def trouble(
    kind: CauseKind, identity: str, outcome: Outcome, site: Site, facts: dict[str, Any]
) -> Cause:
    """A cause that is about the way to a site, not about what it says."""
    return Cause(
        kind=kind,
        id=identity,
        owner_id=site.owner_id,
        name=site.name,
        host=outcome.page.host,
        at=outcome.started_at,
        facts=about(outcome, site) | facts,
        site_type=site.site_type,
    )
