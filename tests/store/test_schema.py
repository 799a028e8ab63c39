"""The schema in real databases: names, types, defaults, constraints, cascades and relationships."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Inspector, Text, Uuid, delete, func, inspect, select, text, update
from sqlalchemy.exc import IntegrityError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.pool import QueuePool

from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.tables import (
    AnalysisResult,
    Base,
    ContentUpdate,
    MonitoredSite,
    Notice,
    PriceAlert,
    PriceCheck,
    Product,
    User,
)
from daemon.store.tables.ids import new_id
from tests.making import PAST, Statements, add_one_of_each, all_tables, count

COLUMNS = {
    "users": "id email username preferences",
    "monitored_sites": "id name url site_type is_active check_frequency owner_id deleted_at",
    "content_updates": """id site_id title detected_at change_type is_significant confidence_score
        summary raw_content processed_content analysis_status""",
    "analysis_results": "id content_update_id analyser",
    "products": "product_id name url category target_price is_active created_at updated_at",
    "price_checks": "price_check_id product_id price currency availability scraped_at raw_html",
    "price_alerts": "alert_id price_check_id alert_type sent_at",
    "pages": "id request_key next_check_at leased_until lease_token etag last_modified",
    "hosts": "host paused_until crawl_delay_seconds",
    "snapshots": "id site_id text_hash source_hash first_seen_at last_seen_at",
    "attempts": "id page_id started_at verdict status error_class error_detail final_url",
    "notices": "id idempotency_key user_id channel status tries next_attempt_at",
}
INDEXES = {
    "idx_update_site_detected": (
        "content_updates",
        ["site_id", "detected_at", "id", "change_type"],
    ),
    "idx_site_owner_active": ("monitored_sites", ["owner_id", "is_active"]),
    "idx_site_type_frequency": ("monitored_sites", ["site_type", "check_frequency"]),
    "ix_monitored_sites_name": ("monitored_sites", ["name"]),
    "ix_monitored_sites_site_type": ("monitored_sites", ["site_type"]),
    "ix_users_email": ("users", ["email"]),
    "ix_users_username": ("users", ["username"]),
    "idx_price_check_product_scraped": ("price_checks", ["product_id", "scraped_at"]),
    "ix_products_category": ("products", ["category"]),
    "ix_pages_due": ("pages", ["next_check_at", "id"]),
    "ix_notices_due": ("notices", ["next_attempt_at"]),
}
CHECKS = {
    "content_updates": {"change_type_valid", "analysis_status_valid"},
    "price_checks": {"availability_valid", "ck_price_checks_price"},
    "price_alerts": {"alert_type_valid"},
    "attempts": {"verdict_valid", "error_class_valid"},
    "notices": {"notice_status_valid"},
    "runs": {"run_kind_valid"},
}
NULLABLE = {
    ("users", "username"): True,
    ("users", "email"): False,
    ("monitored_sites", "name"): False,
    ("monitored_sites", "url"): False,
    ("monitored_sites", "site_type"): True,
    ("monitored_sites", "is_active"): False,
    ("monitored_sites", "owner_id"): False,
    ("monitored_sites", "deleted_at"): True,
    ("content_updates", "site_id"): False,
    ("content_updates", "title"): True,
    ("content_updates", "detected_at"): False,
    ("content_updates", "change_type"): False,
    ("content_updates", "is_significant"): False,
    ("content_updates", "confidence_score"): True,
}
LENGTHS = {
    ("users", "id"): 255,
    ("users", "email"): 255,
    ("monitored_sites", "name"): 255,
    ("monitored_sites", "site_type"): 255,
    ("monitored_sites", "check_frequency"): 255,
    ("content_updates", "title"): 500,
    ("content_updates", "change_type"): 20,
    ("content_updates", "analysis_status"): 20,
}
NATIVE = {
    ("monitored_sites", "id"): "uuid",
    ("content_updates", "site_id"): "uuid",
    ("products", "product_id"): "uuid",
    ("price_alerts", "alert_id"): "uuid",
    ("users", "id"): "character varying",
    ("users", "preferences"): "jsonb",
    ("content_updates", "processed_content"): "jsonb",
    ("monitored_sites", "rules"): "jsonb",
    ("content_updates", "detected_at"): "timestamp with time zone",
    ("pages", "next_check_at"): "timestamp with time zone",
    ("price_checks", "price"): "numeric",
    ("products", "target_price"): "numeric",
    ("pages", "is_active"): "boolean",
    ("contents", "data"): "bytea",
    ("pages", "lease_token"): "bigint",
}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    database = Database(open_engine(url))
    try:
        yield database
    finally:
        await database.close()


async def inspected(engine: AsyncEngine, look: Callable[[Inspector], Any]) -> Any:
    async with engine.connect() as connection:
        return await connection.run_sync(lambda c: look(inspect(c)))


async def described(engine: AsyncEngine, table: str) -> dict[str, Any]:
    found = await inspected(engine, lambda i: i.get_columns(table))
    return {column["name"]: column for column in found}


async def add(database: Database, *rows: Base) -> None:
    async with database.writing() as session:
        session.add_all(rows)


def user(name: str = "ada") -> User:
    return User(id=f"github|{name}", email=f"{name}@example.org", username=name)


def site(owner: User, name: str = "Tech Blog", **more: Any) -> MonitoredSite:
    fields = {"url": "https://example.com/blog", "owner_id": owner.id}
    return MonitoredSite(id=new_id(), name=name, **(fields | more))


# Names, types and defaults


@pytest.mark.parametrize("table", COLUMNS)
async def test_a_table_has_its_columns(engine: AsyncEngine, table: str) -> None:
    assert set(COLUMNS[table].split()) <= (await described(engine, table)).keys()


@pytest.mark.parametrize("name", INDEXES)
async def test_an_index_has_its_columns_in_order(engine: AsyncEngine, name: str) -> None:
    table, columns = INDEXES[name]
    found = await inspected(engine, lambda i: i.get_indexes(table))
    assert {index["name"]: index["column_names"] for index in found}[name] == columns


@pytest.mark.parametrize("table", CHECKS)
async def test_a_table_has_its_checks(engine: AsyncEngine, table: str) -> None:
    found = await inspected(engine, lambda i: i.get_check_constraints(table))
    assert CHECKS[table] <= {check["name"] for check in found}


async def test_what_may_be_missing_is_nullable_and_nothing_else(engine: AsyncEngine) -> None:
    found = {
        (table, name): column["nullable"]
        for table in {table for table, _ in NULLABLE}
        for name, column in (await described(engine, table)).items()
    }
    assert {key: found[key] for key in NULLABLE} == NULLABLE


async def test_strings_are_as_long_as_asked_for(engine: AsyncEngine) -> None:
    found = {
        (table, name): getattr(column["type"], "length", None)
        for table in {table for table, _ in LENGTHS}
        for name, column in (await described(engine, table)).items()
    }
    assert {key: found[key] for key in LENGTHS} == LENGTHS


async def test_urls_and_texts_have_no_length(engine: AsyncEngine) -> None:
    texts = [("monitored_sites", "url"), ("products", "url"), ("content_updates", "summary")]
    found = [(await described(engine, table))[name]["type"] for table, name in texts]
    assert all(isinstance(kind, Text) and kind.length is None for kind in found)


@pytest.mark.parametrize("table", all_tables(), ids=str)
def test_every_row_has_an_id_that_no_other_server_gives(table: Any) -> None:
    # Known by what the world calls them, or by the hash of a secret that only a browser has; or
    # there is one row alone.
    named = {"users", "hosts", "host_shards", "contents", "model_spend", "identities", "passwords"}
    named |= {"web_sessions", "login_flows", "login_links", "login_failures", "signing_keys"}
    named |= {"counted_attempts"}
    assert (table.name in named) != isinstance(table.primary_key.columns[0].type, Uuid)


@pytest.mark.parametrize("table", all_tables(), ids=str)
def test_every_reference_is_indexed(table: Any) -> None:
    led = {index.columns[0].name for index in table.indexes}
    led |= {c.columns[0].name for c in table.constraints if getattr(c, "columns", None) is not None
            and c.__visit_name__ in ("unique_constraint", "primary_key_constraint")}  # fmt: skip
    assert {key.parent.name for key in table.foreign_keys} <= led


async def test_defaults_are_those_of_a_new_interest(database: Database) -> None:
    ada = user()
    new = site(ada)
    change = ContentUpdate(site_id=new.id, detected_at=PAST)
    await add(database, ada, new, change)
    assert (ada.preferences, new.is_active, new.check_frequency) == ({}, True, "daily")
    assert new.deleted_at is None
    assert (change.change_type, change.is_significant) == ("minor", False)
    assert change.analysis_status == "pending"


async def test_the_database_knows_the_defaults_too(database: Database) -> None:
    ada = user()
    new = site(ada)
    await add(database, ada, new)
    async with database.writing() as session:
        await session.execute(
            text(
                "INSERT INTO content_updates (id, site_id, detected_at, reasons)"
                " SELECT id, id, created_at, '[]' FROM monitored_sites"
            )
        )
        row = (await session.execute(select(ContentUpdate))).scalar_one()
    assert (row.change_type, row.is_significant, row.analysis_status) == ("minor", False, "pending")


async def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert {i.version for i in ids} == {7}


async def test_postgresql_keeps_every_type_as_its_own(postgres_url: str) -> None:
    async with opened(postgres_url) as database, database.reading() as session:
        rows = await session.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'public'"
            )
        )
        found = {(row.table_name, row.column_name): row.data_type for row in rows}
    assert {key: found[key] for key in NATIVE} == NATIVE
    assert "json" not in found.values()
    assert "timestamp without time zone" not in found.values()


# Relationships


async def test_user_site_relationship(database: Database) -> None:
    ada = user()
    await add(database, ada, site(ada))
    async with database.reading() as session:
        owner = await session.scalar(select(User).options(selectinload(User.monitored_sites)))
        found = await session.scalar(select(MonitoredSite).options(joinedload(MonitoredSite.owner)))
        assert owner is not None
        assert found is not None
        assert [one.name for one in owner.monitored_sites] == ["Tech Blog"]
        assert found.owner is owner


async def test_a_site_added_to_its_owner_is_stored_with_him(database: Database) -> None:
    ada = user()
    ada.monitored_sites = [MonitoredSite(name="Docs", url="https://docs.example/")]
    await add(database, ada)
    assert ada.monitored_sites[0].owner is ada
    assert await count(database, MonitoredSite) == 1


async def test_product_check_and_alert_are_related_both_ways(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    async with database.reading() as session:
        alert = await session.scalar(
            select(PriceAlert).options(
                joinedload(PriceAlert.price_check)
                .joinedload(PriceCheck.product)
                .selectinload(Product.price_checks)
                .selectinload(PriceCheck.price_alerts)
            )
        )
        assert alert is not None
        assert alert.price_check.product.price_checks == [alert.price_check]
        assert alert.price_check.price_alerts == [alert]


async def test_a_relation_that_was_not_asked_for_raises(database: Database) -> None:
    ada = user()
    await add(database, ada, site(ada))
    async with database.reading() as session:
        owner = (await session.scalars(select(User))).one()
        with pytest.raises(InvalidRequestError, match="lazy='raise'"):
            _ = owner.monitored_sites


@pytest.mark.parametrize("how_many", [2, 20])
async def test_users_with_their_sites_take_one_statement(
    database: Database, engine: AsyncEngine, how_many: int
) -> None:
    people = [user(f"user{i}") for i in range(how_many)]
    await add(database, *people, *(site(p, f"site {n}") for p in people for n in range(3)))
    with Statements(engine) as statements:
        async with database.reading() as session:
            found = await session.scalars(select(User).options(joinedload(User.monitored_sites)))
            sizes = [len(one.monitored_sites) for one in found.unique()]
    assert sizes == [3] * how_many
    assert len([s for s in statements.sent if s.startswith("SELECT")]) == 1


# Deleting


async def test_with_a_user_goes_all_that_is_his(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    async with database.writing() as session:
        await session.execute(delete(User))
    for gone in (MonitoredSite, ContentUpdate, AnalysisResult, Product, PriceCheck, PriceAlert,
                 Notice):  # fmt: skip
        assert await count(database, gone) == 0, gone


async def test_deleting_through_the_session_cascades_as_well(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    async with database.writing() as session:
        await session.delete((await session.scalars(select(Product))).one())
    assert await count(database, PriceCheck) == 0
    assert await count(database, PriceAlert) == 0
    assert await count(database, MonitoredSite) == 1


async def test_a_soft_deleted_site_keeps_its_history(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    async with database.writing() as session:
        await session.execute(update(MonitoredSite).values(deleted_at=PAST))
    assert await count(database, MonitoredSite) == 1
    assert await count(database, ContentUpdate) == 1


async def test_a_name_is_free_again_after_a_soft_delete(database: Database) -> None:
    ada = user()
    await add(database, ada, site(ada, deleted_at=PAST), site(ada, deleted_at=PAST), site(ada))
    with pytest.raises(StoreError, match=r"(?i)unique"):
        await add(database, site(ada))


# What databases refuse


async def test_change_type_constraint(database: Database) -> None:
    ada = user()
    blog = site(ada)
    await add(database, ada, blog)
    async with database._writing() as session:
        session.add(
            ContentUpdate(
                site_id=blog.id, title="New Post", detected_at=PAST, change_type="INVALID_TYPE"
            )
        )
        with pytest.raises(IntegrityError, match="change_type_valid"):
            await session.commit()


@pytest.mark.parametrize(
    ("model", "column", "value"),
    [
        (ContentUpdate, "analysis_status", "thinking"),
        (ContentUpdate, "confidence_score", 1.5),
        (AnalysisResult, "change_type", "huge"),
        (AnalysisResult, "confidence_score", -0.1),
        (PriceCheck, "availability", "maybe"),
        (PriceCheck, "price", Decimal("-0.01")),
        (PriceCheck, "currency", "eur"),
        (Product, "target_price", Decimal(-1)),
        (PriceAlert, "alert_type", "surprise"),
        (Notice, "status", "lost"),
        (MonitoredSite, "owner_id", "nobody"),
        (MonitoredSite, "name", None),
    ],
)
async def test_an_impossible_value_is_refused(
    database: Database, model: type[Base], column: str, value: object
) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    with pytest.raises(StoreError) as caught:
        async with database.writing() as session:
            await session.execute(update(model).values({column: value}))
    assert not caught.value.is_transient
    assert isinstance(caught.value.__cause__, IntegrityError)


@pytest.mark.parametrize("table", ["attempts"])
@pytest.mark.parametrize("column", ["verdict", "error_class"])
async def test_a_verdict_outside_the_closed_list_is_refused(
    database: Database, table: str, column: str
) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    with pytest.raises(StoreError, match=f"{column}_valid"):
        async with database.writing() as session:
            await session.execute(text(f"UPDATE {table} SET {column} = 'odd'"))


@pytest.mark.parametrize("field", ["email", "username"])
async def test_two_users_cannot_share(database: Database, field: str) -> None:
    other = user("bob")
    setattr(other, field, getattr(user(), field))
    await add(database, user())
    with pytest.raises(StoreError, match=r"(?i)unique"):
        await add(database, other)


async def test_many_users_may_have_no_username(database: Database) -> None:
    people = [user("ada"), user("bob")]
    for one in people:
        one.username = None
    await add(database, *people)
    assert await count(database, User) == 2


async def test_of_two_who_make_one_user_one_wins_and_the_other_reads(database: Database) -> None:
    both_have_looked = asyncio.Barrier(2)
    query = select(User.id).where(User.email == "ada@example.org")
    results = []

    async def get_or_add(user_id: str) -> None:
        async with database.reading() as session:
            assert await session.scalar(query) is None
        await both_have_looked.wait()
        with suppress(StoreError):  # the database decides whose comes first
            await add(database, User(id=user_id, email="ada@example.org"))
        async with database.reading() as session:
            results.append((await session.scalars(query)).one())

    async with asyncio.TaskGroup() as group:
        for user_id in ("1", "2"):
            group.create_task(get_or_add(user_id))
    assert results in (["1", "1"], ["2", "2"])
    assert await count(database, User) == 1


# Values


async def test_an_instant_comes_back_in_utc(database: Database) -> None:
    berlin = timezone(timedelta(hours=2))
    ada = user()
    await add(database, ada, site(ada, deleted_at=datetime(2026, 7, 1, 14, 0, 0, 123456, berlin)))
    async with database.reading() as session:
        [found] = await session.scalars(select(MonitoredSite.deleted_at))
    assert found is not None
    assert (found, found.tzinfo) == (datetime(2026, 7, 1, 12, 0, 0, 123456, UTC), UTC)


async def test_a_naive_instant_raises(database: Database) -> None:
    ada = user()
    with pytest.raises(StoreError, match="needs a time zone"):
        await add(database, ada, site(ada, deleted_at=datetime(2026, 7, 1)))  # noqa: DTZ001


async def test_instants_sort_by_time_whatever_their_zone(database: Database) -> None:
    ada = user()
    east, west = timezone(timedelta(hours=9)), timezone(timedelta(hours=-9))
    early, late = datetime(2026, 7, 2, 1, tzinfo=east), datetime(2026, 7, 1, 23, tzinfo=west)
    await add(
        database, ada, *(site(ada, str(i), deleted_at=t) for i, t in enumerate([late, early]))
    )
    async with database.reading() as session:
        query = select(MonitoredSite.name).order_by(MonitoredSite.deleted_at)
        assert (await session.scalars(query)).all() == ["1", "0"]


async def test_preferences_are_json(database: Database) -> None:
    ada = user()
    ada.preferences = {"channels": ["mail", {"to": "ä"}], "quiet": None, "limit": 1.5}
    await add(database, ada)
    async with database.reading() as session:
        [found] = await session.scalars(select(User.preferences))
    assert found == ada.preferences


PRICES = ["0", "0.01", "0.0001", "19.99", "1234567.8901", "99999999999.9999"]


@pytest.mark.parametrize("price", PRICES)
async def test_money_is_exact(database: Database, price: str) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
        await session.execute(update(PriceCheck).values(price=Decimal(price)))
    async with database.reading() as session:
        [found] = await session.scalars(select(PriceCheck.price))
        below = await session.scalar(select(PriceCheck.price <= Decimal(price)))
    assert found == Decimal(price)
    assert isinstance(found, Decimal)
    assert below


async def test_the_lowest_price_is_exact_too(database: Database) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        product = rows[Product]
        session.add_all(
            PriceCheck(product_id=product.product_id, price=Decimal(p)) for p in ("9.99", "10.01")
        )
    async with database.reading() as session:
        assert await session.scalar(select(func.min(PriceCheck.price))) == Decimal("9.99")


@pytest.mark.parametrize("price", ["NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e16"])
async def test_what_is_no_amount_is_refused_by_the_type(database: Database, price: str) -> None:
    with pytest.raises(StoreError, match="not an amount"):
        async with database.writing() as session:
            await session.execute(update(PriceCheck).values(price=Decimal(price)))


@pytest.mark.parametrize("price", ["'NaN'", "'Infinity'", "1e400", "'-Infinity'"])
async def test_what_is_no_amount_is_refused_by_the_database(database: Database, price: str) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    with pytest.raises(StoreError):
        async with database.writing() as session:
            await session.execute(text(f"UPDATE price_checks SET price = {price}"))


# Sessions


def checked_out(database: Database) -> int:
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


async def test_what_nobody_committed_is_not_stored(database: Database) -> None:
    async with database.reading() as session:
        session.add(user())
        await session.flush()
    assert await count(database, User) == 0


async def test_an_error_in_the_block_undoes_all_of_it(database: Database) -> None:
    async def work() -> None:
        async with database.writing() as session:
            session.add(user())
            await session.flush()
            raise KeyError

    with pytest.raises(KeyError):
        await work()
    assert await count(database, User) == 0
    assert checked_out(database) == 0


@pytest.mark.parametrize("kind", ["reading", "writing"])
async def test_a_statement_that_fails_gives_its_connection_back(
    database: Database, kind: str
) -> None:
    for _ in range(10):  # twice the pool
        with pytest.raises(StoreError):
            async with getattr(database, kind)() as session:
                await session.execute(text("SELECT * FROM nothing_here"))
    assert checked_out(database) == 0


async def test_a_cancelled_task_gives_its_connection_back(database: Database) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with database.writing() as session:
            session.add(user())
            await session.flush()
            begun.set()
            await asyncio.Event().wait()

    for _ in range(7):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(work())
            await begun.wait()
            task.cancel()
        begun.clear()
    assert checked_out(database) == 0
    assert await count(database, User) == 0


async def test_rows_stay_readable_after_their_session(database: Database) -> None:
    ada = user()
    await add(database, ada)
    assert ada.email == "ada@example.org"


async def test_sqlite_connections_are_set_up_alike(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        connections = [await stack.enter_async_context(engine.connect()) for _ in range(3)]
        for one in connections:
            found = {k: (await one.exec_driver_sql(f"PRAGMA {k}")).scalar() for k in wanted}
            assert found == wanted
            await one.rollback()


async def test_postgresql_confirms_only_what_is_on_disk(postgres_url: str) -> None:
    async with opened(postgres_url) as database, database.reading() as session:
        settings = ("synchronous_commit", "timezone", "statement_timeout")
        found = [await session.scalar(text(f"SHOW {name}")) for name in settings]
    assert found == ["on", "UTC", "1min"]


async def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    async with database.writing() as writer:
        writer.add(user())
        await writer.flush()
        assert await count(database, User) == 0


async def test_two_writers_that_read_first_both_succeed(database: Database) -> None:
    async def grow(name: str) -> None:
        async with database.writing() as session:
            found = await session.scalar(select(func.count()).select_from(User)) or 0
            session.add(user(f"{name}{found}"))

    async with asyncio.TaskGroup() as group:
        for i in range(8):
            group.create_task(grow(f"user{i}-"))
    assert await count(database, User) == 8
