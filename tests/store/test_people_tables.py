"""Users, their logins and the audit: what goes with a user, and what goes with time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.model.errors import StoreError
from daemon.store.core.database import Database
from daemon.store.retention.batching import Sweep
from daemon.store.retention.people import drop_audit, drop_ended_logins
from daemon.store.tables import (
    ApiToken,
    AuditEntry,
    Identity,
    LoginFailure,
    LoginFlow,
    LoginLink,
    MonitoredSite,
    Password,
    Product,
    User,
    WebSession,
)
from tests.making import PAST, Statements, add_one_of_each, add_rows, count, id_at

THEIRS = (ApiToken, Identity, LoginLink, Password, WebSession, MonitoredSite, Product)
ENDING = (LoginFailure, LoginFlow, LoginLink, WebSession)
HOUR = timedelta(hours=1)


async def counts(database: Database, tables: Any) -> dict[str, int]:
    return {table.__tablename__: await count(database, table) for table in tables}


async def test_with_a_user_goes_everything_but_the_audit(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
        await session.execute(delete(User))
    assert set((await counts(database, THEIRS)).values()) == {0}
    assert await count(database, AuditEntry) == 1


async def test_users_of_an_older_version_are_owners_without_limits(database: Database) -> None:
    async with database.writing() as session:
        await session.execute(
            text(
                "INSERT INTO users (id, email, preferences, created_at)"
                " VALUES ('ada', 'ada@example.org', '{}', '2026-01-01 00:00:00.000000')"
            )
        )
        ada = (await session.scalars(select(User))).one()
    assert (ada.role, ada.managed_by, ada.disabled_at) == ("owner", "cli", None)
    assert (ada.max_sites, ada.shortest_interval_seconds) == (None, None)


async def test_nobody_has_a_role_that_is_not_known(database: Database) -> None:
    with pytest.raises(StoreError):
        await add_rows(database, User(id="ada", email="ada@example.org", role="root"))


async def test_what_ended_of_logins_is_dropped(database: Database) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    assert await drop_ended_logins(Sweep(database), PAST) == 0
    assert await drop_ended_logins(Sweep(database), PAST + HOUR) == len(ENDING)
    assert set((await counts(database, ENDING)).values()) == {0}


async def test_old_audit_entries_are_dropped(database: Database) -> None:
    told: dict[str, Any] = {"user_id": "ada", "how": "cli", "what": "login"}
    ages = (timedelta(), HOUR)
    await add_rows(database, *(AuditEntry(id=id_at(PAST + age), **told) for age in ages))
    assert await drop_audit(Sweep(database), PAST + HOUR / 2) == 1
    async with database.reading() as session:
        [kept] = await session.scalars(select(AuditEntry.id))
    assert kept > id_at(PAST)


async def test_logins_that_ended_are_found_by_an_index(
    database: Database, engine: AsyncEngine
) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the planner of PostgreSQL reads small tables whole")
    with Statements(engine) as statements:
        await drop_ended_logins(Sweep(database), datetime.now(UTC))
    for one in statements.sent:
        async with database.reading() as session:
            plan = await session.execute(text(f"EXPLAIN QUERY PLAN {one}".replace("?", "1")))
            assert not [row for row in plan if row.detail.startswith("SCAN")]
