"""Other rules on a site's page: tried on what is kept, and given to it; nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from daemon.config import Config
from daemon.config.reading.given import given_site
from daemon.model.errors import NotFoundError
from daemon.model.site import Rules
from daemon.model.viewer import Role, Viewer
from daemon.operations import editing, managing, sites
from daemon.operations.backtest import Backtests
from daemon.packing import pack
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.core.json_columns import rules_from_json
from daemon.store.tables import Content, ContentUpdate, MonitoredSite, Snapshot
from daemon.store.tables.ids import new_id
from daemon.web.asked.fields import RULES
from daemon.web.described import lines_of, names_of, rules_in, written_rules
from daemon.web.forms import Fields
from tests.making import ADMIN, PAST, add_rows, have_sites, spec
from tests.web.conftest import NOW, Pages, text_of

URL = "https://site.example/blog"
PAGE = (
    "<html><title>App</title><body><p>The price of a licence is {} for a whole year.</p>{}</body>"
)
NEWS = "<p id=news>From May on a ferry leaves for the island every second hour, dogs welcome.</p>"
BODIES = [PAGE.format("$20.00", ""), PAGE.format("$30.00", ""), PAGE.format("$30.00", NEWS)]
HOSTILE = "<script>alert(1)</script>"


async def by_hand(database: Database, **rules: object) -> UUID:
    """A site that no file manages."""
    table = {"name": "App", "url": URL, **rules}
    config = Config()
    site = given_site(config, table, str)
    return (await managing.add_site(database, ADMIN, config, site, PAST, is_named=True)).id


async def have_past(database: Database, site_id: UUID) -> None:
    """Three states of a site with their sources, and the two changes between them."""
    ids: list[UUID] = []
    for hours, body in enumerate(BODIES):
        texts = re.sub(r"<title>.*?</title>", "", body)
        text = "\n".join(re.findall(r">([^<]+)<", texts))
        packed = [pack(text.encode()), pack(body.encode())]
        at = PAST + timedelta(hours=hours)
        ids.append(new_id())
        await add_rows(
            database,
            *(
                Content(hash=one.hash, codec="zstd", size_bytes=one.size_bytes, data=one.data)
                for one in packed
            ),
            Snapshot(
                id=ids[-1], site_id=site_id, text_hash=packed[0].hash, source_hash=packed[1].hash,
                kind="html", extractor="html/1", content_type="text/html", url=URL, title="App",
                first_seen_at=at, last_seen_at=at,
            ),
        )  # fmt: skip
    for before, after, told in ((0, 1, "The price rose"), (1, 2, HOSTILE)):
        await add_rows(
            database,
            ContentUpdate(
                id=new_id(), site_id=site_id, detected_at=PAST + timedelta(hours=after),
                change_type="moderate", is_significant=True, confidence_score=0.9, summary=told,
                before_snapshot_id=ids[before], after_snapshot_id=ids[after],
            ),
        )  # fmt: skip


@pytest.fixture
async def site_id(database: Database) -> UUID:
    site_id = await by_hand(database)
    await have_past(database, site_id)
    return site_id


async def rules_in_force(database: Database, site_id: UUID) -> Rules:
    return rules_from_json((await sites.the_site(database, ADMIN, str(site_id))).rules)


async def tried(pages: Pages, site_id: UUID, **fields: str) -> str:
    answer = await pages.post(f"/sites/{site_id}/rules/try", **fields)
    assert answer.status == 200
    assert HOSTILE not in answer.text
    return text_of(answer.text)


async def test_the_form_begins_with_the_present_rules(pages: Pages, database: Database) -> None:
    site_id = await by_hand(database, include=["p", "#news"], below=25, links=True)
    answer = await pages.get(f"/sites/{site_id}/rules")
    assert ">p\n#news</textarea>" in answer.text
    assert re.search(r'name="below"[^>]* value="25"', answer.text)
    assert re.search(r'name="links"[^>]* checked', answer.text)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "2 notifications instead of 2"),
        ({"ignore": "[$][0-9.]+"}, "1 notification instead of 2"),
        ({"exclude": "#news"}, "1 notification instead of 2"),
        ({"notify_on": "none"}, "0 notifications instead of 2"),
        ({"appears": "css:#news"}, "1 notification instead of 2"),
    ],
    ids=str,
)
async def test_it_says_how_many_notifications_there_would_have_been(
    pages: Pages, site_id: UUID, fields: Mapping[str, str], told: str
) -> None:
    assert told in await tried(pages, site_id, **fields)


async def test_it_shows_what_would_go_and_what_the_last_state_reads_like(
    pages: Pages, site_id: UUID
) -> None:
    told = await tried(pages, site_id, exclude="#news", include="p\n#nowhere", contains="licence")
    assert "moderate no change &lt;script&gt;alert(1)&lt;/script&gt;" in told
    assert "Not there include[1]: &#39;#nowhere&#39; matches nothing on the page" in told
    assert "contains licence holds" in told
    assert "The price of a licence is $30.00 for a whole year." in told
    assert "dogs welcome" not in told.partition("reads like")[2]


async def test_a_try_saves_nothing(pages: Pages, site_id: UUID, database: Database) -> None:
    await tried(pages, site_id, ignore="ferry", appears="dogs")
    assert await rules_in_force(database, site_id) == Rules()
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ContentUpdate)) == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("ignore", "("), ("include", "p >>"), ("below", "cheap"), ("sensitivity", "7"),
     ("query", "a[?"), ("replace", "no arrow"), ("kind", "film"), ("appears", "re:("),
     ("mask", "dates, nonsense"), ("flap_hold", "soon")],
)  # fmt: skip
@pytest.mark.parametrize("way", ["/try", ""])
async def test_a_bad_rule_is_told_beside_its_field(
    pages: Pages, site_id: UUID, database: Database, field: str, value: str, way: str
) -> None:
    answer = await pages.post(f"/sites/{site_id}/rules{way}", **{field: value})
    assert answer.status == 400
    assert f'id="{field}-wrong"' in answer.text
    assert await rules_in_force(database, site_id) == Rules()


async def test_a_rule_without_end_is_told_beside_its_field(pages: Pages, site_id: UUID) -> None:
    answer = await pages.post(f"/sites/{site_id}/rules/try", extract="(.|..)+[0-9]$")
    assert answer.status == 400
    assert 'id="extract-wrong"' in answer.text


async def test_rules_are_given_to_a_site_that_no_file_manages(
    pages: Pages, database: Database
) -> None:
    site_id = await by_hand(database, intent="Only prices", exclude=["nav"])
    answer = await pages.post(f"/sites/{site_id}/rules", include="p", above="25", links="1")
    assert answer.status == 303
    expected = Rules(intent="Only prices", include=("p",), above="25", links=True)
    assert await rules_in_force(database, site_id) == expected


async def test_for_a_site_of_the_file_there_are_lines_to_write(
    pages: Pages, database: Database
) -> None:
    await have_sites(database, spec("App", URL, rules=Rules(query="a", exclude=("nav",))))
    async with database.reading() as session:
        [site_id] = await session.scalars(select(MonitoredSite.id))
    fields = {"exclude": "", "ignore": r"\d+ ${left}", "sensitivity": "-0.5"}
    told = (await pages.post(f"/sites/{site_id}/rules/try", **fields)).text
    for line in ("exclude = []", "# and without query", "ignore = [&#39;\\d+ $${left}&#39;]"):
        assert line in told
    assert "sensitivity = -0.5" in told
    assert "Use these rules" not in told
    refused = await pages.post(f"/sites/{site_id}/rules", **fields)
    assert refused.status == 409


async def test_what_a_page_names_follows_the_rules_of_that_one(
    pages: Pages, database: Database
) -> None:
    site_id = await by_hand(database, discover="links")
    assert "are tried on one of them" in (await pages.get(f"/sites/{site_id}/rules")).text
    assert (await pages.post(f"/sites/{site_id}/rules/try")).status == 409


async def test_a_long_past_is_tried_as_far_as_there_is_time(
    database: Database, sandbox: Sandbox, site_id: UUID
) -> None:
    done = await Backtests(lambda: sandbox, seconds=0).run(database, ADMIN, str(site_id), Rules())
    assert (done.steps, done.left_out) == ((), 2)
    assert "no time" in done.last.problem


async def test_nobody_tries_rules_on_what_is_not_theirs(
    database: Database, sandbox: Sandbox, site_id: UUID
) -> None:
    stranger = Viewer("stranger", Role.OWNER)
    with pytest.raises(NotFoundError):
        await Backtests(lambda: sandbox).run(database, stranger, str(site_id), Rules())
    with pytest.raises(NotFoundError):
        await editing.change_rules(database, stranger, str(site_id), Rules(raw=True), NOW)
    assert await rules_in_force(database, site_id) == Rules()


def test_the_form_holds_rules_as_they_are() -> None:
    off = Rules(mask=(), flap_hold=False, collapse_whitespace=False)
    rules = replace(off, include=("a", "b"), below="5", sensitivity=0.5, links=True)
    written = written_rules(rules)
    sent = Fields((name, value) for name, value in written.items() if value)
    assert rules_in(Config(), sent, Rules()) == rules
    assert set(written_rules(Rules()).values()) == {""}
    assert written.keys() == set(names_of(RULES))
    assert (written["include"], written["sensitivity"]) == ("a\nb", "0.5")
    assert lines_of(rules, rules) == []
