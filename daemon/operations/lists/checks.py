"""The checks of a site, turned page by page."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import Page, Turn
from daemon.operations.lookup import SiteView
from daemon.operations.sites import the_site
from daemon.store.core.database import Database
from daemon.store.views.lists.checks import turn_checks
from daemon.store.views.sites import AttemptView as AttemptView


@dataclass(frozen=True, slots=True)
class ListedChecks:
    """A site, and a page of its checks."""

    site: SiteView
    page: Page[AttemptView]


async def list_checks(
    database: Database, viewer: Viewer, site_id: UUID, turn: Turn
) -> ListedChecks:
    """The checks of a site that are still kept one by one, the latest first.

    Errors: NotFoundError.
    """
    site = await the_site(database, viewer, str(site_id))
    if site.page_id is None:
        return ListedChecks(site, Page())
    async with database.reading() as session:
        page = await turn_checks(session, viewer, site.page_id, site.created_at, turn)
    return ListedChecks(site, page)
