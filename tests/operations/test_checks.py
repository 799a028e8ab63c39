"""What a check comes to: the words of whoever asks, what they paused, what only the file knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from daemon.config import Config, load
from daemon.model.errors import NotAllowedError, NotFoundError, RequestError
from daemon.model.viewer import Viewer
from daemon.operations import checks
from daemon.operations.checks import CheckPlan
from daemon.operations.managing import pause
from daemon.store.tables import MonitoredSite, Product
from tests.making import PAST
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    PRODUCT,
    SITE,
    SITE_URL,
    STRANGER,
    TwoOwners,
    owners_shown,
    public_functions,
)

OWNERS = "".join(
    f'[[owner]]\nid = "{name}"\nemail = "{name}@example.org"\n' for name in ("ada", "bob")
)
FILED = "".join(
    f'[[site]]\nname = "{name}\'s new"\nurl = "https://{name}.example/new"\nowner = "{name}"\n'
    f'[[product]]\nname = "{name}\'s fan"\nurl = "https://{name}.example/fan"\nowner = "{name}"\n'
    for name in ("ada", "bob")
)
WORDS = ([SITE], [SITE_URL], [PRODUCT], None)
Ask = Callable[[Config, Viewer, list[str] | None], Awaitable[CheckPlan]]

ASKS: dict[Callable[..., object], Ask] = {
    checks.to_check: lambda config, who, words: checks.to_check(config, who, words, PAST),
    checks.to_look_at: lambda config, who, words: checks.to_look_at(config, who, words, PAST),
}


@pytest.fixture
def config(two: TwoOwners, database_url: str, tmp_path: Path) -> Config:
    """Of the database of both; each has a site and a product in the file that it does not know."""
    path = tmp_path / "config.toml"
    path.write_text(f'[database]\nurl = "{database_url}"\n{OWNERS}{FILED}')
    return load(path, {})


@pytest.fixture
def unmade(config: Config, tmp_path: Path) -> Config:
    """The same, but of a database that is not there."""
    path = tmp_path / "unmade.toml"
    path.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/none.db"\n{OWNERS}{FILED}')
    return load(path, {})


def test_every_question_is_asked_here() -> None:
    assert set(public_functions(checks)) == ASKS.keys()


@pytest.mark.parametrize("words", WORDS, ids=str)
@pytest.mark.parametrize("ask", ASKS.values(), ids=[one.__name__ for one in ASKS])
async def test_a_check_comes_to_nothing_of_somebody_elses(
    two: TwoOwners, config: Config, ask: Ask, words: list[str] | None
) -> None:
    async def owners(two: TwoOwners, viewer: Viewer) -> set[str]:
        plan = await ask(config, viewer, words)
        return await _owners_of(two, plan, viewer)

    assert await owners_shown(two, owners, ADMIN) == {"ada", "bob"}
    assert await owners_shown(two, owners, STRANGER) == set()
    for viewer in (ADA, BOB):
        assert await owners_shown(two, owners, viewer) == {viewer.user_id}


@pytest.mark.parametrize("ask", ASKS.values(), ids=[one.__name__ for one in ASKS])
async def test_a_name_of_somebody_elses_is_not_found_and_a_url_is_only_a_url(
    config: Config, ask: Ask
) -> None:
    with pytest.raises(NotFoundError) as caught:
        await ask(config, ADA, ["bob's own"])
    assert caught.value.near == ("ada's own",)
    plan = await ask(config, ADA, [SITE, "https://bob.example/"])
    assert list(plan.urls) == ["https://bob.example/"]


async def test_only_admins_take_the_configuration_up(two: TwoOwners, config: Config) -> None:
    with pytest.raises(NotAllowedError):
        await checks.to_check(config, ADA, [SITE], PAST, takes_up=True)
    plan = await checks.to_check(config, ADMIN, ["bob's new", "bob's fan"], PAST, takes_up=True)
    assert len(plan.page_ids or ()) == 2


async def test_without_words_an_admin_means_all_pages(config: Config) -> None:
    assert (await checks.to_check(config, ADMIN, None, PAST)).page_ids is None


async def test_what_is_paused_is_left_alone_and_told(two: TwoOwners, config: Config) -> None:
    await pause(two.database, ADA, "site", [SITE], PAST)
    for ask in ASKS.values():
        plan = await ask(config, ADA, [SITE])
        assert [one.id for one in plan.paused] == [two[ADA].site_id]
        assert not plan.page_ids
        assert not plan.looks
        assert not (await ask(config, BOB, [SITE])).paused


async def test_a_look_knows_what_only_the_file_has(config: Config) -> None:
    plan = await checks.to_look_at(config, BOB, ["bob's new", "bob's fan", SITE], PAST)
    assert _names(plan) == ["Blog", "bob's fan", "bob's new"]
    with pytest.raises(NotFoundError):
        await checks.to_look_at(config, BOB, ["ada's new"], PAST)
    everything = await checks.to_look_at(config, BOB, None, PAST)
    own = ["bob's own", "bob's own"]  # a site and a product
    assert _names(everything) == ["Blog", "Lamp", "bob's fan", "bob's new", *own]


async def test_what_the_database_knows_is_not_looked_at_twice(config: Config) -> None:
    await checks.to_check(config, ADMIN, None, PAST, takes_up=True)
    plan = await checks.to_look_at(config, ADMIN, None, PAST)
    filed = [name for name in _names(plan) if name.endswith(("new", "fan"))]
    assert filed == ["ada's fan", "ada's new", "bob's fan", "bob's new"]


async def test_a_look_needs_no_database(unmade: Config, tmp_path: Path) -> None:
    plan = await checks.to_look_at(unmade, BOB, ["bob's new", "https://b.example/"], PAST)
    assert ([page.names for page in plan.looks], list(plan.urls)) == (
        [("bob's new",)],
        ["https://b.example/"],
    )
    for word in ("ada's new", "nobody's"):
        with pytest.raises(RequestError, match="and it is no URL"):
            await checks.to_look_at(unmade, BOB, [word], PAST)
    assert not (tmp_path / "none.db").exists()


async def test_where_nothing_is_kept_urls_are_read_once(unmade: Config) -> None:
    empty = unmade.model_copy(update={"sites": (), "products": ()})
    assert checks.is_kept(unmade)
    assert not checks.is_kept(empty)
    assert list((await checks.to_check(empty, ADA, ["https://b.example/"], PAST)).urls) == [
        "https://b.example/"
    ]
    with pytest.raises(RequestError, match="and it is no URL"):
        await checks.to_check(empty, ADA, ["Blog"], PAST)


def _names(plan: CheckPlan) -> list[str]:
    return sorted(name for page in plan.looks for name in page.names)


async def _owners_of(two: TwoOwners, plan: CheckPlan, viewer: Viewer) -> set[str]:
    """Whose things are looked at or told of; and who is on pages that the viewer is not on."""
    seen = {site.owner_id for page in plan.looks for site in page.sites}
    seen |= {str(product.owner_id) for page in plan.looks for product in page.products}
    seen |= {str(one.owner_id) for one in plan.paused}
    on = await _owners_by_page(two)
    for page_id in on if plan.page_ids is None else plan.page_ids:
        seen |= {viewer.user_id} if viewer.user_id in on[page_id] else on[page_id]
    return seen


async def _owners_by_page(two: TwoOwners) -> dict[UUID, set[str]]:
    on: defaultdict[UUID, set[str]] = defaultdict(set)
    async with two.database.reading() as session:
        for column in (MonitoredSite.owner_id, Product.owner_id):
            rows = await session.execute(select(column.class_.page_id, column.label("owner")))
            for row in rows:
                on[row.page_id].add(row.owner)
    return on
