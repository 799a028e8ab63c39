"""Changes found by the words of their site's name, their title and their summary."""

from __future__ import annotations

from daemon.model.errors import InputError
from daemon.model.viewer import Viewer
from daemon.operations.lists.paging import FIRST, Turn
from daemon.search.query import HINT as HINT
from daemon.search.query import MOST_CHARACTERS as MOST_CHARACTERS
from daemon.search.query import Query as Query
from daemon.search.query import parse_query
from daemon.search.query import pieces as pieces
from daemon.store.core.database import Database
from daemon.store.search.finding import Findable as Findable
from daemon.store.search.finding import Found as Found
from daemon.store.search.finding import find_page, what_is_findable
from daemon.store.views.lists.selection import ChangesWanted, Selection

SWITCH = "[web] search_changes"


def query_of(field: str, text: str) -> Query:
    """What the words in a field ask for.

    Errors: InputError, which says what is wrong with them.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(field, text, "is too long", f"at most {MOST_CHARACTERS} characters")
    try:
        return parse_query(text)
    except ValueError as exc:
        raise InputError(field, text, str(exc), HINT) from exc


async def find_changes(
    database: Database, viewer: Viewer, query: Query, wanted: ChangesWanted, turn: Turn = FIRST
) -> Found:
    """A page of the viewer's changes with these words, newest first."""
    async with database.reading() as session:
        return await find_page(session, database, Selection(viewer, wanted), query, turn)


async def findable(database: Database, viewer: Viewer) -> Findable:
    """Which changes can be found by their words."""
    async with database.reading() as session:
        return await what_is_findable(session, database, viewer)
