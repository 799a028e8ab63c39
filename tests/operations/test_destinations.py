"""Destinations of people: proved before anything is sent there, told apart, and never in plain."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from daemon.alerting.destinations import Address, channel_of, id_in, name_in
from daemon.alerting.matching import drafts
from daemon.alerting.values import Notifications
from daemon.config import Config
from daemon.fetch.posting import Poster
from daemon.model.change import ChangeType
from daemon.model.errors import (
    ConflictError,
    InputError,
    NotFoundError,
    NotifyError,
    SealedError,
)
from daemon.model.site import Owner
from daemon.model.viewer import Actor, Viewer
from daemon.notify.kinds import channel_to, checked_address
from daemon.operations.installation.configuration import apply
from daemon.operations.installation.database import reencrypt
from daemon.operations.people import destinations, proving, routes
from daemon.operations.people.delivering import Places, added_destination
from daemon.operations.people.destinations import DestinationView, NewDestination
from daemon.operations.people.preferences import change_preferences
from daemon.runtime.sender import Sender, SenderSettings
from daemon.store.catalogue.owners import sync_owners
from daemon.store.core.database import Database
from daemon.store.people.users import change_user
from daemon.store.record.outbox import routes_of, sync_routes, write_notifications
from daemon.store.sealing.keyring import Keyring
from daemon.store.tables import AuditEntry, Notice, User
from daemon.store.tables import Destination as Row
from tests.alerting.things import NOON
from tests.making import ADMIN, all_tables, begin_run
from tests.notify.mailbox import Inbox, receiving_mail
from tests.notify.sinks import SECRET, Sink, receiving
from tests.notify.test_sender import happening
from tests.notify.things import message
from tests.operations.two_owners import ADA, BOB, OWNERS

HOOK = "webhook"
HOSTS = {
    "api.pushover.net",
    "api.telegram.org",
    "discord.com",
    "hooks.slack.com",
    "slack.com",
}
SERVICES = {
    "discord": f"discord://{'1' * 18}/{'a' * 60}",
    "pushover": f"pover://{'u' * 30}@{'t' * 30}",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "telegram": "tgram://123456789:abcdefg_hijklmnop/12315544",
}
LATER = NOON + timedelta(minutes=2)
OLD, NEW = b"o" * 32, b"n" * 32


@dataclass
class World:
    """A database, receivers on loopback, and what the operator allows."""

    database: Database
    config: Config
    sink: Sink
    inbox: Inbox
    ids: dict[str, UUID] = field(default_factory=dict)

    def actor(self, viewer: Viewer) -> Actor:
        return Actor(viewer, "web")

    async def add(
        self, viewer: Viewer, kind: str = "webhook", name: str = "phone"
    ) -> DestinationView:
        given = (self.sink.url, SECRET) if kind == "webhook" else ("", "")
        new = NewDestination(name, kind, *given)
        view, _ = await destinations.add(self.database, self.actor(viewer), self.config, new, NOON)
        return view

    async def code(self, viewer: Viewer, view: DestinationView, now: Any = NOON) -> str:
        await proving.send_test(self.database, self.actor(viewer), self.config, view.id, now)
        if view.kind == "mail":
            return str(re.findall(r"\d{6}", self.inbox.mails[-1][1]["Subject"])[0])
        return str(self.sink.got[-1]["data"]["code"])

    async def confirm(
        self, viewer: Viewer, view: DestinationView, code: str, now: Any = NOON
    ) -> None:
        await proving.confirm(self.database, self.actor(viewer), self.config, view.id, code, now)

    async def have(
        self, viewer: Viewer, kind: str = "webhook", name: str = "phone"
    ) -> DestinationView:
        view = await self.add(viewer, kind, name)
        await self.confirm(viewer, view, await self.code(viewer, view))
        return view

    async def own(self, viewer: Viewer) -> Any:
        who = self.database, viewer, self.config, viewer.user_id
        return (await destinations.list_destinations(*who)).own

    async def happens(self, number: int, *viewers: Viewer) -> None:
        events = [
            happening(number, owner_id=one.user_id, id=f"{one.user_id} {number}") for one in viewers
        ]
        async with self.database.writing() as session:
            found = await routes_of(session, {one.user_id for one in viewers})
            decided = Notifications(tuple(drafts(events, found)))
            await write_notifications(await session.connection(), decided)

    async def deliver(self, now: Any = LATER) -> None:
        run_id = await begin_run(self.database)
        async with Poster(self.config.fetch) as poster:
            added = partial(
                added_destination, self.database, self.config, partial(poster.post, seconds=9)
            )
            settings = SenderSettings.from_config(self.config, b"key")
            sender = Sender(self.database, run_id, Places({}, added), settings, lambda: now)
            await sender.drain(gathers=False)
            assert sender.failing() == {}

    async def notices(self) -> list[tuple[str, str, str]]:
        async with self.database.reading() as session:
            rows = await session.execute(
                select(Notice.user_id, Notice.status, Notice.error_detail).order_by(Notice.id)
            )
        return [(row.user_id, row.status, row.error_detail or "") for row in rows]


async def have_owners(database: Database) -> None:
    async with database.writing() as session:
        await sync_owners(session, [Owner(name, f"{name}@example.org") for name in OWNERS])


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    await have_owners(database)
    async with AsyncExitStack() as stack:
        inbox, sink = Inbox(), Sink()
        port = await stack.enter_async_context(receiving_mail(inbox))
        await stack.enter_async_context(receiving(sink))
        config = Config.model_validate(
            {
                "owner": [{"id": name, "email": f"{name}@example.org"} for name in OWNERS],
                "fetch": {"allow_networks": ["127.0.0.0/8"]},
                "mail": {
                    "host": "127.0.0.1",
                    "port": port,
                    "security": "none",
                    "sender": "us@example.org",
                },
                "web": {"destinations": ["mail", "webhook", "ntfy", "discord"]},
            }
        )
        yield World(database, config, sink, inbox)


@pytest.mark.parametrize("kind", ["webhook", "mail"])
async def test_nothing_is_sent_to_a_destination_before_its_code_is_typed(
    world: World, kind: str
) -> None:
    view = await world.add(ADA, kind)
    await world.happens(1, ADA)
    assert await world.notices() == []
    code = await world.code(ADA, view)
    await world.happens(2, ADA)
    assert await world.notices() == []
    await world.confirm(ADA, view, f" {code} ")
    await world.happens(3, ADA)
    await world.deliver()
    assert await world.notices() == [("ada", "sent", "")]
    told = (
        world.sink.got[-1]["data"]["site"]
        if kind == "webhook"
        else world.inbox.mails[-1][1]["Subject"]
    )
    assert "S3" in told
    [report] = await world.own(ADA)
    assert report.is_confirmed
    assert report.fared.delivered_at == LATER
    assert report.where == ("127.0.0.1" if kind == "webhook" else "ada@example.org")


async def test_a_wrong_an_old_and_a_used_code_confirm_nothing(world: World) -> None:
    view = await world.add(ADA)
    code = await world.code(ADA, view)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    with pytest.raises(InputError):
        await world.confirm(ADA, view, wrong)
    with pytest.raises(InputError):
        await world.confirm(ADA, view, code, NOON + proving.CODE_LASTS)
    again = await world.code(ADA, view, NOON + timedelta(minutes=1))
    if again != code:
        with pytest.raises(InputError):
            await world.confirm(ADA, view, code, LATER)
    for _ in range(5):
        with pytest.raises(InputError):
            await world.confirm(ADA, view, "", LATER)
    with pytest.raises(InputError):  # too many were wrong
        await world.confirm(ADA, view, again, LATER)
    await world.confirm(ADA, view, await world.code(ADA, view, LATER), LATER)
    with pytest.raises(InputError):  # it is used up
        await world.confirm(ADA, view, world.sink.got[-1]["data"]["code"], LATER)
    async with world.database.reading() as session:
        own = (await routes_of(session, ["ada"]))["ada"]
        said = await session.scalars(select(AuditEntry.what).order_by(AuditEntry.id))
        assert [*said] == ["destination added", "destination confirmed"]
    assert [route.name for route in own] == [view.channel]


async def test_a_code_is_not_sent_again_and_again(world: World) -> None:
    view = await world.add(ADA)
    await world.code(ADA, view)
    with pytest.raises(ConflictError, match="wait"):
        await world.code(ADA, view)
    for minutes in range(1, 30):
        await world.code(ADA, view, NOON + timedelta(minutes=minutes))
    with pytest.raises(ConflictError, match="tomorrow"):
        await world.code(ADA, view, NOON + timedelta(hours=23))
    assert len(world.sink.got) == 30
    await world.code(ADA, view, NOON + timedelta(hours=25))


async def test_of_two_people_each_gets_what_is_theirs_at_their_own(world: World) -> None:
    hooks = [await world.have(one, name="mine") for one in (ADA, BOB)]
    await world.have(BOB, "mail", "letters")
    world.sink.got.clear()
    world.inbox.mails.clear()
    await world.happens(1, ADA, BOB)
    await world.deliver()
    assert sorted((one["owner_id"], one["data"]["site"]) for one in world.sink.got) == [
        ("ada", "S1"),
        ("bob", "S1"),
    ]
    assert [recipients for recipients, _ in world.inbox.mails] == [["bob@example.org"]]
    for viewer, other in ((ADA, hooks[1]), (BOB, hooks[0])):
        assert other.id not in [one.view.id for one in await world.own(viewer)]
        who = world.database, world.actor(viewer)
        for refused in (
            destinations.list_destinations(world.database, viewer, world.config, other.user_id),
            destinations.show_destination(world.database, viewer, world.config, other.id),
            proving.send_test(*who, world.config, other.id, LATER),
            proving.confirm(*who, world.config, other.id, "000000", LATER),
            destinations.remove(*who, other.id, LATER),
            routes.change_route(*who, world.config, other.id, {}, LATER),
            routes.pause_channel(*who, other.user_id, other.channel, LATER),
            routes.pause_channel(*who, viewer.user_id, other.channel, LATER),
            routes.resume_channel(*who, viewer.user_id, other.channel, LATER),
        ):
            with pytest.raises(NotFoundError):
                await refused
    found = await destinations.list_destinations(world.database, ADMIN, world.config, "bob")
    assert [one.view.name for one in found.own] == ["mine", "letters"]


async def test_a_route_leads_to_no_destination_of_another(world: World) -> None:
    hook = await world.have(ADA)
    async with world.database.writing() as session:
        [route] = (await routes_of(session, ["ada"]))["ada"]
        forged = {"notify": [{"name": route.name, "target": "1"}]}
        await change_user(session, "bob", {"preferences": forged})
    world.sink.got.clear()
    await world.happens(1, BOB)
    await world.deliver()
    assert world.sink.got == []
    assert await world.notices() == [("bob", "dead", "its destination is another user's")]
    assert hook.user_id == "ada"


async def test_a_change_of_the_page_retimes_what_waits(world: World) -> None:
    view = await world.have(ADA)
    await world.happens(1, ADA)
    act = world.database, world.actor(ADA), world.config

    async def due() -> Any:
        async with world.database.reading() as session:
            return await session.scalar(select(Notice.next_attempt_at))

    await routes.change_route(*act, view.id, {"digest": "daily"}, NOON)
    assert await due() == NOON.replace(hour=8) + timedelta(days=1)
    route = await routes.change_route(*act, view.id, {"quiet": "11:00-13:00"}, NOON)
    assert (route.quiet, await due()) == ("11:00-13:00", NOON + timedelta(hours=1))
    await routes.change_route(*act, view.id, {"least_severity": "major"}, NOON)
    await change_preferences(*act, "ada", {"quiet": "10:00-14:30", "time_zone": "UTC"}, NOON)
    assert await due() == NOON + timedelta(hours=2.5)
    await change_preferences(*act, "ada", {"time_zone": "Asia/Tokyo"}, NOON)
    assert await due() < NOON + timedelta(hours=1)
    async with world.database.reading() as session:
        [own] = (await routes_of(session, ["ada"]))["ada"]
    assert (own.least_severity, own.time_zone) == (ChangeType.MAJOR, "Asia/Tokyo")
    for wrong in ({"quiet": "late"}, {"digest": "?"}, {"least_severity": "huge"}, {"kinds": ["x"]}):
        with pytest.raises(InputError):
            await routes.change_route(*act, view.id, wrong, NOON)
    unproved = await world.add(ADA, name="another")
    with pytest.raises(ConflictError, match="confirm it first"):
        await routes.change_route(*act, unproved.id, {}, NOON)


async def test_a_paused_channel_is_sent_nothing_whoever_made_it(world: World) -> None:
    view = await world.have(ADA)
    async with world.database.writing() as session:
        [own] = (await routes_of(session, ["ada"]))["ada"]
        given = replace(own, name="file", target="2", managed_by="config")
        await sync_routes(session, {"ada": [given], "bob": [given]})
    await world.happens(1, ADA, BOB)
    act = world.database, world.actor(ADA), "ada"
    for channel in (view.channel, "file"):
        assert await routes.pause_channel(*act, channel, NOON)
        assert not await routes.pause_channel(*act, channel, NOON)
    await world.happens(2, ADA)
    assert await world.notices() == [("ada", "dropped", "")] * 2 + [("bob", "held", "")]
    async with world.database.writing() as session:  # a start of the daemon changes nothing
        await sync_routes(session, {"ada": [given], "bob": [given]})
        assert (await routes_of(session, ["ada"]))["ada"] == ()
    [report] = await world.own(ADA)
    assert report.paused_since == NOON
    assert await routes.resume_channel(*act, view.channel, LATER)
    await world.happens(3, ADA)
    await world.deliver()
    assert [one["data"].get("site") for one in world.sink.got[1:]] == ["S3"]


async def test_what_comes_too_late_for_a_pause_is_dropped_too(world: World) -> None:
    view = await world.have(ADA)
    async with world.database.writing() as session:
        found = await routes_of(session, ["ada"])  # as a check that is under way has them
    await routes.pause_channel(world.database, world.actor(ADA), "ada", view.channel, NOON)
    async with world.database.writing() as session:
        late = Notifications(tuple(drafts([happening(owner_id="ada")], found)))
        await write_notifications(await session.connection(), late)
    await world.deliver()
    assert await world.notices() == [("ada", "dropped", "")]
    assert len(world.sink.got) == 1


async def test_with_a_destination_goes_what_waits_for_it(world: World) -> None:
    view = await world.have(ADA)
    await world.happens(1, ADA)
    await destinations.remove(world.database, world.actor(ADA), view.id, NOON)
    await world.happens(2, ADA)
    await world.deliver()
    assert await world.notices() == [("ada", "dropped", "")]
    assert (await world.have(ADA)).name == view.name  # its name is free again
    async with world.database.reading() as session:
        said = await session.scalars(select(AuditEntry.what).order_by(AuditEntry.id))
        assert [*said][:3] == [f"destination {did}" for did in ("added", "confirmed", "removed")]


async def test_a_kind_that_is_not_allowed_any_more_is_sent_nothing(world: World) -> None:
    await world.have(ADA)
    await world.happens(1, ADA)
    world.config = Config.model_validate({"web": {"destinations": []}})
    with pytest.raises(InputError, match="not allowed"):
        await world.add(ADA, name="another")
    await world.deliver()
    assert await world.notices() == [("ada", "dead", "webhook is not allowed here any more")]
    [report] = await world.own(ADA)
    assert "does not allow" in report.problem


async def test_no_address_inside_is_reached_unless_it_is_allowed(world: World) -> None:
    world.config = world.config.model_copy(update={"fetch": Config().fetch})
    view = await world.add(ADA)
    with pytest.raises(NotifyError, match="not a public address"):
        await world.code(ADA, view)
    [report] = await world.own(ADA)
    assert "not a public address" in str(report.view.test_error)
    assert world.sink.asked == 0


async def test_an_address_is_nowhere_in_plain(world: World) -> None:
    secret = "tk_hunter2hunter2"
    new = NewDestination("topic", "ntfy", "https://127.0.0.1:1/hunter2-topic", secret)
    view, shown = await destinations.add(world.database, world.actor(ADA), world.config, new, NOON)
    with pytest.raises(NotifyError) as caught:
        await world.code(ADA, view)
    found: list[Any] = []
    async with world.database.reading() as session:
        for table in all_tables():
            found += await session.execute(text(f"SELECT * FROM {table.name}"))
    for word in ("hunter2", "127.0.0.1:1"):
        assert word not in str(found)
    assert "hunter2" not in caught.value.detail
    assert shown == ""
    for value in (Address("https://a.example/hunter2", "hunter2"), new):
        assert "hunter2" not in repr(value)


async def test_a_failure_quotes_no_secret(world: World) -> None:
    address = Address("https://hooks.example/T0KEN-ONE/x?key=T0KEN-TWO", "T0KEN-THREE")

    async def post(*_: Any) -> Any:
        raise NotifyError(f"{address.url} {address.secret}", is_permanent=True)

    with pytest.raises(NotifyError) as caught:
        await channel_to("webhook", address, world.config, post).send(message())
    assert "T0KEN" not in caught.value.detail
    assert "hooks.example" in caught.value.detail
    assert caught.value.is_permanent


async def test_addresses_move_to_the_newest_key_and_may_be_forgotten(engine: AsyncEngine) -> None:
    old, both, new = (Database(engine, Keyring(keys)) for keys in ([OLD], [NEW, OLD], [NEW]))
    await have_owners(old)
    config = Config.model_validate({"web": {"destinations": ["webhook", "ntfy"]}})
    given = NewDestination("phone", "webhook", "https://a.example/hook")

    async def listed(database: Database) -> Any:
        return (await destinations.list_destinations(database, ADA, config, "ada")).own

    for name in ("phone", "other"):
        await destinations.add(old, Actor(ADA), config, replace(given, name=name), NOON)
    lost, _ = await listed(new)
    assert "decrypted" in lost.problem
    with pytest.raises(SealedError):
        await proving.send_test(new, Actor(ADA), config, lost.view.id, NOON)
    assert (await reencrypt(new, ADMIN, forget=False)).closed == ("other", "phone")
    assert (await reencrypt(both, ADMIN, forget=False)).addresses == 2
    kept, _ = await listed(new)
    assert (kept.where, kept.problem) == ("a.example", "")
    done = await reencrypt(old, ADMIN, forget=True)
    assert (done.forgotten, done.closed) == (("other", "phone"), ())
    gone, _ = await listed(new)
    assert "add it again" in gone.problem


async def test_an_address_opens_for_no_other_destination(world: World) -> None:
    await world.have(ADA)
    other = await world.add(ADA, name="other")
    async with world.database.writing() as session:
        rows = {row.name: row for row in await session.scalars(select(Row))}
        rows["other"].sealed = rows["phone"].sealed
    with pytest.raises(SealedError, match="was changed"):
        await world.code(ADA, other)


@pytest.mark.parametrize(
    ("kind", "url", "secret", "why"),
    [
        ("webhook", "", "", "address"),
        ("webhook", "ftp://a.example/", "", "address"),
        ("webhook", "file:///etc/passwd", "", "address"),
        ("webhook", "https://a.example/", "whsec_?", "base64"),
        ("webhook", "https://a.example/" + "x" * 3000, "", "longer"),
        ("ntfy", "https://ntfy.sh/", "", "topic"),
        ("ntfy", "https://ntfy.sh/a/b", "", "topic"),
        ("ntfy", "https://ntfy.sh/topic", "a\r\nX: b", "token"),
        ("discord", "json://127.0.0.1/", "", "Discord"),
        ("discord", "discord://", "", "Discord"),
        ("discord", "https://discord.example/api/webhooks/1/2", "", "Discord"),
        ("discord", "tgram://123456789:abcdefg_hijklmnop/12315544", "", "Discord"),
        ("discord", "discord://4/t", "x", "no use"),
        *(
            (kind, f"{url}?{option}", "", "options")
            for kind, url in SERVICES.items()
            for option in ("template=/etc/passwd", "template=http://127.0.0.1/", "verify=no")
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Apprise's own imports
def test_what_is_no_address_is_refused(kind: str, url: str, secret: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        checked_address(kind, url, secret)


@pytest.mark.parametrize("kind", SERVICES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_service_reads_nothing_of_this_machine(kind: str) -> None:
    import apprise

    address = checked_address(kind, SERVICES[kind], "")
    service: Any = apprise.Apprise.instantiate(address.url)
    assert len(getattr(service, "template", ())) == 0
    named = [getattr(service, name, None) for name in ("notify_url", "webhook_url", "api_url")]
    assert {urlsplit(url).hostname for url in named if url} <= HOSTS


async def test_names_and_numbers_of_destinations_have_bounds(world: World) -> None:
    await world.add(ADA)
    await world.add(BOB)
    for name in ("", " ", "x" * 61, "a\nb"):
        with pytest.raises(InputError):
            await world.add(ADA, name=name)
    with pytest.raises(ConflictError, match="already"):
        await world.add(ADA)
    for number in range(19):
        await world.add(ADA, name=str(number))
    with pytest.raises(ConflictError, match="20 destinations"):
        await world.add(ADA, name="one more")


async def test_a_code_proves_the_address_that_it_came_to_and_no_other(world: World) -> None:
    async def verified_at() -> Any:
        async with world.database.reading() as session:
            return await session.scalar(select(User.email_verified_at).where(User.id == "ada"))

    first, second = [await world.add(ADA, "mail", name) for name in ("first", "second")]
    async with world.database.writing() as session:
        await change_user(session, "ada", {"email": "other@example.org"})
    await world.confirm(ADA, first, await world.code(ADA, first))
    assert await verified_at() is None
    async with world.database.writing() as session:
        await change_user(session, "ada", {"email": "ada@example.org"})
    await world.confirm(ADA, second, await world.code(ADA, second))
    assert await verified_at() == NOON


async def test_mail_goes_to_no_address_that_nobody_has(world: World) -> None:
    async with world.database.writing() as session:
        await change_user(session, "ada", {"email": "ada@no-mail.invalid"})
    with pytest.raises(ConflictError, match="no mail address"):
        await world.add(ADA, "mail")
    new = NewDestination("letters", "mail", "bob@example.org")
    with pytest.raises(InputError, match="your own"):
        await destinations.add(world.database, world.actor(BOB), world.config, new, NOON)


async def test_a_webhook_gets_a_key_to_sign_with(world: World) -> None:
    own = NewDestination("own key", "webhook", "https://a.example/", "xxxxxxxxxx")
    _, shown = await destinations.add(world.database, world.actor(ADA), world.config, own, NOON)
    assert shown == ""
    new = NewDestination("hook", "webhook", "https://a.example/")
    _, shown = await destinations.add(world.database, world.actor(ADA), world.config, new, NOON)
    assert shown.startswith("whsec_")


def test_a_channel_of_a_destination_is_known_from_its_name() -> None:
    id_ = UUID(int=7)
    for name in ("phone", "a #b", f"x #{id_.hex}"):
        channel = channel_of(id_, name)
        assert (id_in(channel), name_in(channel)) == (id_, name)
    assert (id_in("phone"), name_in("phone")) == (None, "phone")
    with pytest.raises(ValueError, match="somebody has added"):
        Config.model_validate(
            {"notify": [{"name": channel_of(id_, "x"), "url": "https://a.example/"}]}
        )


async def test_routes_of_people_follow_the_file_in_what_they_did_not_choose(world: World) -> None:
    view = await world.have(ADA)
    act = world.database, world.actor(ADA), world.config
    await routes.change_route(*act, view.id, {"digest": "daily"}, NOON)
    await world.happens(1, ADA)
    resting = {"preferences": {"quiet": "07:00-09:00", "time_zone": "Europe/Berlin"}}
    tree = {
        "owner": [{"id": name, "email": f"{name}@example.org"} | resting for name in OWNERS],
        "notices": {"gather": "5m", "failures": 7},
        "web": {"destinations": ["webhook"]},
    }

    async def own_after(**changed: Any) -> Any:
        await apply(world.database, ADMIN, Config.model_validate(tree | changed), NOON)
        async with world.database.reading() as session:
            due = await session.scalar(select(Notice.next_attempt_at))
            [own] = (await routes_of(session, ["ada"]))["ada"]
        return own, due

    own, due = await own_after()
    assert (own.digest, own.gather_seconds, own.failures) == ("daily", 300.0, 7)
    assert (own.quiet, own.time_zone) == ("07:00-09:00", "Europe/Berlin")
    assert due == NOON.replace(hour=8) + timedelta(days=1)  # nine there, when they end
    plain = [{"id": name, "email": f"{name}@example.org"} for name in OWNERS]
    own, due = await own_after(owner=plain, schedule={"time_zone": "Asia/Tokyo"})
    assert (own.quiet, own.time_zone) == (None, "Asia/Tokyo")
    assert due == NOON.replace(hour=23)  # eight there
