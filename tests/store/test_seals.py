"""Secrets of requests lie encrypted in the database, under keys that may change."""

from __future__ import annotations

import asyncio
import base64
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError, SealedError
from daemon.model.page import Page as PageValue
from daemon.model.request import Request
from daemon.model.site import SiteSpec
from daemon.model.status import ErrorClass
from daemon.packing import content_hash
from daemon.store.catalogue import reconcile
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.plan import Synced
from daemon.store.catalogue.products import ProductSpec
from daemon.store.catalogue.reconcile import DesiredState
from daemon.store.catalogue.seals import Seals, forget_closed, renew_seals
from daemon.store.catalogue.sites import add_sites
from daemon.store.catalogue.specs import asked_of_pages, asked_sites
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.core.requests import columns_of_cookies
from daemon.store.retention import space
from daemon.store.sealing.key_file import KeyFile, _is_in_memory
from daemon.store.sealing.keyring import NO_KEYS, Keyring, Sealed
from daemon.store.tables import Page, Product
from tests.loopback import SETTINGS
from tests.making import (
    ADMIN,
    OWNER,
    PAST,
    all_tables,
    begin_run,
    claim,
    spec,
    sync_products,
    sync_sites,
)

URL = "https://site.example/blog"
SECRETS = ("hunter2-header", "hunter2-cookie", "hunter2-body")
SECRET = Request(
    URL,
    "POST",
    {"Authorization": SECRETS[0], "Cookie": f"a={SECRETS[1]}", "Accept": "text/plain"},
    body=f"<q>{SECRETS[2]}</q>",
)
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture(autouse=True)
async def owner(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [OWNER])


async def sync(database: Database, *specs: SiteSpec) -> None:
    async with database.writing() as session:
        await sync_sites(session, specs, PAST)


async def retime(*_: Any) -> int:
    return 0


async def sync_all(database: Database, *specs: SiteSpec) -> Synced:
    """Synchronise as the daemon does."""
    return await reconcile.sync(DesiredState([OWNER], specs), database, PAST, retime)


async def renewed(database: Database) -> Seals:
    async with database.writing() as session:
        return await renew_seals(session)


async def dump(database: Database) -> str:
    """All rows of all tables, as any program would read them."""
    found: list[Any] = []
    async with database.reading() as session:
        for table in all_tables():
            found += await session.execute(text(f"SELECT * FROM {table.name}"))
    return str(found)


async def claimed(database: Database) -> list[PageValue]:
    return await claim(database, await begin_run(database))


async def test_no_secret_of_a_request_is_in_a_dump(database: Database) -> None:
    product = ProductSpec(
        "Lamp", replace(SECRET, url=f"{URL}/lamp"), "site.example:443", "local", "daily"
    )
    await sync(database, spec(request=SECRET))
    async with database.writing() as session:
        await sync_products(session, [product], PAST)
    dumped = await dump(database)
    assert "text/plain" in dumped
    for secret in SECRETS:
        assert secret not in dumped
        assert base64.b64encode(secret.encode()).decode() not in dumped
    pages = sorted(await claimed(database), key=lambda page: page.request.url)
    assert [page.request for page in pages] == [SECRET, product.request]


async def test_pages_are_shared_by_their_secrets_though_none_is_told(database: Database) -> None:
    other = replace(SECRET, body="<q>another</q>")
    await sync(
        database, spec("a", request=SECRET), spec("b", request=SECRET), spec("c", request=other)
    )
    async with database.reading() as session:
        keys = [*await session.scalars(select(Page.request_key).order_by(Page.request_key))]
        found = await asked_of_pages(session, ADMIN, [SECRET])
    assert [one.name for one in found] == ["a", "b"]
    assert len(keys) == 2
    hashes = [content_hash(msgspec.json.encode(one.identity)) for one in (SECRET, other)]
    assert not set(keys) & set(hashes)


async def test_what_is_no_secret_needs_no_key(database: Database, engine: AsyncEngine) -> None:
    plain = Request(URL, headers={"Accept-Language": "de"})
    keyless = Database(engine)
    await sync_all(keyless, spec(request=plain))
    assert [page.request for page in await claimed(keyless)] == [plain]


async def lie_in_plain(database: Database) -> None:
    """Put the request as versions before did."""
    async with database.writing() as session:
        await session.execute(
            update(Page).values(
                headers=dict(SECRET.headers),
                request_body=SECRET.body,
                sealed=None,
                sealed_by=None,
                request_key=content_hash(msgspec.json.encode(SECRET.identity)),
            )
        )


async def test_what_lay_in_plain_is_encrypted_and_stays_the_same_page(database: Database) -> None:
    await sync_all(database, spec(request=SECRET))
    async with database.reading() as session:
        before = (await session.execute(select(Page.id, Page.request_key))).one()
    await lie_in_plain(database)
    assert SECRETS[0] in await dump(database)
    assert await sync_all(database, spec(request=SECRET)) == Synced()
    async with database.reading() as session:
        assert (await session.execute(select(Page.id, Page.request_key))).one() == before
    dumped = await dump(database)
    assert not any(secret in dumped for secret in SECRETS)


async def test_a_vacuum_leaves_nothing_of_what_lay_in_plain(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(open_engine(sqlite_url), Keyring([NEW]))
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
    await sync_all(database, spec(request=SECRET))
    await lie_in_plain(database)
    await sync_all(database, spec(request=SECRET))
    await space.vacuum(database)
    path = database.path
    await database.close()
    assert path is not None
    written = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    assert not any(secret.encode() in written for secret in SECRETS)


async def test_the_newest_key_takes_over_and_the_old_one_may_go(engine: AsyncEngine) -> None:
    await sync_all(Database(engine, Keyring([OLD])), spec(request=SECRET))
    both = Database(engine, Keyring([NEW, OLD]))
    assert await sync_all(both, spec(request=SECRET)) == Synced()
    assert await renewed(both) == Seals()
    fresh = Database(engine, Keyring([NEW]))
    assert [page.request for page in await claimed(fresh)] == [SECRET]
    assert await sync_all(fresh, spec(request=SECRET)) == Synced()


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/plain"}, {"X-Key": "hunter2"}])
async def test_cookies_move_to_the_newest_key_too(
    engine: AsyncEngine, headers: dict[str, str]
) -> None:
    request, old = Request(URL, headers=headers, keep_cookies=True), Keyring([OLD])
    await sync_all(Database(engine, old), spec(request=request))
    both = Database(engine, Keyring([NEW, OLD]))
    async with both.writing() as session:
        values = columns_of_cookies("hunter2", URL, old)
        await session.execute(update(Page).values(**values))
    assert (await renewed(both)).renewed == 1
    assert await renewed(both) == Seals()
    [page] = await claimed(Database(engine, Keyring([NEW])))
    assert (page.request, page.cookies) == (request, "hunter2")


@pytest.mark.parametrize("keyring", [Keyring([NEW]), NO_KEYS])
async def test_without_its_key_a_request_is_not_made_and_stays(
    engine: AsyncEngine, keyring: Keyring
) -> None:
    await sync_all(Database(engine, Keyring([OLD])), spec("a", request=SECRET), spec("b"))
    without = Database(engine, keyring)
    assert await sync_all(without, spec("a", request=SECRET), spec("b")) == Synced()
    pages = {page.names[0]: page.request for page in await claimed(without)}
    assert pages["b"].sealed == ""
    assert Keyring([OLD]).ids[0] in pages["a"].sealed
    assert (dict(pages["a"].headers), pages["a"].body) == ({"Accept": "text/plain"}, "")
    async with Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(pages["a"])
    assert caught.value.error_class is ErrorClass.SEALED
    again = Database(engine, Keyring([OLD]))
    async with again.reading() as session:
        [known, _] = await asked_sites(session, ADMIN)
    assert known.request == SECRET


async def test_products_stay_too(engine: AsyncEngine) -> None:
    lamp = ProductSpec("Lamp", SECRET, "site.example:443", "local", "daily")
    wanted = DesiredState([OWNER], products=[lamp])
    for keyring in (Keyring([OLD]), Keyring([NEW]), Keyring([OLD])):
        await reconcile.sync(wanted, Database(engine, keyring), PAST, retime)
    async with Database(engine).reading() as session:
        assert await session.scalar(select(func.count()).select_from(Product)) == 1


async def test_no_key_is_made_beside_secrets_of_another(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await sync_all(Database(engine, Keyring([OLD])), spec("a", request=SECRET))
    file = tmp_path / "key"
    lost = Database(engine, Keyring(file=KeyFile(file)))
    another = replace(SECRET, url=f"{URL}/2")
    with pytest.raises(SealedError, match="encryption_key"):
        await sync_all(lost, spec("a", request=SECRET), spec("b", request=another))
    assert not file.exists()


async def test_a_key_is_made_once_for_its_owner_alone(engine: AsyncEngine, tmp_path: Path) -> None:
    file = tmp_path / "key"
    first = Database(engine, Keyring(file=KeyFile(file)))
    await sync_all(first, spec("plain"))
    assert not file.exists()
    await sync_all(first, spec(request=SECRET))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    made = file.read_bytes()
    KeyFile(file).make()
    assert file.read_bytes() == made
    second = Database(engine, Keyring(file=KeyFile(file)))
    assert [page.request for page in await claimed(second)] == [SECRET]
    assert [*tmp_path.glob("*key*")] == [file]  # noqa: ASYNC240 - a test


@pytest.mark.skipif(not Path("/dev/shm").is_mount(), reason="needs a file system in memory")
def test_no_key_is_made_where_it_would_not_last() -> None:
    file = Path("/dev/shm/changelogger-test.key")
    with pytest.raises(SealedError, match="would be lost with the memory"):
        KeyFile(file, must_last=True).make()
    assert not file.exists()


def test_a_key_is_made_on_a_disk(tmp_path: Path) -> None:
    if _is_in_memory(tmp_path / "key"):
        pytest.skip("the folder for tests lies in memory")
    KeyFile(tmp_path / "key", must_last=True).make()
    assert len(KeyFile(tmp_path / "key").read() or b"") == 32


async def test_two_at_once_do_not_make_a_key_each(engine: AsyncEngine, tmp_path: Path) -> None:
    files = [tmp_path / "one", tmp_path / "two"]
    refused: list[SealedError] = []

    async def add(file: Path) -> None:
        database = Database(engine, Keyring(file=KeyFile(file)))
        request = replace(SECRET, url=f"{URL}/{file.name}")
        try:
            async with database.writing() as session:
                await add_sites(session, [spec(file.name, request=request)], PAST)
        except SealedError as exc:
            refused.append(exc)

    async with asyncio.TaskGroup() as group:
        for file in files:
            group.create_task(add(file))
    assert len(refused) == 1
    assert sum(file.exists() for file in files) == 1


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "holds no key"), (b"c2hvcnQ=", "holds no key"), (None, "cannot be")]
)
def test_a_key_file_that_is_none_is_said(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "key"
    file.mkdir() if content is None else file.write_bytes(content)
    with pytest.raises(SealedError, match=said):
        _ = Keyring(file=KeyFile(file)).ids


async def test_secrets_do_not_open_for_another_address(database: Database) -> None:
    await sync_all(database, spec(request=SECRET))
    async with database.writing() as session:
        await session.execute(update(Page).values(url="https://evil.example/"))
    [page] = await claimed(database)
    assert (page.request.url, page.request.body) == ("https://evil.example/", "")
    assert "was changed" in page.request.sealed


async def test_secrets_without_a_key_can_be_forgotten(engine: AsyncEngine) -> None:
    await sync_all(Database(engine, Keyring([OLD])), spec("a", request=SECRET), spec("b"))
    fresh = Database(engine, Keyring([NEW]))
    async with fresh.writing() as session:
        assert await forget_closed(session) == ["a"]
    assert (await sync_all(fresh, spec("a", request=SECRET), spec("b"))).changed == ("a",)
    assert SECRET in [page.request for page in await claimed(fresh)]


def test_a_sealed_text_opens_with_any_of_its_keys() -> None:
    sealed = Keyring([OLD]).seal("hunter2", "page")
    assert Keyring([NEW, OLD]).unseal(sealed, "page") == "hunter2"
    assert Keyring([OLD]).seal("hunter2", "page") != sealed
    for keyring, about, text_ in (
        (Keyring([NEW]), "page", sealed.text),
        (Keyring([OLD]), "other", sealed.text),
        (Keyring([OLD]), "page", sealed.text[:-8]),
        (Keyring([OLD]), "page", "?"),
    ):
        with pytest.raises(SealedError):
            keyring.unseal(Sealed(sealed.key_id, text_), about)
