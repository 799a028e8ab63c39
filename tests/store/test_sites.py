"""Sites of the configuration and of the command line, made so in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.errors import ConfigError
from daemon.model.request import Request, Timing, Tls
from daemon.model.site import Owner, Rules, SiteSpec
from daemon.store.catalogue import owned, sites
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.plan import Synced
from daemon.store.core.database import Database
from daemon.store.tables import ContentUpdate, MonitoredSite, Page, Product, User
from daemon.store.tables.ids import new_id
from tests.making import ADMIN, OWNER, PAST, Statements, begin_run, claim, spec, sync_sites

URL = "https://site.example/blog"
LATER = PAST + timedelta(hours=1)
RULES = Rules(include=("main", "//article"), ignore=(r"\d+",), sort_lines=True)


@pytest.fixture(autouse=True)
async def owner(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [OWNER])


async def sync(database: Database, *specs: SiteSpec, now: datetime = PAST) -> Synced:
    async with database.writing() as session:
        return await sync_sites(session, specs, now)


async def site_rows(database: Database) -> list[Row[Any]]:
    async with database.reading() as session:
        table = MonitoredSite.__table__
        return list(await session.execute(select(table).order_by(MonitoredSite.name)))


async def page_rows(database: Database) -> list[Row[Any]]:
    async with database.reading() as session:
        return list(await session.execute(select(Page.__table__).order_by(Page.url)))


async def set_all(database: Database, model: Any, **values: Any) -> None:
    async with database.writing() as session:
        await session.execute(update(model).values(**values))


async def test_only_sites_whose_requests_are_equal_share_a_page(database: Database) -> None:
    def asked(**more: Any) -> Request:
        return Request(URL, **{"method": "POST", "body": "q=1", **more})

    tls = Tls(ca_file="a.pem", verify=False)
    different = [
        asked(),
        asked(tls=tls),
        asked(tls=Tls(verify=False)),
        asked(timeout_seconds=5),
        asked(charset="cp1252"),
        asked(body="q=2"),
        asked(method="PUT"),
        asked(headers={"cookie": "a=1"}),
    ]
    different += [asked(proxy="office"), asked(proxy="none")]
    specs = [spec(str(number), request=one) for number, one in enumerate(different)]
    await sync(database, *specs, spec("same", request=asked()))
    rows = await site_rows(database)
    assert len({row.page_id for row in rows}) == len(different)
    assert rows[0].page_id == rows[-1].page_id
    pages = await claim(database, await begin_run(database))
    assert [page.request for page in pages if page.request.method == "PUT"] == [asked(method="PUT")]
    assert [page.request for page in pages if page.request.tls == tls] == [asked(tls=tls)]
    assert [page.request for page in pages if page.request.charset] == [asked(charset="cp1252")]
    assert [page.request for page in pages if page.request.headers] == [
        asked(headers={"cookie": "a=1"})
    ]
    assert {page.request.proxy for page in pages} == {"", "office", "none"}


# Added, changed, removed


async def test_a_new_site_has_a_page_that_is_due(database: Database) -> None:
    assert await sync(database, spec()) == Synced(added=("Blog",))
    [site], [page] = await site_rows(database), await page_rows(database)
    assert (site.name, site.url, site.owner_id) == ("Blog", URL, "local")
    assert (site.is_active, site.managed_by, site.page_id) == (True, "config", page.id)
    assert (page.url, page.host, page.next_check_at) == (URL, "site.example:443", PAST)
    assert (page.is_active, page.check_frequency) == (True, "daily")


async def test_what_is_as_it_should_be_is_not_touched(
    database: Database, engine: AsyncEngine
) -> None:
    specs = [
        spec("plain"),
        spec("ruled", rules=RULES),
        spec("cron", check_frequency="0 9 * * mon-fri", time_zone="Europe/Berlin"),
        spec("asked", request=Request(URL, headers={"cookie": "a=b", "accept": "*/*"})),
        spec("sent", request=Request(URL, "PUT", {"content-type": "a/b"}, body="<a>\u2603</a>")),
        spec("paused", is_active=False, site_type="news"),
    ]
    await sync(database, *specs)
    with Statements(engine) as statements:
        assert await sync(database, *specs, now=LATER) == Synced()
    assert not [s for s in statements.sent if s.startswith(("UPDATE", "INSERT", "DELETE"))]


CHANGES: list[dict[str, Any]] = [
    {"rules": RULES},
    {"check_frequency": "15m"},
    {"site_type": "news"},
    {"is_active": False},
    {"check_frequency": "0 9 * * *", "time_zone": "Europe/Berlin"},
    {"hours": "08:00-18:00"},
    {"days": "mon-fri", "time_zone": "Europe/Berlin"},
    {"request": Request(URL, headers={"accept": "text/plain"})},
    {"request": Request("https://site.example/news")},
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_changed_site_is_changed_in_place(
    database: Database, change: dict[str, Any]
) -> None:
    await sync(database, spec())
    [before] = await site_rows(database)
    assert await sync(database, spec(**change), now=LATER) == Synced(changed=("Blog",))
    assert await sync(database, spec(**change), now=LATER) == Synced()
    [after] = await site_rows(database)
    assert (after.id, after.created_at) == (before.id, before.created_at)


async def test_a_removed_site_is_kept_with_its_history(database: Database) -> None:
    await sync(database, spec())
    [site] = await site_rows(database)
    async with database.writing() as session:
        session.add(ContentUpdate(site_id=site.id, detected_at=PAST))
    assert await sync(database, now=LATER) == Synced(removed=("Blog",))
    [site] = await site_rows(database)
    assert site.deleted_at == LATER
    async with database.reading() as session:
        assert await session.scalar(select(func.count()).select_from(ContentUpdate)) == 1


async def test_a_page_that_nobody_wants_any_more_rests(database: Database) -> None:
    await sync(database, spec())
    await sync(database, now=LATER)
    [page] = await page_rows(database)
    assert not page.is_active


async def test_a_site_that_comes_back_has_its_history_again(database: Database) -> None:
    await sync(database, spec())
    [before] = await site_rows(database)
    await set_all(database, MonitoredSite, text_hash="a" * 32, read_with="plain:html/1")
    await sync(database)
    assert await sync(database, spec(rules=RULES), now=LATER) == Synced(added=("Blog",))
    [after], [page] = await site_rows(database), await page_rows(database)
    assert (after.id, after.deleted_at, after.text_hash) == (before.id, None, "a" * 32)
    assert after.rules["include"] == ["main", "//article"]
    assert (page.is_active, page.next_check_at) == (True, LATER)


async def test_a_site_that_comes_back_tells_of_no_outage_from_before(database: Database) -> None:
    await sync(database, spec())
    outage = {"failure_streak": 7, "failing_since": PAST, "alerted": {"mail": PAST.isoformat()}}
    await set_all(database, MonitoredSite, **outage)
    await sync(database)
    await sync(database, spec(), now=LATER)
    [site] = await site_rows(database)
    assert (site.failure_streak, site.failing_since, site.alerted) == (0, None, {})


async def test_of_several_removed_sites_the_last_comes_back(database: Database) -> None:
    ids = []
    for hours in range(3):
        async with database.writing() as session:
            await sites.add_sites(session, [spec(url=f"{URL}/{hours}")], PAST)
            [row] = await session.execute(
                select(MonitoredSite.id).where(MonitoredSite.deleted_at.is_(None))
            )
            await owned.retire(session, ADMIN, "site", [row.id], PAST + timedelta(hours=hours))
            ids.append(row.id)
    await sync(database, spec(url=f"{URL}/1"))
    live = [site.id for site in await site_rows(database) if site.deleted_at is None]
    assert live == [ids[1]]


async def test_a_name_that_comes_back_with_another_url_is_another_site(
    database: Database,
) -> None:
    await sync(database, spec())
    await sync(database)
    await sync(database, spec(url="https://other.example/"))
    assert len(await site_rows(database)) == 2


async def test_a_site_of_the_command_line_is_not_removed(database: Database) -> None:
    async with database.writing() as session:
        await sites.add_sites(session, [spec("by hand")], PAST)
    assert await sync(database, spec()) == Synced(added=("Blog",))
    assert [site.managed_by for site in await site_rows(database)] == ["config", "cli"]


async def test_a_site_of_the_command_line_is_taken_over_by_its_name(database: Database) -> None:
    async with database.writing() as session:
        await sites.add_sites(session, [spec()], PAST)
    [before] = await site_rows(database)
    assert await sync(database, spec(rules=RULES)) == Synced(changed=("Blog",))
    [after] = await site_rows(database)
    assert (after.id, after.managed_by) == (before.id, "config")


async def test_owners_may_use_the_same_name(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [Owner("ada", "ada@example.org")])
    await sync(database, spec(), spec(owner_id="ada"))
    assert await sync(database, spec()) == Synced(removed=("Blog",))
    owners = {site.owner_id: site.deleted_at for site in await site_rows(database)}
    assert owners == {"local": None, "ada": PAST}


# Pages


async def test_equal_requests_are_one_page_at_the_shortest_frequency(database: Database) -> None:
    await sync(
        database,
        spec("a", check_frequency="weekly"),
        spec("b", check_frequency="15m"),
        spec("c", check_frequency="0 9 * * *", time_zone="Europe/Berlin"),
    )
    [page] = await page_rows(database)
    assert (page.check_frequency, page.time_zone) == ("15m", None)


async def test_a_page_keeps_the_zone_of_its_cron_line(database: Database) -> None:
    cron = {"check_frequency": "0 9 * * *", "time_zone": "Europe/Berlin"}
    await sync(database, spec("a", check_frequency="weekly"), spec("b", **cron))
    [page] = await page_rows(database)
    assert (page.check_frequency, page.time_zone) == ("0 9 * * *", "Europe/Berlin")


async def test_when_the_hastiest_goes_the_page_slows_down(database: Database) -> None:
    slow, quick = spec("a", check_frequency="weekly"), spec("b", check_frequency="15m")
    await sync(database, slow, quick)
    await sync(database, slow, spec("b", check_frequency="15m", is_active=False))
    [page] = await page_rows(database)
    assert page.check_frequency == "weekly"


async def test_a_product_keeps_a_page_awake(database: Database) -> None:
    await sync(database, spec())
    [page] = await page_rows(database)
    async with database.writing() as session:
        session.add(Product(name="Lamp", url=URL, page_id=page.id, check_frequency="6h"))
    await sync(database)
    [page] = await page_rows(database)
    assert (page.is_active, page.check_frequency) == (True, "6h")


async def test_another_frequency_is_due_at_once(database: Database) -> None:
    await sync(database, spec())
    await set_all(database, Page, next_check_at=PAST + timedelta(days=9))
    await sync(database, spec(check_frequency="hourly"), now=LATER)
    [page] = await page_rows(database)
    assert page.next_check_at == LATER


async def test_other_hours_of_any_owner_make_a_page_due(database: Database) -> None:
    await sync(database, spec("a", check_frequency="15m"), spec("b"))
    await set_all(database, Page, next_check_at=PAST + timedelta(days=9))
    await sync(database, spec("a", check_frequency="15m"), spec("b", days="mon"), now=LATER)
    [page] = await page_rows(database)
    assert page.next_check_at == LATER
    await set_all(database, Page, next_check_at=PAST + timedelta(days=9))
    await sync(database, spec("a", check_frequency="15m"), spec("b", days="mon"), now=LATER)
    [page] = await page_rows(database)
    assert page.next_check_at == PAST + timedelta(days=9)


async def test_the_time_zone_of_a_plain_interval_makes_no_page_due(database: Database) -> None:
    plain = {"check_frequency": "6h", "time_zone": "UTC"}
    await sync(database, spec("a", **plain))
    await set_all(database, Page, next_check_at=PAST + timedelta(days=9))
    await sync(database, spec("a", **(plain | {"time_zone": "Asia/Tokyo"})), now=LATER)
    [page] = await page_rows(database)
    assert page.next_check_at == PAST + timedelta(days=9)


async def test_a_new_site_is_due_when_its_hours_begin(database: Database) -> None:
    # 1 January 2026 is a Thursday, and PAST is at noon.
    await sync(database, spec("a", hours="18:00-20:00"), spec("b", f"{URL}/b", days="sat"))
    due = [page.next_check_at for page in await page_rows(database)]
    assert due == [PAST.replace(hour=18), datetime(2026, 1, 3, tzinfo=UTC)]
    await sync(database, spec("a", hours="18:00-20:00"), spec("c", hours="13:00-14:00"))
    assert PAST.replace(hour=13) in [page.next_check_at for page in await page_rows(database)]


async def test_a_claimed_page_knows_when_each_owner_wants_it(database: Database) -> None:
    nine = {"check_frequency": "0 9 * * *"}
    night = {"check_frequency": "1h", "hours": "22:00-06:00"}
    await sync(database, spec("a", **nine), spec("b", **night), spec("c", **night))
    async with database.writing() as session:
        await session.execute(update(Page).values(next_check_at=PAST))
    [page] = await claim(database, await begin_run(database))
    assert set(page.timings) == {Timing("0 9 * * *"), Timing("1h", None, "22:00-06:00")}


async def test_a_new_site_on_a_known_page_need_not_wait(database: Database) -> None:
    await sync(database, spec("a"))
    await set_all(database, Page, next_check_at=PAST + timedelta(days=9))
    await sync(database, spec("a"), spec("b"), now=LATER)
    [page] = await page_rows(database)
    assert page.next_check_at == LATER


async def test_a_site_that_moves_to_a_known_page_need_not_wait(database: Database) -> None:
    await sync(database, spec("a", URL), spec("b", f"{URL}/b"))
    await set_all(database, Page, next_check_at=PAST + timedelta(days=9))
    await sync(database, spec("a", URL), spec("b", URL), now=LATER)
    page, rests = await page_rows(database)
    assert page.next_check_at == LATER
    assert not rests.is_active


@pytest.mark.parametrize("change", [{"rules": RULES}, {"site_type": "news"}, {"is_active": False}])
async def test_what_does_not_touch_the_schedule_leaves_the_due_time(
    database: Database, change: dict[str, Any]
) -> None:
    due = PAST + timedelta(days=9)
    await sync(database, spec("a"), spec("b"))
    await set_all(database, Page, next_check_at=due)
    await sync(database, spec("a"), spec("b", **change), now=LATER)
    [page] = await page_rows(database)
    assert page.next_check_at == due


@pytest.mark.parametrize(
    "request_",
    [
        Request(f"{URL}/new"),
        Request(URL, headers={"accept-language": "de"}),
        Request(URL, method="POST"),
        Request(URL, renderer="browser"),
    ],
)
async def test_another_request_is_another_page_and_another_baseline(
    database: Database, request_: Request
) -> None:
    await sync(database, spec())
    known = {"text_hash": "a" * 32, "read_with": "plain:html/1", "error_class": "selector"}
    await set_all(database, MonitoredSite, **known)
    await sync(database, spec(request=request_))
    assert len(await page_rows(database)) == 2
    [site] = await site_rows(database)
    assert (site.text_hash, site.read_with, site.error_class) == (None, None, None)


async def test_other_rules_keep_the_known_state(database: Database) -> None:
    await sync(database, spec())
    await set_all(database, MonitoredSite, text_hash="a" * 32)
    await sync(database, spec(rules=RULES))
    [site] = await site_rows(database)
    assert site.text_hash == "a" * 32


async def test_the_order_of_headers_makes_no_other_page(database: Database) -> None:
    one = Request(URL, headers={"a": "1", "b": "2"})
    other = Request(URL, headers={"b": "2", "a": "1"})
    await sync(database, spec("a", request=one), spec("b", request=other))
    assert len(await page_rows(database)) == 1


async def test_a_url_may_be_longer_than_an_index_entry(database: Database) -> None:
    await sync(database, spec(url="https://a.example/?" + "".join(map(str, range(5000)))))
    assert len(await page_rows(database)) == 1


# Owners, pausing, removing


async def test_owners_are_added_and_changed(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [Owner("ada", "ada@example.org", "ada"), OWNER])
        await sync_owners(session, [Owner("ada", "ada@example.com", None)])
    async with database.reading() as session:
        rows = await session.execute(select(User.id, User.email, User.username).order_by(User.id))
        assert [tuple(row) for row in rows] == [
            ("ada", "ada@example.com", None),
            ("local", "local@localhost", "local"),
        ]


async def test_owners_may_swap_their_addresses(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [Owner("a", "1@x.org", "1"), Owner("b", "2@x.org", "2")])
    async with database.writing() as session:
        await sync_owners(session, [Owner("a", "2@x.org", "2"), Owner("b", "1@x.org", "1")])
    async with database.reading() as session:
        emails = await session.execute(select(User.id, User.email).where(User.id.in_(["a", "b"])))
        assert {row.id: row.email for row in emails} == {"a": "2@x.org", "b": "1@x.org"}


async def test_an_owner_cannot_take_the_address_of_another(database: Database) -> None:
    with pytest.raises(ConfigError) as caught:
        async with database.writing() as session:
            await sync_owners(session, [Owner("ada", OWNER.email)])
    [fault] = caught.value.faults
    assert fault.key_path == "owner[0].email"
    assert fault.problem == '"local@localhost" is the email of another user in the database'
    assert "local" not in fault.hint


async def test_a_paused_site_lets_its_page_rest_and_a_resumed_one_is_due(
    database: Database,
) -> None:
    await sync(database, spec())
    [site] = await site_rows(database)
    async with database.writing() as session:
        await owned.set_active(session, ADMIN, "site", [site.id], PAST, active=False)
    [page] = await page_rows(database)
    assert not page.is_active
    async with database.writing() as session:
        await owned.set_active(session, ADMIN, "site", [site.id], LATER, active=True)
    [page] = await page_rows(database)
    assert (page.is_active, page.next_check_at) == (True, LATER)


async def test_retired_sites_are_soft_deleted(database: Database) -> None:
    await sync(database, spec("a"), spec("b", "https://b.example/"))
    one, _ = await site_rows(database)
    async with database.writing() as session:
        await owned.retire(session, ADMIN, "site", [one.id, new_id()], LATER)
    assert [site.deleted_at for site in await site_rows(database)] == [LATER, None]
    assert [page.is_active for page in await page_rows(database)] == [True, False]


async def test_there_may_be_nothing_to_do(database: Database) -> None:
    nothing: list[UUID] = []
    async with database.writing() as session:
        await owned.retire(session, ADMIN, "site", nothing, PAST)
        await owned.set_active(session, ADMIN, "site", nothing, PAST, active=True)
        await sites.add_sites(session, [], PAST)
    assert await sync(database) == Synced()


# Many


async def test_many_sites_take_few_statements(database: Database, engine: AsyncEngine) -> None:
    count = 5_001  # more than one chunk
    specs = [spec(f"site {i}", f"https://a.example/{i}") for i in range(count)]
    with Statements(engine) as statements:
        await sync(database, *specs)
        await sync(database, *specs)
        await sync(database)
        await sync(database, *specs, now=datetime.now(UTC))
    assert len(statements.sent) < 120  # a loop over chunks, none over rows
    assert len(await page_rows(database)) == len(await site_rows(database)) == count
