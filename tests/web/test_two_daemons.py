"""Behind a balancer any daemon of the database goes on with what another has begun."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from daemon.runtime.app import open_app
from daemon.store.core.database import Database
from daemon.web.answers import Flash
from daemon.web.context import Context
from daemon.web.server import serve
from daemon.web.signed.flashes import read_flash, write_flash
from tests.many import have_many, site_id
from tests.web.conftest import FREE, Pages, text_of


@pytest.fixture
async def addresses(context: Context, database: Database) -> AsyncIterator[tuple[Pages, list[str]]]:
    """One browser, and where two daemons serve it, as each begins on the database."""
    keys = []
    for _ in range(2):
        async with open_app(context.config(), "check") as app:
            keys.append(app.base.signing_key)
    one, two = (replace(context, key=key) for key in keys)
    async with serve(one, FREE) as first, serve(two, FREE) as second:
        pages = Pages(first, one)
        try:
            yield pages, [first, second]
        finally:
            await pages.session.close()


def shown(html: str) -> set[str]:
    return set(re.findall(r'href="/sites/([0-9a-f-]{36})"', html))


async def test_the_next_page_of_a_list_may_come_from_another_daemon(
    database: Database, addresses: tuple[Pages, list[str]]
) -> None:
    await have_many(database, ["local"], 120, 1)
    pages, [_, second] = addresses
    first = await pages.get("/sites")
    found = re.search(r'href="(/sites\?[^"]*after=[^"]*)"', first.text)
    assert found is not None
    pages.url = second
    following = await pages.get(found[1].replace("&amp;", "&"))
    assert following.status == 200
    assert shown(following.text)
    assert not shown(following.text) & shown(first.text)


async def test_what_was_done_is_said_once_by_whichever_daemon_shows_the_next_page(
    database: Database, addresses: tuple[Pages, list[str]]
) -> None:
    await have_many(database, ["local"], 1, 1)
    pages, [_, second] = addresses
    done = await pages.post(f"/sites/{site_id(0)}/silence")
    pages.url = second
    assert "is silenced" in text_of((await pages.follow(done)).text)
    assert "is silenced: it is checked" not in text_of((await pages.follow(done)).text)


async def test_a_form_of_one_daemon_is_taken_by_another(
    database: Database, addresses: tuple[Pages, list[str]]
) -> None:
    await have_many(database, ["local"], 1, 1)
    pages, [_, second] = addresses
    pages.url = second
    assert (await pages.post(f"/sites/{site_id(0)}/silence")).status == 303


async def test_a_line_that_nobody_signed_is_not_shown(addresses: tuple[Pages, list[str]]) -> None:
    pages, _ = addresses
    for forged in ("x", "A" * 60, "", "A" * 5000):
        answer = await pages.get("/", Cookie=f"changelogger-flash={forged}")
        assert (answer.status, 'class="flash" role="status"' in answer.text) == (200, False)


def test_a_long_line_fits_into_a_cookie() -> None:
    kept = write_flash(b"key", Flash("\U0001f600" * 2_000, "2026-05-04T12:00:00+00:00"))
    assert len(kept) < 3_900
    assert read_flash(b"key", kept) == Flash("\U0001f600" * 499 + "…", "2026-05-04T12:00:00+00:00")
    assert read_flash(b"other", kept) is None
