"""Users and their logins in the database, and what goes with them."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from daemon.config import Config, WebConfig
from daemon.login.identity import Identity, Visit
from daemon.login.passwords import Passwords, Work
from daemon.login.secret import hash_of
from daemon.model.errors import (
    ConflictError,
    LoginRefusedError,
    ManagedError,
    NotAllowedError,
    NotFoundError,
    QuotaError,
    RequestError,
)
from daemon.model.viewer import Actor, Role, Scope, Viewer
from daemon.operations.people import logins, owners, sessions, tokens, users
from daemon.operations.people.logins import PER_NETWORK, PER_USER
from daemon.operations.people.users import NewUser, Quotas
from daemon.store import tables
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.transfer.formats.known import READERS
from daemon.transfer.sites import import_entries
from tests.making import ADMIN, OWNER, PAST, add_one_of_each, count

SYSTEM = Actor(ADMIN)
LENGTHS = WebConfig()
OCTO = Identity("github", "7", "octo@example.org", email_is_verified=True, username="Octo")
VISIT = Visit("oidc:github", "Firefox", "192.0.2.1")
CHEAP = Passwords(Work(n=2, r=1, p=1))
PASSWORD = "correct horse battery staple"


async def add(database: Database, id_: str, **more: Any) -> None:
    await users.add(database, SYSTEM, NewUser(id_, **more), PAST)


async def test_an_identity_is_let_in_if_it_is_known(database: Database) -> None:
    with pytest.raises(LoginRefusedError) as refused:
        await logins.user_of(database, OCTO, VISIT, PAST)
    assert "github" not in str(refused.value)
    user = await logins.user_of(database, OCTO, VISIT, PAST, creates=True)
    assert (user.id, user.email, user.username) == ("github|7", "octo@example.org", "Octo")
    assert (await logins.user_of(database, OCTO, VISIT, PAST)).id == user.id
    await users.disable(database, SYSTEM, user.id, PAST)
    with pytest.raises(LoginRefusedError):
        await logins.user_of(database, OCTO, VISIT, PAST, creates=True)


async def test_no_identity_becomes_another_user_by_its_mail_or_name(database: Database) -> None:
    await add(database, "ada", email="octo@example.org", username="Octo")
    with pytest.raises(LoginRefusedError, match="another user's"):
        await logins.user_of(database, OCTO, VISIT, PAST, creates=True)
    unsure = Identity("github", "8", "octo@example.org", username="Octo")
    user = await logins.user_of(database, unsure, VISIT, PAST, creates=True)
    assert (user.email, user.username) == ("github|8@no-mail.invalid", None)
    await users.connect(database, SYSTEM, "ada", OCTO.id, PAST)
    assert (await logins.user_of(database, OCTO, VISIT, PAST)).id == "ada"
    for known in (OCTO.id, "github|8"):
        with pytest.raises(ConflictError):
            await users.connect(database, SYSTEM, "ada", known, PAST)


async def test_a_header_names_no_identity_of_a_provider(database: Database) -> None:
    await add(database, "ada")
    await users.connect(database, SYSTEM, "ada", "header|lovelace", PAST)
    for name in ("ada", "lovelace"):
        assert (await logins.user_of_header(database, name)).id == "ada"
    await logins.user_of(database, OCTO, VISIT, PAST, creates=True)
    with pytest.raises(LoginRefusedError):
        await logins.user_of_header(database, "Octo")


async def test_a_session_is_whose_it_is_until_it_ends(database: Database) -> None:
    await add(database, "ada")
    begun = await sessions.begin(database, "ada", VISIT, LENGTHS, PAST)
    asked = database, database, begun.secret, LENGTHS
    assert await sessions.viewer_of(*asked, PAST) == Viewer("ada")
    assert await sessions.viewer_of(database, database, "another", LENGTHS, PAST) is None
    later = PAST + LENGTHS.session_idle - timedelta(seconds=1)
    assert await sessions.viewer_of(*asked, later) == Viewer("ada")
    assert await sessions.viewer_of(*asked, later + timedelta(days=1)) == Viewer("ada")
    assert await sessions.viewer_of(*asked, later + timedelta(days=20)) is None
    async with database.reading() as session:
        kept = (await session.scalars(select(tables.WebSession.id_hash))).one()
    assert kept == hash_of(begun.secret) != begun.secret


async def test_failures_are_counted_for_a_name_and_for_a_network(database: Database) -> None:
    await add(database, "ada", username="Ada")
    await users.change_password(database, SYSTEM, "ada", PASSWORD, CHEAP, PAST)

    async def enter(name: str, password: str, address: str = "2001:db8::1") -> str:
        visit = Visit("password", "", address)
        return (await logins.user_of_password(database, name, password, visit, CHEAP, PAST)).id

    for _success in range(PER_NETWORK.failures + 1):  # which are taken back
        assert await enter("Ada", PASSWORD) == "ada"
    for number in range(PER_NETWORK.failures):
        with pytest.raises(LoginRefusedError, match="do not belong together"):
            await enter(f"user {number}", "wrong", f"2001:db8::{number + 2}")
    with pytest.raises(LoginRefusedError, match="too many"):
        await enter("Ada", PASSWORD)
    assert await enter("Ada", PASSWORD, "2001:db8:0:1::1") == "ada"
    for _failure in range(PER_USER.failures):
        with pytest.raises(LoginRefusedError, match="do not belong together"):
            await enter("ada", "wrong", "192.0.2.7")
    with pytest.raises(LoginRefusedError, match="too many"):
        await enter("ADA", PASSWORD, "192.0.2.8")


async def test_a_token_speaks_for_its_user_in_its_scope_until_it_ends(database: Database) -> None:
    await add(database, "ada")
    actor, later = Actor(Viewer("ada")), PAST + timedelta(days=1)
    made = await tokens.make(database, actor, "script", [Scope.READ], later, PAST)
    asked = database, database, made
    assert await tokens.viewer_of(*asked, Scope.READ, PAST) == Viewer("ada")
    assert await tokens.viewer_of(*asked, Scope.WRITE, PAST) is None
    assert await tokens.viewer_of(*asked, Scope.READ, later) is None
    [shown] = await tokens.list_tokens(database, Viewer("ada"), PAST)
    assert (shown.name, shown.last_used_at) == ("script", PAST)
    with pytest.raises(NotFoundError):
        await tokens.revoke(database, Actor(Viewer("eve")), shown.id, PAST)
    with pytest.raises(NotFoundError):
        await tokens.revoke_of(database, Actor(Viewer("eve")), "ada", shown.id, PAST)
    with pytest.raises(NotFoundError):  # it is ada's, not an admin's own
        await tokens.revoke(database, SYSTEM, shown.id, PAST)
    await tokens.revoke_of(database, SYSTEM, "ada", shown.id, PAST)
    assert await tokens.viewer_of(*asked, Scope.READ, PAST) is None
    with pytest.raises(RequestError):
        await tokens.make(database, actor, " ", [], None, PAST)


async def test_only_an_admin_may_name_other_people_as_owners(database: Database) -> None:
    await add(database, "ada", username="Ada")
    await add(database, "eve")
    config, eve = Config(), Viewer("eve")
    assert [one.id for one in (await owners.with_people(database, ADMIN, config)).owners] == [
        OWNER.id, "ada", "eve",
    ]  # fmt: skip
    assert await owners.with_people(database, eve, config) is config
    assert await owners.owner_id_of(database, ADMIN, config, "Ada") == "ada"
    assert await owners.owner_id_of(database, eve, config, "Ada") == "Ada"
    with pytest.raises(RequestError, match="there is no owner 'bob'; known: local, ada, eve"):
        await owners.the_owner_id(database, ADMIN, config, "bob")


async def test_users_are_for_admins(database: Database) -> None:
    await add(database, "ada")
    await add(database, "eve")
    eve = Actor(Viewer("eve"), "web")
    for done in (
        users.list_users(database, eve.viewer),
        users.add(database, eve, NewUser("x"), PAST),
        users.set_role(database, eve, "eve", Role.ADMIN, PAST),
        users.disable(database, eve, "ada", PAST),
        users.remove(database, eve, "ada", PAST),
        users.connect(database, eve, "eve", "github|7", PAST),
    ):
        with pytest.raises(NotAllowedError):
            await done
    for hidden in (
        users.show_user(database, eve.viewer, "ada"),
        users.change_password(database, eve, "ada", PASSWORD, CHEAP, PAST),
        logins.make_link(database, eve, "ada", PAST),
    ):
        with pytest.raises(NotFoundError):
            await hidden
    assert (await users.show_user(database, eve.viewer, "eve")).user.id == "eve"


@pytest.mark.parametrize("id_", ["", " ada", "a\nb", "x" * 256])
async def test_an_id_is_one_line_that_fits(database: Database, id_: str) -> None:
    with pytest.raises(RequestError):
        await add(database, id_, email="x@example.org")


async def test_a_user_goes_with_everything_of_theirs_and_it_is_said_before(
    database: Database,
) -> None:
    async with database.writing() as session:
        await add_one_of_each(session)
    found = await users.removable(database, ADMIN, "github|1")
    assert {noun for noun, number in found.theirs.items() if number} == set(found.theirs)
    await users.remove(database, SYSTEM, "github|1", PAST)
    for table in (tables.User, tables.MonitoredSite, tables.ContentUpdate, tables.PriceCheck):
        assert await count(database, table) == 0
    assert await count(database, tables.AuditEntry) == 2


async def test_whom_the_file_names_is_removed_there(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
    with pytest.raises(ManagedError):
        await users.remove(database, SYSTEM, OWNER.id, PAST)


async def test_nothing_is_imported_beyond_a_limit(database: Database) -> None:
    config = Config()
    async with database.writing() as session:
        await sync_owners(session, [OWNER])
    await users.set_quotas(database, SYSTEM, OWNER.id, Quotas(1, None), PAST)
    for urls, sites in ((b"https://a.example/", 1), (b"https://b.example/\nhttps://c.example/", 1)):
        read = READERS["urls"](urls)
        with suppress(QuotaError):
            await import_entries(database, ADMIN, config, read, {}, PAST)
        assert await count(database, tables.MonitoredSite) == sites
    with pytest.raises(QuotaError, match="has 1: 2 more are too many"):
        await import_entries(database, ADMIN, config, READERS["urls"](urls), {}, PAST)
