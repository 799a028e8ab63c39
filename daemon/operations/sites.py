"""Operations on sites: find and mute them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from daemon.model.errors import AmbiguousError
from daemon.model.viewer import Viewer
from daemon.operations.lookup import Found, look_up, no_site
from daemon.store.catalogue.owned import set_muted
from daemon.store.core.database import Database
from daemon.store.views import sites as views
from daemon.store.views.sites import SiteView as SiteView


async def find_sites(database: Database, viewer: Viewer, words: Sequence[str]) -> Found[SiteView]:
    """The live sites that these words name, by name or URL."""
    return await look_up(database, viewer, views.find_sites, words)


async def the_site(database: Database, viewer: Viewer, word: str) -> SiteView:
    """The one site that a word names.

    Errors: NotFoundError, AmbiguousError.
    """
    [site] = await the_sites(database, viewer, [word])
    return site


async def the_sites(database: Database, viewer: Viewer, words: Sequence[str]) -> list[SiteView]:
    """The sites that these words name: all or none, as a wrong word must not do half of it.

    Errors: NotFoundError for a word that names no site, AmbiguousError for one that names several.
    """
    found = await find_sites(database, viewer, words)
    for word in words:
        if word in found.missing:
            raise await no_site(database, viewer, word)
        if len(several := found.by_word[word]) > 1:
            candidates = [f"{site.name} ({site.owner_id})" for site in several]
            raise AmbiguousError("site", word, candidates)
    sites = (found.by_word[word][0] for word in words)
    return list({site.id: site for site in sites}.values())


async def mute(
    database: Database, viewer: Viewer, words: Sequence[str], until: datetime | None
) -> list[SiteView]:
    """Mute the sites that these words name until an instant; None unmutes them.

    Errors: NotFoundError, AmbiguousError.
    """
    found = await the_sites(database, viewer, words)
    async with database.writing() as session:
        await set_muted(session, viewer, [site.id for site in found], until)
    return found
