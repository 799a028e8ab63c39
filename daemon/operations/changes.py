"""Operations on changes: list, show, compare and rate them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from daemon.model.errors import AmbiguousError, NotFoundError
from daemon.model.reading import StoredState as StoredState
from daemon.model.site import Ratings
from daemon.model.viewer import Viewer
from daemon.operations.lookup import no_site, refuse_unused
from daemon.operations.sites import find_sites
from daemon.packing import unpack
from daemon.search.query import Query
from daemon.store.catalogue import ratings as verdicts
from daemon.store.catalogue.ratings import RatingView as RatingView
from daemon.store.core.database import Database
from daemon.store.queue.notices_by_hand import NoticeView, notices_of
from daemon.store.queue.runs import latest_run
from daemon.store.record.analyses import AnalysisView as AnalysisView
from daemon.store.search.finding import is_found
from daemon.store.views import changes as views
from daemon.store.views.changes import ChangeDetail as ChangeDetail
from daemon.store.views.changes import ChangeFilter as ChangeFilter
from daemon.store.views.changes import ChangeView as ChangeView
from daemon.store.views.states import states_by_id

if TYPE_CHECKING:  # for annotations alone: lists of changes do without the judge of them
    from daemon.compare import DiffLine as DiffLine


@dataclass(frozen=True, slots=True)
class WholeChange:
    """A change with its analyses, ratings and notices."""

    detail: ChangeDetail
    analyses: Sequence[AnalysisView]
    ratings: Sequence[RatingView]
    notices: Sequence[NoticeView]


@dataclass(frozen=True, slots=True)
class Rated:
    """A change after a rating, with the sums of its site.

    Shape: `leaning` is what these add to the log-odds that its changes matter.
    """

    detail: ChangeDetail
    ratings: Ratings
    leaning: float


@dataclass(frozen=True, slots=True)
class ComparedStates:
    """Two states and their difference."""

    before: StoredState
    after: StoredState
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class ChangeDiff:
    """A change with its difference, or None when its states are no longer usable.

    Shape: `unreadable` says what is wrong with stored states.
    """

    detail: ChangeDetail
    difference: ComparedStates | None = None
    unreadable: str = ""


async def list_changes(
    database: Database,
    viewer: Viewer,
    wanted: ChangeFilter,
    *,
    site: str | None = None,
    last_run: bool = False,
    search: Query | None = None,
) -> list[ChangeView]:
    """The changes of the viewer's sites, newest first; of those that a word names, or of all.

    Shape:  with `search` those that have the words; an index of them must be there.

    Errors: NotFoundError for a word that names no site, and for a tag that none has.
    """
    await refuse_unused(database, viewer, ["site"], wanted.tags)
    if site is not None:
        wanted = replace(wanted, site_ids=await _sites(database, viewer, site))
    async with database.reading() as session:
        if last_run:
            run_id = await latest_run(session)
            if run_id is None:
                return []
            wanted = replace(wanted, run_id=run_id)
        also = [] if search is None else [is_found(database, search, viewer)]
        return await views.list_changes(session, viewer, wanted, *also)


async def _sites(database: Database, viewer: Viewer, word: str) -> tuple[UUID, ...]:
    found = await find_sites(database, viewer, [word])
    if found.missing:
        raise await no_site(database, viewer, word)
    return tuple(site.id for site in found.views)


async def the_change(database: Database, viewer: Viewer, word: str) -> ChangeDetail:
    """The one change that an id, or a part of it, names.

    Errors: NotFoundError, AmbiguousError.
    """
    async with database.reading() as session:
        found = await views.find_change(session, viewer, word)
    if not found:
        raise NotFoundError("change", word)
    if len(found) > 1:
        raise AmbiguousError("change", word, [str(one.view.id) for one in found])
    return found[0]


async def whole_change(database: Database, viewer: Viewer, word: str) -> WholeChange:
    """The one change that a word names, with its analyses, ratings and notices.

    Errors: NotFoundError, AmbiguousError.
    """
    detail = await the_change(database, viewer, word)
    change_id = detail.view.id
    async with database.reading() as session:
        analyses, ratings = await verdicts.opinions_of(session, viewer, change_id)
        notices = await notices_of(session, viewer, change_id)
    return WholeChange(detail, analyses, ratings, notices)


async def rate_change(
    database: Database,
    viewer: Viewer,
    word: str,
    verdict: str | None,
    now: datetime,
    user_id: str | None = None,
) -> Rated:
    """Set the verdict of a user, or of the site's owner, on a change.

    Shape:  `useful` or `noise`; None takes an earlier verdict back.
    Errors: NotFoundError for no such change or user, AmbiguousError.
    """
    from daemon.analyse.confidence import leaning

    detail = await the_change(database, viewer, word)
    view = detail.view
    async with database.writing() as session:
        if user_id is not None and not await verdicts.is_user(session, viewer, user_id):
            raise NotFoundError("user", user_id)
        user_id = user_id or view.owner_id
        sums = await verdicts.rate(session, viewer, view.id, user_id, verdict, now)
    return Rated(detail, sums, leaning(sums))


async def diff_of(database: Database, viewer: Viewer, word: str) -> ChangeDiff:
    """How the two states of a change differ, in lines.

    Errors: NotFoundError, AmbiguousError.
    """
    detail = await the_change(database, viewer, word)
    before, after = detail.before_snapshot_id, detail.after_snapshot_id
    if before is None or after is None:
        return ChangeDiff(detail)
    async with database.reading() as session:
        states = await states_by_id(session, viewer, [before, after])
    if not {before, after} <= states.keys():
        return ChangeDiff(detail)
    try:
        return ChangeDiff(detail, difference_of(states[before], states[after]))
    except ValueError as exc:
        return ChangeDiff(detail, unreadable=str(exc))


def difference_of(before: StoredState, after: StoredState) -> ComparedStates:
    """How two states differ, in lines.

    Errors: ValueError when one cannot be read.
    """
    from daemon.compare import unified

    old, new = (unpack(one.text, one.text_hash).decode() for one in (before, after))
    return ComparedStates(before, after, unified(old, new))
