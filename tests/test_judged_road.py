"""What a check makes of walls, of pages that go back and forth, and of its owner's wishes."""

from __future__ import annotations

from sqlalchemy import delete, select

from daemon.cli.commands.changes.change import _compared_with
from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.site import Ratings, Rules
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.ratings import opinions_of, rate
from daemon.store.core.database import Database
from daemon.store.tables import Attempt, Content, Snapshot
from daemon.store.views.changes import ChangeFilter, find_change, list_changes
from daemon.store.views.replay_steps import states_of, steps_of
from daemon.store.views.sites import list_sites
from daemon.store.views.states import latest_states
from tests.looking import Road, page_of, prose
from tests.making import ADMIN, OWNER, count, have_sites, spec

LOGIN = page_of('<form><input type="password"><button>Go</button></form>', "Members")
PAGE = prose("ada", "bell", "cray")


async def test_a_login_wall_at_the_first_look_is_no_state(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    first = await road.look(LOGIN)
    assert (first.verdict, first.error_class) == (Verdict.FAILED, ErrorClass.AUTH)
    assert first.blind_spot is BlindSpot.LOGIN_WALL
    async with database.reading() as session:
        [site] = await list_sites(session, ADMIN, failing=True)
    assert (site.blind_spot, site.blind_since) == ("login_wall", road.now)
    assert (await road.look(page_of(PAGE))).verdict is Verdict.INITIAL
    async with database.reading() as session:
        [site] = await list_sites(session, ADMIN)
    assert (site.blind_spot, site.blind_since, site.error_class) == (None, None, None)


async def test_an_owner_who_chose_what_to_read_is_not_doubted(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(include=("main",)))
    assert (await road.look(LOGIN)).verdict is Verdict.INITIAL


async def test_a_wall_later_keeps_its_first_hour_and_the_known_state(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE))
    assert (await road.look(LOGIN)).blind_spot is BlindSpot.LOGIN_WALL
    since = road.now
    assert (await road.look(LOGIN)).blind_spot is BlindSpot.LOGIN_WALL
    async with database.reading() as session:
        [site] = await list_sites(session, ADMIN)
    assert site.blind_since == since
    assert (await road.look(page_of(PAGE))).verdict is Verdict.UNCHANGED


async def test_a_page_that_stays_small_is_in_the_end_taken_as_it_is(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    names = [f"name{number}" for number in range(200)]
    for last in ("x", "y", "z"):
        await road.look(page_of(prose(*names, last)))
    small = page_of(prose(*names[:8]))
    shrunk = await road.look(small)
    assert (shrunk.verdict, shrunk.blind_spot) == (Verdict.FAILED, BlindSpot.SHRUNK)
    assert (await road.look(small, hours=12)).blind_spot is BlindSpot.SHRUNK
    assert (await road.look(small, hours=48)).verdict is Verdict.CHANGED


async def test_a_page_that_goes_back_is_no_change_even_with_another_counter(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE + "<p>1,204 views</p>"))
    passing = await road.look(page_of(PAGE + "<p>Book a boat</p>"))
    assert (passing.verdict, passing.update is not None) == (Verdict.CHANGED, True)
    back = await road.look(page_of(PAGE + "<p>1,377 views</p>"))
    assert (back.verdict, back.update) == (Verdict.UNCHANGED, None)


async def test_a_page_that_goes_back_after_days_is_a_change(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE))
    await road.look(page_of(PAGE + prose("dora")))
    assert (await road.look(page_of(PAGE), hours=30)).verdict is Verdict.CHANGED


async def test_a_change_on_the_way_back_is_compared_with_the_closest_state(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE))
    first_seen = road.now
    passing = await road.look(page_of(prose("cray", "bell", "ada")))
    assert passing.update is not None
    assert not passing.update.finding.is_significant
    change = await road.look(page_of(PAGE + prose("dora")))
    assert change.update is not None
    assert change.update.compared_with is not None
    assert change.update.finding.change is not None
    assert change.update.finding.change.removed_lines == 0
    async with database.reading() as session:
        [detail] = await find_change(session, ADMIN, change.update.id.hex)
    kept = _compared_with(detail)
    assert kept is not None
    assert str(kept["seen_at"]).startswith(f"{first_seen:%Y-%m-%dT%H:%M}")
    assert kept["similarity"] > kept["similarity_of_last"]


async def test_additions_only_overlooks_what_went(database: Database, sandbox: Sandbox) -> None:
    road = await Road.open(database, sandbox, rules=Rules(additions_only=True))
    await road.look(page_of(prose("ada", "bell", "cray", "dora")))
    assert (await road.look(page_of(PAGE))).verdict is Verdict.UNCHANGED
    news = "<p>From May on a ferry leaves for the island every second hour, dogs welcome: eve</p>"
    change = await road.look(page_of(prose("bell", "cray") + news))
    assert change.update is not None
    finding = change.update.finding
    assert finding.is_significant
    assert "eve" in finding.summary
    assert "ada" not in finding.summary


async def test_additions_only_still_tells_of_a_mass_removal(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(additions_only=True))
    names = [f"name{number}" for number in range(40)]
    await road.look(page_of(prose(*names)))
    change = await road.look(page_of(prose(*names[:8])))
    assert change.update is not None
    assert "mass_removal" in {reason.signal for reason in change.update.finding.reasons}


async def test_entries_that_roll_off_a_feed_are_no_change(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(feed(3, 2, 1), content_type="application/rss+xml")
    assert (await road.look(feed(3, 2), content_type="application/rss+xml")).update is None
    change = await road.look(feed(4, 3), content_type="application/rss+xml")
    assert change.update is not None
    assert change.update.finding.change is not None
    assert change.update.finding.change.removed_lines == 0


def feed(*numbers: int) -> bytes:
    items = "".join(
        f"<item><guid>{n}</guid><title>Entry {n}</title><link>https://site.example/{n}</link>"
        f"<description>All that is to be said of entry {n}</description></item>"
        for n in numbers
    )
    return f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>".encode()


async def test_ratings_are_kept_once_for_each_person_and_reach_the_next_check(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE))
    change = await road.look(page_of(PAGE + prose("dora")))
    assert change.update is not None
    verdicts: list[tuple[str | None, Ratings]] = [
        ("noise", Ratings(0, 1)),
        ("noise", Ratings(0, 1)),
        ("useful", Ratings(1, 0)),
        (None, Ratings(0, 0)),
        ("noise", Ratings(0, 1)),
    ]
    for verdict, sums in verdicts:
        async with database.writing() as session:
            assert await rate(session, ADMIN, change.update.id, OWNER.id, verdict, road.now) == sums
    async with database.reading() as session:
        _, [kept] = await opinions_of(session, ADMIN, change.update.id)
    assert (kept.user_id, kept.verdict) == (OWNER.id, "noise")
    later = await road.look(page_of(PAGE + prose("dora", "eve")))
    assert later.site.ratings == Ratings(0, 1)
    assert later.update is not None
    [reason] = [r for r in later.update.finding.reasons if r.signal == "feedback"]
    assert reason.weight < 0
    assert "0 useful, 1 noise" in reason.text


async def test_the_work_of_a_model_waits_only_where_one_is_asked(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE))
    await road.look(page_of(PAGE + prose("dora")), is_for_a_model=lambda _finding: True)
    await road.look(page_of(PAGE + prose("dora", "eve")))
    async with database.reading() as session:
        views = await list_changes(session, ADMIN, ChangeFilter())
        states = [(await find_change(session, ADMIN, v.id.hex))[0].analysis_status for v in views]
    assert states == ["done", "pending"]


async def test_the_steps_of_a_past_are_known_with_what_was_made_of_them(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    for body in (PAGE, PAGE + "<p>12 views</p>", PAGE + prose("dora")):
        last = await road.look(page_of(body), hours=30)
    async with database.reading() as session:
        quiet, told = await steps_of(session, ADMIN, last.site.id, None)
        since = await steps_of(session, ADMIN, last.site.id, road.now)
        states = await states_of(session, ADMIN, told)
    assert (quiet.update_id, quiet.change_type) == (None, None)
    assert last.update is not None
    assert told.update_id == last.update.id
    assert since == [told]
    assert states is not None
    before, after, history = states
    assert (before.text_hash, after.text_hash) == (
        last.update.before_text_hash,
        last.update.after_text_hash,
    )
    assert len(history) == 1


PRICED = "<p>A day in the baths with sauna, towel and tea costs {} €</p>"


async def test_visits_at_which_nothing_differed_make_a_page_calm(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    quiet = 9
    for price in ("10.01", "10.02"):
        for _ in range(quiet):
            first = await road.look(page_of(PAGE + PRICED.format(price)), hours=5)
    change = await road.look(page_of(PAGE + PRICED.format("10.03")), hours=5)
    assert change.update is not None
    finding = change.update.finding
    [reason] = [one for one in finding.reasons if one.signal == "restless"]
    assert reason.text == f"the text differed at 1 of the last {2 * quiet - 1} visits"
    assert finding.confidence_score > 0.9
    async with database.reading() as session:
        states = await latest_states(session, ADMIN, first.site.id, 10)
        *_, last = await steps_of(session, ADMIN, first.site.id, None)
        past = await states_of(session, ADMIN, last)
    assert [state.visits for state in states] == [1, quiet, quiet]
    assert past is not None
    before, _, history = past
    assert [before.visits, *(state.visits for state in history)] == [quiet, quiet]


async def test_visits_that_failed_do_not_count(database: Database, sandbox: Sandbox) -> None:
    road = await Road.open(database, sandbox)
    first = await road.look(page_of(PAGE))
    for _ in range(3):
        await road.look(LOGIN)
    await road.look(page_of(PAGE))
    async with database.reading() as session:
        [state] = await latest_states(session, ADMIN, first.site.id, 10)
    assert state.visits == 2


async def test_states_outlive_the_record_of_their_visits(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    first = await road.look(page_of(PAGE))
    await road.look(page_of(PAGE + prose("dora")), hours=30)
    async with database.writing() as session:
        await session.execute(delete(Attempt))
        states = await latest_states(session, ADMIN, first.site.id, 10)
    assert [state.visits for state in states] == [1, 1]


async def test_a_chosen_value_that_comes_and_goes_is_a_change_each_time(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(include=("#v",)))
    none, free = (page_of(f"<p id='v'>{text}</p>{PAGE}") for text in ("none free", "one free"))
    assert (await road.look(none)).verdict is Verdict.INITIAL
    for again in (free, none, free, none):
        outcome = await road.look(again)
        assert outcome.verdict is Verdict.CHANGED
        assert outcome.update is not None
        assert outcome.update.finding.is_significant


async def test_a_chosen_part_that_goes_and_comes_is_a_change_each_time(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(include=("#a", "#b")))
    both = '<p id="a">Prices of {}</p><p id="b">The pier is closed</p>'
    assert (await road.look(page_of(both.format(2026)))).verdict is Verdict.INITIAL
    gone = await road.look(page_of('<p id="a">Prices of 2027</p>'))
    assert gone.update is not None
    assert gone.update.finding.is_significant
    assert await _flags(database) == ["missing:include[1]"]
    still = await road.look(page_of('<p id="a">Prices of 2027</p><p>else</p>'))
    assert still.verdict is Verdict.UNCHANGED
    assert still.state is not None
    assert still.state.flags == ("missing:include[1]",)
    back = await road.look(page_of(both.format(2027)))
    assert back.update is not None
    assert "The pier is closed" in back.update.finding.summary
    assert await _flags(database) == []


async def test_a_part_that_comes_back_without_words_is_no_longer_missing(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(include=("#a", "#b")))
    half = '<p id="a">Prices of 2026</p>'
    await road.look(page_of(half))
    assert await _flags(database) == ["missing:include[1]"]
    back = await road.look(page_of(half + '<p id="b"></p>'))
    assert back.verdict is Verdict.UNCHANGED
    assert await _flags(database) == []
    assert (await road.look(page_of(half + '<p id="b"></p><p>else</p>'))).state is None


async def _flags(database: Database) -> list[str] | None:
    async with database.reading() as session:
        [site] = await list_sites(session, ADMIN)
    return site.flags


async def test_any_difference_of_a_file_is_told_and_nothing_else_of_it_kept(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox, rules=Rules(kind="file"))
    one, other = (b"PK\x03\x04" + bytes([number]) * 9000 for number in (1, 2))
    assert (await road.look(one, content_type="application/zip")).verdict is Verdict.INITIAL
    for again in (other, one, other):
        outcome = await road.look(again, content_type="application/zip")
        assert outcome.verdict is Verdict.CHANGED
        assert outcome.update is not None
        assert outcome.update.finding.is_significant
    assert (await road.look(other)).verdict is Verdict.UNCHANGED
    async with database.reading() as session:
        kept = list(await session.scalars(select(Content.size_bytes)))
        sources = list(await session.scalars(select(Snapshot.source_hash)))
    assert max(kept) < 200
    assert set(sources) == {None}


async def test_a_page_that_becomes_a_file_and_back_is_no_change(
    database: Database, sandbox: Sandbox
) -> None:
    road = await Road.open(database, sandbox)
    await road.look(page_of(PAGE))
    for rules in (
        Rules(kind="file"),
        Rules(),
        Rules(raw=True),
        Rules(raw=True, replace=("a -> b",)),
    ):
        await have_sites(database, spec(rules=rules))
        assert (await road.look(page_of(PAGE))).verdict is Verdict.UNCHANGED
    assert (await road.look(page_of(PAGE + "<!-- cooked -->"))).verdict is Verdict.CHANGED


async def test_the_source_is_kept_once_with_its_text(database: Database, sandbox: Sandbox) -> None:
    road = await Road.open(database, sandbox, rules=Rules(raw=True))
    await road.look(page_of(PAGE))
    assert await count(database, Content) == 1
