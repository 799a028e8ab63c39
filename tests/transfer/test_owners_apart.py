"""What two owners carry out and bring in: each only what is theirs, an admin everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config, load
from daemon.model.errors import NotFoundError
from daemon.model.site import SiteSpec
from daemon.model.viewer import Viewer
from daemon.store.catalogue.products import ProductSpec
from daemon.store.catalogue.specs import asked_of_pages, asked_products, asked_sites
from daemon.store.core.database import Database
from daemon.transfer import sites
from daemon.transfer.exporting import ExportOptions
from daemon.transfer.formats.known import READERS, WRITERS
from tests.making import PAST
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    OWNERS,
    SITE_URL,
    STRANGER,
    TwoOwners,
    have_two_owners,
    owners_shown,
    public_functions,
)

BROUGHT = """
[[site]]
name = "New"
url = "https://new.example/"
owner = "bob"
[[product]]
name = "Kettle"
url = "https://new.example/kettle"
"""


@pytest.fixture
async def two(database: Database) -> TwoOwners:
    return await have_two_owners(database)


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    path: Path = tmp_path_factory.mktemp("owners") / "config.toml"
    path.write_text("".join(f'[[owner]]\nid = "{n}"\nemail = "{n}@example.org"\n' for n in OWNERS))
    return load(path, {})


async def exported(two: TwoOwners, viewer: Viewer, config: Config) -> set[str]:
    """Whose things an export tells of, by all that is written."""
    done = await sites.export_all(two.database, viewer, config, ExportOptions(with_secrets=True))
    text = "\n".join(WRITERS["json"](done.tables)) + "".join(done.renamed)
    own = {name for name in OWNERS if f"{name}'s own" in text}
    assert len(done.tables["site"]) == len(done.tables["product"]) == 2 * len(own)
    assert all(name in own for name in OWNERS if name in text)
    return own


async def imported(two: TwoOwners, viewer: Viewer, config: Config) -> set[str]:
    """Whose things are known to an import of what all of them have."""
    everything = await sites.export_all(two.database, ADMIN, config)
    tables = {
        kind: [one | {"owner": owner} for one in several for owner in OWNERS]
        for kind, several in everything.tables.items()
    }
    read = READERS["json"]("\n".join(WRITERS["json"](tables)).encode())
    done = await sites.import_entries(two.database, viewer, config, read, {}, None)
    assert viewer.is_admin or all(one.owner_id == viewer.user_id for one in done.sites)
    fresh = {one.name for one in done.sites}
    return {name for name in OWNERS if done.known and f"{name}'s own" not in fresh}


ASKS: dict[Callable[..., Any], Callable[[TwoOwners, Viewer, Config], Any]] = {
    sites.export_all: exported,
    sites.import_entries: imported,
}


def test_whatever_carries_sites_is_tried_by_two_owners() -> None:
    assert set(public_functions(sites)) == ASKS.keys()


@pytest.mark.parametrize("function", ASKS, ids=lambda function: function.__name__)
async def test_each_carries_what_is_theirs_and_an_admin_everything(
    two: TwoOwners, config: Config, function: Callable[..., Any]
) -> None:
    async def ask(two: TwoOwners, viewer: Viewer) -> set[str]:
        shown: set[str] = await ASKS[function](two, viewer, config)
        return shown

    assert await owners_shown(two, ask, STRANGER) == set()
    assert await owners_shown(two, ask, ADA) == {"ada"}
    assert await owners_shown(two, ask, BOB) == {"bob"}


async def test_an_admin_carries_what_all_have(two: TwoOwners, config: Config) -> None:
    assert await exported(two, ADMIN, config) == set(OWNERS)


@pytest.mark.parametrize(
    ("viewer", "whose"), [(ADA, ["ada", "ada"]), (BOB, ["bob", "bob"]), (ADMIN, ["bob", "ada"])]
)
async def test_what_an_owner_brings_is_theirs_whoever_the_file_names(
    two: TwoOwners, config: Config, viewer: Viewer, whose: list[str]
) -> None:
    read = READERS["toml"](BROUGHT.encode())
    done = await sites.import_entries(two.database, viewer, config, read, {}, PAST)
    assert [one.owner_id for one in (done.sites[0], done.products[0][0])] == whose
    async with two.database.reading() as session:
        found: list[SiteSpec | ProductSpec] = []
        found += await asked_sites(session, ADMIN)
        found += await asked_products(session, ADMIN)
    assert [one.owner_id for one in found if one.name in {"New", "Kettle"}] == whose
    told = [note.text for note in done.notes]
    assert any("bob" in text for text in told) == (viewer is ADA)


async def test_the_owner_of_options_counts_for_an_admin_alone(
    two: TwoOwners, config: Config
) -> None:
    for viewer, owner in ((ADA, "ada"), (ADMIN, "bob")):
        read = READERS["urls"](b"https://fresh.example/\n")
        given = {"owner": "bob"}
        done = await sites.import_entries(two.database, viewer, config, read, given, None)
        assert [one.owner_id for one in done.sites] == [owner]


async def test_who_owns_nothing_here_brings_nothing(two: TwoOwners, config: Config) -> None:
    read = READERS["urls"](b"https://fresh.example/\n")
    with pytest.raises(NotFoundError):
        await sites.import_entries(two.database, STRANGER, config, read, {}, PAST)


async def test_what_reads_the_same_page_is_told_of_ones_own(two: TwoOwners) -> None:
    async with two.database.reading() as session:
        [known] = await asked_of_pages(session, ADA, await _requests(two))
        assert (known.owner_id, known.request.url) == ("ada", SITE_URL)
        assert await asked_of_pages(session, STRANGER, await _requests(two)) == []


async def _requests(two: TwoOwners) -> list[Any]:
    async with two.database.reading() as session:
        sites = await asked_sites(session, ADMIN)
    return [next(one.request for one in sites if one.request.url == SITE_URL)]
