"""A change in full and any two states compared: what is shown, what is said when it cannot be."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.compare import Mark
from daemon.display.differences import Layout
from daemon.model.errors import ConflictError, ExtractError, NotFoundError
from daemon.operations import comparing
from daemon.operations.comparing import Comparer, LayoutOptions
from daemon.packing import pack
from daemon.sandbox.messages import ShowJob
from daemon.sandbox.pool import Sandbox
from daemon.store.tables import Content, ContentUpdate, Snapshot
from daemon.store.tables.ids import new_id
from tests.making import PAST, Statements, add_rows
from tests.operations.two_owners import ADA, ADMIN, TwoOwners
from tests.operations.two_pasts import AFTER, BEFORE, TwoPasts, have_two_pasts
from tests.plans import whole_tables


@pytest.fixture
async def pasts(two: TwoOwners, sandbox: Sandbox) -> TwoPasts:
    return await have_two_pasts(two, sandbox)


@pytest.fixture
def comparer(sandbox: Sandbox) -> Comparer:
    return Comparer(lambda: sandbox)


def told(layout: Layout | None) -> list[str]:
    """The rows of the differences, with what went and what came."""
    assert layout is not None
    signs = {Mark.SAME: "{}", Mark.REMOVED: "[-{}-]", Mark.ADDED: "{{+{}+}}"}
    return [
        "".join(signs[one.mark].format(one.text) for one in (*row.before, *row.after))
        for block in layout.blocks
        for row in block.rows
    ]


async def test_a_change_is_shown_with_all_that_belongs_to_it(
    pasts: TwoPasts, comparer: Comparer
) -> None:
    hers = pasts.pasts[0]
    full = await comparing.change_in_full(pasts.two.database, ADA, comparer, hers.change_id)
    assert full.whole.detail.view.id == hers.change_id
    assert [one.analyser for one in full.whole.analyses] == ["rules/2"]
    assert [one.verdict for one in full.whole.ratings] == ["noise"]
    assert [one.id for one in full.whole.notices] == [hers.notice_id]
    assert (full.previous_id, full.next_id) == (None, None)
    assert told(full.comparison.layout) == ["Tea is served at [-four-]{+five+}."]


async def test_the_changes_around_one_are_those_of_its_site(
    pasts: TwoPasts, comparer: Comparer
) -> None:
    database, hers = pasts.two.database, pasts.pasts[0]
    first = await comparing.change_in_full(database, ADA, comparer, hers.change_id)
    at = first.whole.detail.view.detected_at
    more = [
        ContentUpdate(id=new_id(), site_id=hers.site_id, detected_at=at + timedelta(hours=hours))
        for hours in (-2, -1, 0, 1)  # one of them at the same instant, with a later id
    ]
    await add_rows(database, *more)
    middle = await comparing.change_in_full(database, ADA, comparer, hers.change_id)
    assert (middle.previous_id, middle.next_id) == (more[1].id, more[2].id)
    last = await comparing.change_in_full(database, ADA, comparer, more[3].id)
    assert (last.previous_id, last.next_id) == (more[2].id, None)


async def test_a_change_takes_four_statements_and_three_once_its_difference_is_kept(
    pasts: TwoPasts, comparer: Comparer, engine: AsyncEngine
) -> None:
    hers = pasts.pasts[0]
    sent = []
    for _ in range(2):
        with Statements(engine) as statements:
            await comparing.change_in_full(pasts.two.database, ADA, comparer, hers.change_id)
        sent.append(sum(one.startswith("SELECT") for one in statements.sent))
    assert sent == [4, 3]


async def test_no_table_is_read_or_sorted_in_whole_for_a_change(
    pasts: TwoPasts, comparer: Comparer, engine: AsyncEngine
) -> None:
    hers, database = pasts.pasts[0], pasts.two.database
    for viewer in (ADA, ADMIN):
        with Statements(engine) as statements:
            await comparing.change_in_full(database, viewer, comparer, hers.change_id)
            await comparing.compare_states(database, viewer, comparer, hers.state_ids[::-1])
        async with database.reading() as session:
            connection = await session.connection()
            for one, values in zip(statements.sent, statements.values, strict=True):
                if one.startswith("SELECT"):
                    assert not await whole_tables(connection, one, values), one


async def test_forms_and_contexts_are_kept_apart(pasts: TwoPasts, comparer: Comparer) -> None:
    database, ids = pasts.two.database, pasts.pasts[0].state_ids
    forms = {
        form: await comparing.compare_states(
            database, ADA, comparer, ids, LayoutOptions(form, context)
        )
        for form, context in (("words", 3), ("lines", 3), ("lines", 0), ("sides", 3))
    }
    assert told(forms["words"].comparison.layout) == ["Tea is served at [-four-]{+five+}."]
    assert told(forms["lines"].comparison.layout) == [f"[-{BEFORE}-]", f"{{+{AFTER}+}}"]
    assert told(forms["sides"].comparison.layout) == [
        "Tea is served at [-four-].Tea is served at {+five+}."
    ]


async def test_large_layouts_are_kept_in_a_bounded_memory(
    sandbox: Sandbox, comparer: Comparer
) -> None:
    texts = [pack("\n".join(f"{n} {'x' * 300}" for n in range(m, m + 500)).encode())
             for m in range(12)]  # fmt: skip
    kept = []
    for number, text in enumerate(texts):
        key = ("", text.hash, "lines", 3)
        layout = await comparer.show(key, ShowJob(pack(b""), text, "lines", 3))
        assert layout.memory_bytes > 300_000
        kept = [comparer.known(("", one.hash, "lines", 3)) for one in texts[: number + 1]]
        assert sum(one.memory_bytes for one in kept if one is not None) <= 4 << 20
    assert kept[0] is None
    assert kept[-1] is not None


async def test_states_are_compared_in_the_order_given(pasts: TwoPasts, comparer: Comparer) -> None:
    before, after = pasts.pasts[0].state_ids
    back = await comparing.compare_states(pasts.two.database, ADA, comparer, (after, before))
    assert told(back.comparison.layout) == ["Tea is served at [-five-]{+four+}."]
    same = await comparing.compare_states(pasts.two.database, ADA, comparer, (after, after))
    assert same.comparison.layout is not None
    assert same.comparison.layout.blocks == ()


async def test_only_states_of_one_site_are_compared(pasts: TwoPasts, comparer: Comparer) -> None:
    database, (hers, his) = pasts.two.database, pasts.pasts
    mixed = (hers.state_ids[0], his.state_ids[1])
    for ask in (comparing.compare_states, comparing.patch_of_states):
        with pytest.raises(ConflictError, match="only states of one site are compared"):
            await ask(database, ADMIN, comparer, mixed)
        with pytest.raises(NotFoundError, match=f"there is no state '{mixed[1]}'"):
            await ask(database, ADA, comparer, mixed)


async def test_what_is_not_there_is_not_found(pasts: TwoPasts, comparer: Comparer) -> None:
    database, nothing = pasts.two.database, uuid4()
    with pytest.raises(NotFoundError):
        await comparing.change_in_full(database, ADMIN, comparer, nothing)
    with pytest.raises(NotFoundError):
        await comparing.patch_of_change(database, ADMIN, comparer, nothing)


async def test_without_its_states_a_change_shows_what_was_recorded(
    pasts: TwoPasts, comparer: Comparer
) -> None:
    database, hers = pasts.two.database, pasts.pasts[0]
    async with database.writing() as session:
        await session.execute(delete(Snapshot).where(Snapshot.id == hers.state_ids[0]))
    full = await comparing.change_in_full(database, ADA, comparer, hers.change_id)
    assert full.comparison.before is None
    assert full.comparison.after is not None
    assert (told(full.comparison.layout), full.comparison.problem) == (
        ["Tea is served at [-four-]{+five+}."],
        "",
    )
    patch = await comparing.patch_of_change(database, ADA, comparer, hers.change_id)
    assert patch == (
        "The states of this change: no longer kept. This was recorded at the time:\n"
        f"-{BEFORE}\n+{AFTER}\n"
    )
    async with database.writing() as session:
        await session.execute(update(ContentUpdate).values(raw_content=None))
    nothing = await comparing.change_in_full(database, ADA, comparer, hers.change_id)
    assert (nothing.comparison.layout, nothing.comparison.problem) == (None, "")


async def test_damaged_states_are_named_and_what_was_recorded_is_shown(
    pasts: TwoPasts, comparer: Comparer
) -> None:
    database, hers = pasts.two.database, pasts.pasts[0]
    async with database.writing() as session:
        await session.execute(update(Content).values(data=b"\0"))
    full = await comparing.change_in_full(database, ADA, comparer, hers.change_id)
    assert "damaged" in full.comparison.problem
    assert told(full.comparison.layout) == ["Tea is served at [-four-]{+five+}."]
    both = await comparing.compare_states(database, ADA, comparer, hers.state_ids)
    assert both.comparison.layout is None
    assert "damaged" in both.comparison.problem
    patch = await comparing.patch_of_change(database, ADA, comparer, hers.change_id)
    assert "damaged" in patch.partition("\n")[0]
    assert patch.endswith(f"-{BEFORE}\n+{AFTER}\n")
    with pytest.raises(ExtractError, match="damaged"):
        await comparing.patch_of_states(database, ADA, comparer, hers.state_ids)


async def test_a_patch_is_one_of_the_texts_as_downloaded(
    pasts: TwoPasts, comparer: Comparer
) -> None:
    database, hers = pasts.two.database, pasts.pasts[0]
    before, after = hers.state_ids
    expected = f"--- {before}.txt\n+++ {after}.txt\n@@ -1,1 +1,1 @@\n-{BEFORE}\n+{AFTER}\n"
    assert await comparing.patch_of_change(database, ADA, comparer, hers.change_id) == expected
    assert await comparing.patch_of_states(database, ADA, comparer, hers.state_ids) == expected
    assert await comparing.patch_of_states(database, ADA, comparer, (after, after)) == ""


async def test_a_text_that_is_missing_is_said_to_be(pasts: TwoPasts, comparer: Comparer) -> None:
    database, hers = pasts.two.database, pasts.pasts[0]
    gone = Snapshot(
        id=new_id(), site_id=hers.site_id, text_hash=pack(b"gone").hash, kind="html",
        extractor="html/1", url="https://site.example/", first_seen_at=PAST, last_seen_at=PAST,
    )  # fmt: skip
    packed = pack(b"gone")
    await add_rows(database, Content(hash=packed.hash, codec="zstd", size_bytes=4, data=b""), gone)
    both = await comparing.compare_states(database, ADA, comparer, (hers.state_ids[0], gone.id))
    assert both.comparison.problem == "stored content is missing"


async def test_the_last_layouts_are_kept(sandbox: Sandbox, pasts: TwoPasts) -> None:
    asked = 0

    def counted() -> Sandbox:
        nonlocal asked
        asked += 1
        return sandbox

    comparer, database = Comparer(counted), pasts.two.database
    ids: tuple[UUID, UUID] = pasts.pasts[0].state_ids
    for context in (*range(65), 64, 1):
        await comparing.compare_states(
            database, ADA, comparer, ids, LayoutOptions("lines", context)
        )
    assert asked == 65
    await comparing.compare_states(database, ADA, comparer, ids, LayoutOptions("lines", 0))
    assert asked == 66
