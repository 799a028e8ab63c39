"""Operations on sites: find, list and mute them, and show their history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from daemon.conditions.pages import addresses_in
from daemon.model.errors import AmbiguousError
from daemon.model.reading import PAGES_KIND, Reading, State, StoredState, missing_parts
from daemon.model.request import Request, timing_in
from daemon.model.site import PICTURE, Ratings, Rules, Standing
from daemon.model.trend import CheckFigures as CheckFigures
from daemon.model.viewer import Viewer
from daemon.operations.lookup import LookedUp, look_up, no_site, refuse_unused
from daemon.packing import unpack
from daemon.schedule.next_check import estimate, frequency_of, hours_begin
from daemon.schedule.rhythm import Estimate
from daemon.store.catalogue.owned import set_muted
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.core.json_columns import rules_from_json, standings_of, volatile_of
from daemon.store.views import sites as views
from daemon.store.views.changes import ChangeFilter, list_changes
from daemon.store.views.changes import ChangeView as ChangeView
from daemon.store.views.departures import departures_of
from daemon.store.views.short_ids import whole_id
from daemon.store.views.sites import AttemptView as AttemptView
from daemon.store.views.sites import SiteView as SiteView
from daemon.store.views.sites import SnapshotView as SnapshotView
from daemon.store.views.sites import Waits as Waits
from daemon.store.views.sites import WholeSite, list_attempts, list_snapshots
from daemon.store.views.standing import NOTHING_SHOWN as NOTHING_SHOWN
from daemon.store.views.standing import since_of as since_of
from daemon.store.views.standing import state_of as state_of
from daemon.store.views.standing import why_of as why_of
from daemon.store.views.states import latest_states, latest_texts
from daemon.store.views.trends import check_days

if TYPE_CHECKING:  # for annotations alone: lists of sites do without the judge of changes
    from daemon.analyse.noise.ignored import Ignored as Ignored

FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)  # for which a site is muted, until it is unmuted
_STATES_LEARNED_FROM = 10


@dataclass(frozen=True, slots=True)
class SiteHistory:
    """The events of a site, newest first, and the figures of its checks day by day."""

    changes: Sequence[ChangeView]
    states: Sequence[SnapshotView]
    attempts: Sequence[AttemptView]
    days: Mapping[date, CheckFigures]


@dataclass(frozen=True, slots=True)
class SiteNoise:
    """What is ignored on a site; and its unreadable states, by their instant, with the reason."""

    ignored: Sequence[Ignored]
    unreadable: Mapping[datetime, str]
    is_value: bool = False  # watched to the letter: nothing is masked by itself


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """How a page is asked for, without the values that may be secret."""

    method: str = "GET"
    headers: tuple[str, ...] = ()
    has_body: bool = False
    proxy: str = ""  # its own choice
    keeps_cookies: bool = False
    timeout_seconds: float = 0.0  # its own
    charset: str = ""
    renderer: str = "http"
    steps: tuple[str, ...] = ()
    verify_tls: bool | None = None
    sealed: str = ""  # why its secrets cannot be decrypted here


@dataclass(frozen=True, slots=True)
class ShownPages:
    """How many pages an index named when it was last read, and how many of them are watched."""

    listed: int
    watched: int

    @property
    def left_out(self) -> int:
        """How many are not watched, as the limit is reached."""
        return max(self.listed - self.watched, 0)


@dataclass(frozen=True, slots=True)
class ShownSite:
    """A site, how it is asked for and watched, its rules, and what its check waits for.

    Shape: `estimate` is what is learnt, of a site whose frequency is left to the daemon.
    """

    view: SiteView
    request: ShownRequest
    watch: str  # letter, region, page, pages
    rules: Rules
    waits: Waits
    hours_begin_at: datetime | None = None  # which its next check waits for, in their time zone
    estimate: Estimate | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)  # of its conditions
    pages: ShownPages | None = None  # of one that discovers pages


async def find_sites(
    database: Database, viewer: Viewer, words: Sequence[str]
) -> LookedUp[SiteView]:
    """The live sites that these words name, by name, URL or id."""
    return await look_up(database, viewer, views.find_sites, words)


async def the_site(database: Database, viewer: Viewer, word: str) -> SiteView:
    """The one site that a word names.

    Errors: NotFoundError, AmbiguousError.
    """
    [site] = await the_sites(database, viewer, [word])
    return site


async def the_sites(
    database: Database, viewer: Viewer, words: Sequence[str], tags: Sequence[str] = ()
) -> list[SiteView]:
    """The sites that these words name, and those with one of these tags: all of it or nothing.

    Shape:  a wrong word must not do half of it.
    Errors: NotFoundError for a word that names no site or a tag that none has, AmbiguousError for
            a word that names several.
    """
    found = await find_sites(database, viewer, words)
    for word in words:
        if word in found.missing:
            raise await no_site(database, viewer, word)
        if len(several := found.by_word[word]) > 1:
            candidates = [f"{site.name} {site.id} ({site.owner_id})" for site in several]
            raise AmbiguousError("site", word, candidates)
    sites = [found.by_word[word][0] for word in words]
    if tags:
        sites += await list_sites(database, viewer, tags=tags)
    return list({site.id: site for site in sites}.values())


async def list_sites(
    database: Database,
    viewer: Viewer,
    *,
    failing: bool = False,
    owner_id: str | None = None,
    tags: Sequence[str] = (),
) -> list[SiteView]:
    """The viewer's live sites by name; or those that fail for reasons of their own, or so tagged.

    Errors: NotFoundError for a tag that no site has.
    """
    await refuse_unused(database, viewer, ["site"], tags)
    async with database.reading() as session:
        return await views.list_sites(
            session, viewer, failing=failing, owner_id=owner_id, tags=tags
        )


async def trend(
    database: Database, viewer: Viewer, word: str, days: int, now: datetime
) -> Mapping[date, CheckFigures]:
    """The figures of a site's checks on each of the last days, including today, oldest first.

    Errors: NotFoundError, AmbiguousError.
    """
    site = await the_site(database, viewer, word)
    async with database.reading() as session:
        return await _days(session, viewer, site, days, now)


async def history(
    database: Database, viewer: Viewer, word: str, limit: int, days: int, now: datetime
) -> SiteHistory:
    """The history of a site; `limit` bounds the changes, the states and the attempts alike.

    Errors: NotFoundError, AmbiguousError.
    """
    site = await the_site(database, viewer, word)
    async with database.reading() as session:
        figures = await _days(session, viewer, site, days, now)
        wanted = ChangeFilter(site_ids=(site.id,), limit=limit)
        changes = await list_changes(session, viewer, wanted)
        states = await list_snapshots(session, viewer, site.id, limit)
        if site.page_id is None:
            return SiteHistory(changes, states, (), figures)
        # Attempts older than the site were made for others.
        since = site.created_at
        attempts = await list_attempts(session, viewer, site.page_id, limit, since)
    return SiteHistory(changes, states, attempts, figures)


async def noise(database: Database, viewer: Viewer, word: str) -> SiteNoise:
    """What is ignored on a site, and why.

    Errors: NotFoundError, AmbiguousError.
    """
    from daemon.analyse.noise.ignored import flap, ignored
    from daemon.compare.letter import is_watched

    site = await the_site(database, viewer, word)
    async with database.reading() as session:
        stored = await latest_states(session, viewer, site.id, _STATES_LEARNED_FROM)
        departures = await departures_of(session, site.id)
    past: list[State] = []
    unreadable: dict[datetime, str] = {}
    for one in reversed(stored):
        try:
            past.append(_state(one))
        except ValueError as exc:
            unreadable[one.seen_at] = str(exc)
    rules = rules_from_json(site.rules)
    is_value = is_watched(rules, [state.reading for state in past])
    found = list(ignored(past, rules, volatile_of(site.volatile)))
    if not is_value and (quiet := flap(past, departures, rules)) is not None:
        found.append(quiet)
    return SiteNoise([*found, *_rated(site, rules)], unreadable, is_value)


async def show(database: Database, viewer: Viewer, word: str, now: datetime) -> ShownSite:
    """A site with how it is watched, by its rules and its known states, and when it is checked.

    Errors: NotFoundError, AmbiguousError.
    """
    whole, known, watched = await _whole(database, viewer, word, now)
    site, waits = whole.view, whole.waits
    rules = rules_from_json(site.rules)
    begins = site.next_check_at and hours_begin([timing_in(site)], now, site.next_check_at)
    learnt = estimate(frequency_of(timing_in(site)), waits.rhythm, now)
    standings = standings_of(site.conditions, rules)
    shown = ShownSite(
        site,
        _shown_request(whole.request),
        _watch(rules, known),
        rules,
        waits,
        begins or None,
        learnt,
        standings,
    )
    return shown if rules.discover is None else replace(shown, pages=_pages(known, watched))


def _watch(rules: Rules, known: Sequence[Reading]) -> str:
    """How it is watched: letter, region, page, pages, or picture."""
    from daemon.compare.letter import is_watched

    if rules.discover is not None:
        return PAGES_KIND
    if rules.kind == PICTURE:
        return PICTURE
    if is_watched(rules, known):
        return "letter"
    is_region = rules.is_choice or bool(rules.exclude or rules.main_content)
    return "region" if is_region or rules.watch == "region" else "page"


def _pages(known: Sequence[Reading], watched: int) -> ShownPages:
    last = next((one.text for one in known if one.kind == PAGES_KIND), "")
    return ShownPages(len(addresses_in(last)), watched)


def missing_rules(view: SiteView) -> list[str]:
    """The rules of a site that leave nothing of its page, and why."""
    rules = rules_from_json(view.rules)
    return [rules.unmatched(part) for part in missing_parts(map(str, view.flags or ()))]


async def mute(
    database: Database,
    viewer: Viewer,
    words: Sequence[str],
    until: datetime | None,
    tags: Sequence[str] = (),
) -> list[SiteView]:
    """Mute the sites that these words name, or have such a tag, until then; None unmutes them.

    Errors: NotFoundError, AmbiguousError.
    """
    found = await the_sites(database, viewer, words, tags)
    async with database.writing() as session:
        await set_muted(session, viewer, [site.id for site in found], until)
    return found


async def _days(
    session: DatabaseSession, viewer: Viewer, site: SiteView, days: int, now: datetime
) -> Mapping[date, CheckFigures]:
    if site.page_id is None:
        return {}
    first = now.date() - timedelta(days=days - 1)
    return await check_days(session, viewer, site.page_id, first, site.created_at)


async def _whole(
    database: Database, viewer: Viewer, word: str, now: datetime
) -> tuple[WholeSite, list[Reading], int]:
    """The one site that a word names, its known readings, and how many pages it has watched."""
    site_id = whole_id(word)
    found = await _whole_of(database, viewer, site_id, now) if site_id else None
    if found is None:
        site_id = (await the_site(database, viewer, word)).id
        found = await _whole_of(database, viewer, site_id, now)
    if found is None:  # removed meanwhile
        raise await no_site(database, viewer, word)
    return found


async def _whole_of(
    database: Database, viewer: Viewer, site_id: UUID, now: datetime
) -> tuple[WholeSite, list[Reading], int] | None:
    """That of an id; its readings only where something depends on them."""
    async with database.reading() as session:
        found = await views.whole_site(session, viewer, site_id, now)
        if found is None:
            return None
        rules, watched = rules_from_json(found.view.rules), 0
        stored: Sequence[StoredState] = ()
        if rules.discover is not None or (rules.watch == "auto" and rules.is_choice):
            stored = await latest_texts(session, viewer, site_id, _STATES_LEARNED_FROM)
        if rules.discover is not None:
            watched = await views.count_discovered(session, viewer, site_id)
    known = [state.reading for one in stored if (state := _readable(one)) is not None]
    return found, known, watched


def _shown_request(asked: Request | None) -> ShownRequest:
    if asked is None:
        return ShownRequest()
    return ShownRequest(
        method=asked.method,
        headers=tuple(sorted(asked.headers)),
        has_body=bool(asked.body),
        proxy=asked.proxy,
        keeps_cookies=asked.keep_cookies,
        timeout_seconds=asked.timeout_seconds,
        charset=asked.charset,
        renderer=asked.renderer,
        steps=tuple(f"{step}{', to log in' * step.is_login}" for step in asked.steps),
        verify_tls=asked.tls.verify if asked.tls else None,
        sealed=asked.sealed,
    )


def _readable(stored: StoredState) -> State | None:
    try:
        return _state(stored)
    except ValueError:  # `sites noise` names it
        return None


def _state(stored: StoredState) -> State:
    text = unpack(stored.text, stored.text_hash).decode()
    reading = Reading(stored.kind, stored.title, text, stored.text_hash, stored.extractor)
    return State(reading, None, stored.seen_at, stored.visits)


def _rated(site: SiteView, rules: Rules) -> Iterator[Ignored]:
    from daemon.analyse.confidence import leaning
    from daemon.analyse.noise.ignored import Ignored

    ratings = Ratings(site.rated_useful, site.rated_noise)
    moved = leaning(ratings, rules.sensitivity)
    if moved or ratings.useful or ratings.noise:
        told = f"{ratings.useful} useful, {ratings.noise} noise"
        yield Ignored("ratings", told, None, f"the odds that a change matters move by {moved:+.2f}")
