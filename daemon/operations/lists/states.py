"""The states of a site: turned page by page, as it was at an instant, and as they are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from daemon.model.errors import NotFoundError, RequestError
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import Page, Turn
from daemon.operations.lookup import SiteView
from daemon.operations.sites import the_site
from daemon.packing import unpack
from daemon.store.core.database import Database
from daemon.store.views.lists import states as views
from daemon.store.views.lists.states import Entry as Entry
from daemon.store.views.lists.states import KeptContent
from daemon.store.views.lists.states import Part as Part
from daemon.store.views.lists.states import StateRow as StateRow

MOST_LINES = 2000  # shown at once; a download has all
MOST_CHARACTERS = 4000  # shown of a line


@dataclass(frozen=True, slots=True)
class ListedStates:
    """A site, and a page of its states."""

    site: SiteView
    page: Page[StateRow]


@dataclass(frozen=True, slots=True)
class ShownText:
    """The lines of a text as far as they are shown, of how many, and why there are none."""

    lines: tuple[str, ...] = ()
    number: int = 0
    is_cut: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AsItWas:
    """What a site showed at an instant, and what before and after it.

    Shape: `entered` is None when nothing was known of it yet; without a `state`, the one that it
           was in is no longer kept.
    """

    site: SiteView
    at: datetime
    entered: Entry | None = None
    state: StateRow | None = None
    text: ShownText = ShownText()
    before: Entry | None = None
    after: Entry | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A state's text, or the bytes that it was read from, as they were received."""

    site: SiteView
    data: bytes
    content_type: str  # that the server gave; never the one to send
    seen_at: datetime


async def list_states(
    database: Database, viewer: Viewer, site_id: UUID, turn: Turn
) -> ListedStates:
    """The states of a site that are kept, those that it entered last first.

    Errors: NotFoundError.
    """
    site = await the_site(database, viewer, str(site_id))
    async with database.reading() as session:
        return ListedStates(site, await views.turn_states(session, viewer, site.id, turn))


async def as_it_was(database: Database, viewer: Viewer, word: str, at: datetime) -> AsItWas:
    """What the one site that a word names showed at an instant, as far as its states are kept.

    Errors: NotFoundError, AmbiguousError.
    """
    site = await the_site(database, viewer, word)
    async with database.reading() as session:
        entries = await views.entries_around(session, viewer, site.id, at)
        entered, before, after = _around(entries, at)
        if entered is None or entered.state_id is None:
            return AsItWas(site, at, entered, before=before, after=after)
        found = await views.whole_state(session, viewer, site.id, entered.state_id)
    if found is None:
        return AsItWas(site, at, entered, before=before, after=after)
    state, kept = found
    return AsItWas(site, at, entered, state, await _shown(kept), before, after)


async def failure_picture(database: Database, viewer: Viewer, site_id: UUID) -> Download:
    """How the page of a site looked when a step on it failed.

    Errors: NotFoundError, also when the last check ended otherwise; RequestError for damage.
    """
    site = await the_site(database, viewer, str(site_id))
    async with database.reading() as session:
        kept = await views.failure_picture_of(session, viewer, site.id)
    return await _downloaded(site, kept, "picture", str(site_id))


async def download(
    database: Database, viewer: Viewer, site_id: UUID, state_id: UUID, part: Part
) -> Download:
    """A state's text, the bytes that it was read from, or how it looked.

    Errors: NotFoundError for no such site, and for a state that is not its or is not kept;
            RequestError when what is stored of it is damaged.
    """
    site = await the_site(database, viewer, str(site_id))
    async with database.reading() as session:
        kept = await views.content_of(session, viewer, site.id, state_id, part)
    return await _downloaded(site, kept, "state" if part == "text" else part, str(state_id))


async def _downloaded(site: SiteView, kept: KeptContent | None, what: str, word: str) -> Download:
    if kept is None:
        raise NotFoundError(what, word)
    try:
        data = await asyncio.to_thread(unpack, kept.data, kept.hash)
    except ValueError as exc:
        raise RequestError("state", word, str(exc)) from exc
    return Download(site, data, kept.content_type, kept.seen_at)


def _around(
    entries: Sequence[Entry], at: datetime
) -> tuple[Entry | None, Entry | None, Entry | None]:
    """The entry of the state at an instant, that of the one before, and that of the next.

    Shape: a state that was entered again while it lasted was entered once.
    """
    moves: list[Entry] = []
    for entry in entries:
        if not moves or moves[-1].state_id != entry.state_id:
            moves.append(entry)
    known = [entry for entry in moves if entry.at <= at]
    later = [entry for entry in moves if entry.at > at]
    entered = known[-1] if known else None
    return entered, known[-2] if len(known) > 1 else None, later[0] if later else None


async def _shown(kept: KeptContent | None) -> ShownText:
    if kept is None:
        return ShownText(problem="its text is no longer kept")
    try:
        return await asyncio.to_thread(_lines, kept)
    except ValueError as exc:
        return ShownText(problem=str(exc))


def _lines(kept: KeptContent) -> ShownText:
    lines = unpack(kept.data, kept.hash).decode().split("\n")
    shown = tuple(line[:MOST_CHARACTERS] for line in lines[:MOST_LINES])
    is_cut = len(lines) > MOST_LINES or any(len(line) > MOST_CHARACTERS for line in lines)
    return ShownText(shown, len(lines), is_cut)
