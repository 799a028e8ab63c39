"""A change in full, any two states compared, and what is said of wrong addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from daemon.packing import pack
from daemon.store.core.database import Database
from daemon.store.tables import (
    AnalysisResult,
    Content,
    ContentUpdate,
    MonitoredSite,
    Notice,
    Snapshot,
)
from daemon.store.tables.ids import new_id
from tests.making import PAST, add_rows, have_sites, spec
from tests.web.conftest import Pages, text_of

HOSTILE = "<script>alert(1)</script> \u202eevil\u200b \x1b[2J \"'><img src=x onerror=alert(1)>"
LINES = [f"line {number}" for number in range(1, 41)]


@dataclass
class Told:
    """A change, and its two states."""

    id: UUID
    site_id: UUID
    state_ids: list[UUID] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/changes/{self.id}"

    @property
    def text(self) -> str:
        return f"/sites/{self.site_id}/states/{self.state_ids[0]}/text"

    @property
    def compared(self) -> str:
        return f"/compare/{self.state_ids[0]}/{self.state_ids[1]}"


async def have_change(
    database: Database, before: str, after: str, name: str = "Blog", **more: object
) -> Told:
    """A change of a site from one text to another."""
    await have_sites(database, *map(spec, dict.fromkeys(("Blog", name))))
    async with database.reading() as session:
        [site_id] = await session.scalars(select(MonitoredSite.id).filter_by(name=name))
    told = Told(new_id(), site_id)
    for hours, text in enumerate((before, after)):
        packed = pack(text.encode())
        async with database.writing() as session:
            if await session.get(Content, packed.hash) is None:
                content = Content(
                    hash=packed.hash, codec="zstd", size_bytes=packed.size_bytes, data=packed.data
                )
                session.add(content)
        at = PAST + timedelta(hours=hours)
        state = Snapshot(
            id=new_id(), site_id=site_id, text_hash=packed.hash, kind="html", extractor="html/1",
            url="https://site.example/blog", title=f"Title {hours}", first_seen_at=at,
            last_seen_at=at,
        )  # fmt: skip
        await add_rows(database, state)
        told.state_ids.append(state.id)
    values: dict[str, object] = {
        "detected_at": PAST + timedelta(hours=1),
        "before_snapshot_id": told.state_ids[0],
        "after_snapshot_id": told.state_ids[1],
        "change_type": "major",
        "is_significant": True,
        "confidence_score": 0.9,
        "category": "content",
        "summary": "The price fell.",
        "reasons": [
            {"signal": "words", "weight": -0.5, "text": "few words"},
            {"signal": "price", "weight": 2.0, "text": "a price moved"},
        ],
        "raw_content": "-recorded before\n+recorded after",
        "analysis_status": "done",
    } | more
    await add_rows(database, ContentUpdate(id=told.id, site_id=site_id, **values))
    return told


def parts(html: str, tag: str) -> list[str]:
    """What stands in all elements of this kind."""
    return re.findall(rf"<{tag}>(.*?)</{tag}>", html)


async def test_a_change_is_shown_in_full(pages: Pages, database: Database) -> None:
    told = await have_change(database, "it costs 5 EUR now", "it costs 4 EUR now")
    await add_rows(
        database,
        AnalysisResult(content_update_id=told.id, analyser="rules/2", change_type="major"),
        AnalysisResult(content_update_id=told.id, analyser="model/x", change_type="minor",
                       summary="It is cheaper.", insights={"insights": [{"text": "20 % less"}]}),
        Notice(id=new_id(), idempotency_key="1", kind="update", user_id="local", channel="phone",
               content_update_id=told.id, status="dead", error_detail="no answer", tries=3),
    )  # fmt: skip
    answer = await pages.get(told.path)
    assert answer.status == 200
    shown = text_of(answer.text)
    for words in (
        "The price fell.", "major", "90% sure that it matters", "a price moved", "few words",
        "phone", "dead", "3 tries", "no answer", "model/x", "It is cheaper.", "20 % less",
        "Title: Title 0 Title 1", "1 difference, 1 line removed, 1 line added",
    ):  # fmt: skip
        assert words in shown
    assert parts(answer.text, "del") == ["Title 0", "5 EUR"]
    assert parts(answer.text, "ins") == ["Title 1", "4 EUR"]
    assert shown.index("a price moved") < shown.index("few words")
    assert f'href="{told.text}"' in answer.text


async def test_each_form_shows_the_same_difference(pages: Pages, database: Database) -> None:
    after = [line.replace("line", "row") if line.endswith("0") else line for line in LINES]
    told = await have_change(database, "\n".join(LINES), "\n".join(after), title="A page")
    for form in ("words", "lines", "sides"):
        for path in (told.path, told.compared):
            answer = await pages.get(f"{path}?form={form}&context=1")
            assert answer.status == 200
            assert f'class="diff {form}"' in answer.text
            stops = re.findall(r'id="difference-(\d)" data-stop tabindex="-1"', answer.text)
            assert stops == ["1", "2", "3", "4"]
            assert answer.text.count("<details") == 4
            assert "8 unchanged lines" in answer.text
            assert 'aria-current="true">1' not in answer.text


async def test_ratings_are_buttons_that_can_be_taken_back(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    answer = await pages.get(told.path)
    assert f'action="{told.path}/useful"' in answer.text
    assert f'formaction="{told.path}/noise"' in answer.text
    assert "aria-pressed" not in answer.text
    rated = await pages.post(f"{told.path}/noise", back=told.path)
    shown = await pages.follow(rated)
    assert "Rated as noise" in text_of(shown.text)
    assert "Noise ✓" in text_of(shown.text)
    assert f'formaction="{told.path}/unrate" aria-pressed="true"' in shown.text
    taken = await pages.follow(await pages.post(f"{told.path}/unrate", back=told.path))
    assert "aria-pressed" not in taken.text


async def test_it_says_whether_it_was_seen(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    async with database.writing() as session:
        seen = {"seen_at": PAST, "last_changed_at": PAST + timedelta(hours=1)}
        await session.execute(update(MonitoredSite).values(seen))
    assert f'formaction="{told.path}/seen"' in (await pages.get(told.path)).text
    marked = await pages.follow(await pages.post(f"{told.path}/seen", back=told.path))
    assert f'formaction="{told.path}/unseen"' in marked.text
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(deleted_at=PAST))
    removed = await pages.get(told.path)
    assert "Blog (removed)" in text_of(removed.text)
    assert f"/sites/{told.site_id}" not in removed.text
    assert (await pages.get(f"{told.path}/patch")).status == 200
    assert (await pages.get(told.compared)).status == 404


async def test_the_changes_around_it_are_linked(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    others = [
        ContentUpdate(id=new_id(), site_id=told.site_id, detected_at=PAST + timedelta(hours=hours))
        for hours in (0, 2)
    ]
    await add_rows(database, *others)
    answer = await pages.get(told.path)
    assert f'href="/changes/{others[0].id}" rel="prev"' in answer.text
    assert f'href="/changes/{others[1].id}" rel="next"' in answer.text
    sides = await pages.get(f"{told.path}?form=sides")
    assert f'href="/changes/{others[1].id}?form=sides&amp;context=3" rel="next"' in sides.text
    assert 'rel="prev"' not in (await pages.get(f"/changes/{others[0].id}")).text


async def test_what_others_wrote_is_text(pages: Pages, database: Database) -> None:
    told = await have_change(
        database, "tea", f"tea {HOSTILE}", name=f"Site {HOSTILE[:26]}", summary=HOSTILE,
        title=HOSTILE, category=HOSTILE[:40], reasons=[{"text": HOSTILE, "weight": 1}, "x", None],
        processed_content={"similarity": 0.5, "flags": [HOSTILE]},
    )  # fmt: skip
    for path in (told.path, told.compared):
        for form in ("words", "lines", "sides"):
            answer = await pages.get(f"{path}?form={form}")
            assert answer.status == 200
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert not set("\u202e\u200b\x1b") & set(answer.text)
            assert "[U+202E]evil[U+200B] [U+001B][2J" in answer.text


async def test_texts_and_patches_are_downloads(pages: Pages, database: Database) -> None:
    told = await have_change(database, "one\n<b>", "two\n<b>")
    text = await pages.get(told.text)
    assert text.text == "one\n<b>\n"
    original = await pages.get(told.text.replace("/text", "/original"))
    assert original.status == 404
    async with database.writing() as session:
        source = {"source_hash": Snapshot.text_hash, "content_type": "text/html; charset=utf-8"}
        await session.execute(update(Snapshot).values(source))
    original = await pages.get(told.text.replace("/text", "/original"))
    assert original.text == "one\n<b>"
    assert told.text.replace("/text", "/original") in (await pages.get(told.path)).text
    before, after = told.state_ids
    for path in (told.path, told.compared):
        patch = await pages.get(f"{path}/patch")
        assert patch.text == (
            f"--- {before}.txt\n+++ {after}.txt\n@@ -1,2 +1,2 @@\n-one\n+two\n <b>\n"
        )
        for answer in (text, original, patch):
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
            assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_what_is_cut_is_said(pages: Pages, database: Database) -> None:
    told = await have_change(
        database, "x" * 5_000, "\n".join(f"new {number}" for number in range(3_000))
    )
    answer = await pages.get(told.path)
    shown = text_of(answer.text)
    assert "The last difference is cut here" in shown
    assert "1 line of over 4,000 characters is cut" in shown
    assert "Download the patch or the texts to see all" in shown
    patch = (await pages.get(f"{told.path}/patch")).text
    assert "+new 2999\n" in patch
    assert f"-{'x' * 5_000}\n" in patch


async def test_states_that_are_gone_are_said_to_be(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    async with database.writing() as session:
        await session.execute(delete(Snapshot).where(Snapshot.id == told.state_ids[0]))
    answer = await pages.get(told.path)
    assert "The state before is no longer kept." in text_of(answer.text)
    assert "recorded <del>before</del><ins>after</ins>" in answer.text
    assert (await pages.get(told.compared)).status == 404
    async with database.writing() as session:
        await session.execute(update(ContentUpdate).values(raw_content=None))
    nothing = text_of((await pages.get(told.path)).text)
    assert "Nothing is kept of what this change was" in nothing


async def test_damaged_states_are_said_to_be(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    async with database.writing() as session:
        await session.execute(update(Content).values(data=b"\0"))
    answer = await pages.get(told.path)
    assert "The two states cannot be compared: stored content is damaged" in text_of(answer.text)
    assert "recorded <del>before</del><ins>after</ins>" in answer.text
    compared = await pages.get(told.compared)
    assert compared.status == 200
    assert "stored content is damaged" in compared.text
    for path, status in ((f"{told.compared}/patch", 409), (told.text, 400)):
        refused = await pages.get(path)
        assert refused.status == status
        assert "stored content is damaged" in refused.text


async def test_equal_states_are_said_to_be(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    state = told.state_ids[0]
    answer = await pages.get(f"/compare/{state}/{state}")
    assert "The texts are the same." in text_of(answer.text)
    assert (await pages.get(f"/compare/{state}/{state}/patch")).text == ""


async def test_states_of_two_sites_are_not_compared(pages: Pages, database: Database) -> None:
    one = await have_change(database, "a", "b")
    other = await have_change(database, "c", "d", name="Other <b>")
    path = f"/compare/{one.state_ids[0]}/{other.state_ids[1]}"
    for answer in (await pages.get(path), await pages.get(f"{path}/patch")):
        assert answer.status == 409
        assert "only states of one site are compared" in answer.text
        assert "Other &lt;b&gt;" in answer.text


async def test_a_form_leads_to_a_comparison(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    before, after = told.state_ids
    answer = await pages.get(f"/compare?before={before}&after={after}")
    assert (answer.status, answer.headers["Location"]) == (303, told.compared)
    for query in ("", f"?before={before}", f"?before={before}&after=<x>"):
        assert (await pages.get(f"/compare{query}")).status == 400


@pytest.mark.parametrize(
    "query",
    ["form=pictures", "form=words&form=lines", "context=-1", "context=1001", "context=a", "x=1"],
)
async def test_a_wrong_question_is_named(pages: Pages, database: Database, query: str) -> None:
    told = await have_change(database, "a", "b")
    for path in (told.path, told.compared):
        answer = await pages.get(f"{path}?{query}")
        assert answer.status == 400
        assert query.partition("=")[0] in answer.text


@pytest.mark.parametrize("word", ["nothing", "%3Cscript%3E", "0" * 32, "0" * 3_000])
async def test_an_unknown_id_is_not_found(pages: Pages, word: str) -> None:
    for path in (
        f"/changes/{word}", f"/changes/{word}/patch", f"/sites/{uuid4()}/states/{word}/text",
        f"/compare/{word}/{uuid4()}", f"/compare/{uuid4()}/{word}",
    ):  # fmt: skip
        answer = await pages.get(path)
        assert answer.status in (404, 400)
        assert "<script>" not in answer.text


async def test_what_the_browser_has_is_not_sent_again(pages: Pages, database: Database) -> None:
    told = await have_change(database, "a", "b")
    first = await pages.get(told.compared)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')  # its foot says what it has cost, each time anew
    assert (await pages.get(told.compared, If_None_Match=tag)).status == 304
    assert (await pages.get(f"{told.compared}?form=lines", If_None_Match=tag)).status == 200


async def test_that_nobody_could_be_notified_is_said(pages: Pages, database: Database) -> None:
    told = await have_change(database, "it costs 5 EUR now", "it costs 4 EUR now")
    shown = text_of((await pages.get(told.path)).text)
    assert "Nobody was notified: no [[notify]] table in config.toml names anybody" in shown
