"""Feeds of changes: whose, which, what readers make of them, and who gets none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import fromstring

import pytest

from daemon.extract.feeds.feed import read_feed
from daemon.model.errors import RequestError
from daemon.model.response import Document
from daemon.model.viewer import Actor, Scope, Viewer
from daemon.operations.lists.changes import ListedChange
from daemon.operations.people import tokens
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.store.tables.ids import new_id
from daemon.store.views.changes import ChangeView
from daemon.web.memory.versions import Versions
from daemon.web.pages.feeds.atom import Feed, atom
from tests.making import HASH, Statements, add_rows
from tests.web.conftest import NOW, Answer, Pages, text_of

ATOM = "{http://www.w3.org/2005/Atom}"
PEOPLE = {"ada": "owner", "eve": "owner", "root": "admin"}
HOSTILE = "A\0B\x1b[2J\ud800<script>alert(1)</script>&amp;\u202egnp.exe\ufffe ]]> \x85\U0001f600"


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """People log in; readers of feeds cannot."""
    return {"requests_per_second": 0, "public_url": "http://localhost:8788"}


@pytest.fixture
async def sites(database: Database) -> Mapping[str, UUID]:
    """A site of each person, with a change of each severity."""
    page = tables.Page(id=new_id(), request_key=HASH, url="https://a.example/", host="a:443")
    rows: list[tables.Base] = [page]
    ids = {}
    for name, role in PEOPLE.items():
        ids[name] = new_id()
        rows += [
            tables.User(id=name, email=f"{name}@example.org", role=role),
            tables.MonitoredSite(
                id=ids[name], name=f"Blog of {name}", url=page.url, owner_id=name,
                page_id=page.id, text_hash=HASH, tags=["work", name],
            ),
        ]  # fmt: skip
        rows += [
            tables.ContentUpdate(
                id=new_id(), site_id=ids[name], owner_id=name, change_type=kind,
                detected_at=NOW - timedelta(hours=number), summary=f"{kind} <b>news</b>",
            )
            for number, kind in enumerate(("minor", "major"))
        ]  # fmt: skip
    await add_rows(database, *rows)
    return ids


async def token(
    database: Database, name: str = "ada", scope: Scope = Scope.FEED, **until: datetime
) -> str:
    return await tokens.make(
        database, Actor(Viewer(name)), "reader", [scope], until.get("ends_at"), until.get("at", NOW)
    )


def titles(answer: Answer) -> list[str | None]:
    root = fromstring(answer.text)
    return [one.text for one in root.iterfind(f"{ATOM}entry/{ATOM}title")]


async def test_a_feed_has_the_newest_changes_of_its_owner_alone(
    pages: Pages, database: Database, sites: Mapping[str, UUID]
) -> None:
    secret = await token(database)
    path = f"/feeds/{secret}/changes.atom"
    answer = await pages.get(path)
    assert titles(answer) == ["Blog of ada: minor", "Blog of ada: major"]
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert secret not in answer.text
    assert "http://localhost:8788/changes/" in answer.text
    major = ["Blog of ada: major"]
    assert titles(await pages.get(f"{path}?severity=major")) == major
    assert len(titles(await pages.get(f"{path}?tag=work"))) == 2
    assert titles(await pages.get(f"{path}?tag=eve")) == []
    assert (await pages.get(f"{path}?severity=huge")).status == 400
    of_site = f"/feeds/{secret}/sites/{sites['ada']}.atom"
    assert titles(await pages.get(f"{of_site}?severity=major")) == major
    assert (await pages.get(f"/feeds/{secret}/sites/{sites['eve']}.atom")).status == 404
    # An admin sees everything, but gets what is their own.
    of_admin = await pages.get(f"/feeds/{await token(database, 'root')}/changes.atom")
    assert {one and one.split(":")[0] for one in titles(of_admin)} == {"Blog of root"}
    for asked in (path, f"{path}?severity=major", f"{path}?tag=work", of_site):
        with Statements(pages.context.reading.engine) as sent:
            await pages.get(asked)
        assert len([one for one in sent.sent if one.startswith("SELECT")]) <= 4, asked


async def test_whatever_is_wrong_with_a_token_looks_the_same(
    pages: Pages, database: Database, sites: Mapping[str, UUID], caplog: pytest.LogCaptureFixture
) -> None:
    before = NOW - timedelta(days=2)
    ended = await token(database, at=before, ends_at=before + timedelta(days=1))
    revoked = await token(database, "eve")
    [shown] = await tokens.list_tokens(database, Viewer("eve"), NOW)
    await tokens.revoke(database, Actor(Viewer("eve")), shown.id, NOW)
    wrong = [ended, revoked, await token(database, scope=Scope.READ), "cl_nothing", "x" * 5_000]
    answers = [await pages.get(f"/feeds/{one}/changes.atom") for one in wrong]
    answers += [await pages.get(f"/feeds/{one}/sites/{sites['ada']}.atom") for one in wrong]
    assert {answer.status for answer in answers} == {404}
    assert caplog.text.count("event='token_refused'") == len(answers)
    assert len({re.sub(r"[\d.]+ ms", "", answer.text) for answer in answers}) == 1
    shown_somewhere = caplog.text + answers[0].text
    assert not [one for one in wrong if one in shown_somewhere]


async def test_a_reader_that_has_a_feed_is_told_so(
    pages: Pages, database: Database, sites: Mapping[str, UUID]
) -> None:
    path = f"/feeds/{await token(database)}/changes.atom"
    first = await pages.get(path)
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    assert (await pages.get(path, If_None_Match=tag)).status == 304
    object.__setattr__(pages.context, "clock", lambda: NOW + timedelta(hours=1))
    later = await pages.get(path)
    since = later.headers["Last-Modified"]
    assert (await pages.get(path, If_Modified_Since=since)).status == 304
    assert (await pages.get(path, If_None_Match='"old"', If_Modified_Since=since)).status == 200
    found = tables.ContentUpdate(
        id=new_id(), site_id=sites["ada"], owner_id="ada", change_type="critical",
        detected_at=NOW - timedelta(hours=3),  # stored after younger ones
    )  # fmt: skip
    await add_rows(database, found)
    assert (await pages.get(path, If_Modified_Since=since)).status == 200
    assert (await pages.get(path, If_None_Match=tag)).status == 200


def test_a_version_is_as_old_as_is_sure() -> None:
    versions = Versions(most=2)
    at = datetime(2026, 5, 4, 12, 0, 0, 500_000, UTC)
    assert versions.unchanged_since("a", "1", at) is None
    hour = timedelta(hours=1)
    settled = datetime(2026, 5, 4, 12, 1, 1, tzinfo=UTC)
    assert versions.unchanged_since("a", "1", at + hour) == settled
    assert versions.unchanged_since("a", "2", at + hour) is None
    for address in ("b", "c"):
        versions.unchanged_since(address, "1", at)
    assert versions.unchanged_since("a", "2", at + 2 * hour) is None


def _change(text: str) -> ListedChange:
    view = ChangeView(
        id=new_id(), site_id=new_id(), site_name=text, url="https://a.example/", owner_id="ada",
        title=text, detected_at=NOW, change_type="major", is_significant=True,
        confidence_score=0.9, category=None, summary=text, reasons=[], run_id=None,
    )  # fmt: skip
    return ListedChange(view, None, is_unseen=True, is_of_removed_site=False)


def test_a_feed_of_hostile_words_is_valid_and_read_by_us() -> None:
    changes = [_change(HOSTILE), _change(""), _change("x" * 100_000)]
    feed = Feed("github|1", HOSTILE, "/changes?tag=a&tag=b", "https://w.example", lambda text: text)
    body = atom(feed, changes)
    root = fromstring(body)
    for parent in (root, *root.iterfind(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            [found] = parent.findall(f"{ATOM}{name}")
            assert found.text
        assert re.fullmatch(
            r"tag:changelogger,2026:[\w%/?=&-]+", parent.findtext(f"{ATOM}id") or ""
        )
        assert re.fullmatch(r"[\d-]{10}T[\d:]{8}Z", parent.findtext(f"{ATOM}updated") or "")
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    reading = read_feed(Document(body, "application/atom+xml", "utf-8", "https://w.example/"))
    assert [entry.id for entry in reading.entries] == [
        f"tag:changelogger,2026:change/{one.view.id}" for one in changes
    ]
    first = reading.entries[0]
    assert first.link == f"https://w.example/changes/{changes[0].view.id}"
    assert first.published_at == "2026-05-04T12:00:00Z"
    words = "<script>alert(1)</script>&amp;gnp.exe"
    for name in ("title", "summary"):  # text, in which markup is words
        assert words in (root.findtext(f"{ATOM}entry/{ATOM}{name}") or "")
    for text in (first.title, first.text, root.findtext(f"{ATOM}title") or ""):
        assert text.startswith("AB")
        assert not set(text) & set("\0\x1b\x85\u202e\ufffe\ud800")
    empty = fromstring(atom(feed, []))
    assert empty.findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"


async def test_a_token_for_feeds_reads_feeds_alone(
    database: Database, sites: Mapping[str, UUID]
) -> None:
    both = [Scope.FEED, Scope.READ]
    with pytest.raises(RequestError, match="feeds alone"):
        await tokens.make(database, Actor(Viewer("ada")), "all", both, None, NOW)


class TestOnLoopback:
    """Without logins, the local owner has tokens too."""

    @pytest.fixture
    def web_settings(self) -> dict[str, Any]:
        return {"requests_per_second": 0}

    async def test_a_token_is_shown_once_works_and_is_revoked(
        self, pages: Pages, database: Database
    ) -> None:
        await add_rows(database, tables.User(id="local", email="local@localhost"))
        await pages.post("/me")  # leaves a line for the next page, which is kept nowhere either
        made = await pages.post("/me/tokens", name="my <b>reader", ends="30d")
        assert made.headers["Cache-Control"] == "no-store"
        found = re.search(r">(http://127\.0\.0\.1:\d+)(/feeds/cl_[\w-]+/changes\.atom)<", made.text)
        assert found is not None
        assert (await pages.get(found[2])).status == 200
        mine = await pages.get("/me")
        assert "my <b>reader" not in mine.text
        assert found[2].split("/")[2] not in mine.text
        assert "my &lt;b&gt;reader feed" in text_of(mine.text)
        id_ = re.search(r"/me/tokens/([\w-]+)/revoke", mine.text)
        assert id_ is not None
        revoked = await pages.follow(await pages.post(id_[0]))
        assert "The token my <b>reader is revoked" not in revoked.text
        assert "is revoked" in text_of(revoked.text)
        assert (await pages.get(found[2])).status == 404
        assert (await pages.post("/me/tokens", name=" ")).status == 400
