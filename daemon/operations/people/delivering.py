"""Where messages go: to the channels of the configuration, and to destinations of people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from daemon.alerting.values import Route
from daemon.config import Config
from daemon.fetch.posting import Poster
from daemon.model.errors import NotifyError
from daemon.model.viewer import DAEMON
from daemon.notify.channels import channels_of
from daemon.notify.kinds import channel_to
from daemon.notify.values import Channel, Post
from daemon.operations.installation.described import route_of
from daemon.operations.people.destinations import kinds_of
from daemon.sandbox.messages import FillJob
from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from daemon.store.people.destinations import find_destination
from daemon.store.record.outbox import routes_of
from daemon.store.record.sealed.addresses import address_of

Fill = Callable[[str, dict[str, Any]], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination: a channel, its quiet hours and its owner's template.

    Shape: what a person added has a `user_id`: only that user's messages go there.
    """

    channel: Channel
    route: Route
    template: str = ""
    fill: Fill | None = None
    user_id: str | None = None


Added = Callable[[UUID], Awaitable[Destination]]


async def _no_destination(_id: UUID) -> Destination:
    raise NotifyError("its destination was removed", is_permanent=True)


@dataclass(frozen=True, slots=True)
class Places:
    """All destinations: those of the configuration by name, and how one that was added is found."""

    named: Mapping[str, Destination]
    added: Added = _no_destination


def places_of(config: Config, database: Database, sandbox: Sandbox, poster: Poster) -> Places:
    """The destinations of the configuration, by the names of their tables, and of people."""
    post = partial(poster.post, seconds=config.notices.timeout_seconds)
    channels = channels_of(config, post)

    async def fill(template: str, facts: dict[str, Any]) -> str:
        return (await sandbox.fill(FillJob(template, facts))).text

    named = {
        one.name: Destination(channels[one.name], route_of(one, config), one.template or "", fill)
        for one in config.notify
    }
    return Places(named, partial(added_destination, database, config, post))


async def added_destination(
    database: Database, config: Config, post: Post, id_: UUID
) -> Destination:
    """The destination with this id, if something may be sent to it now.

    Errors: NotifyError for one that is gone, not confirmed, paused or of a kind that is not
            allowed any more; SealedError when its address cannot be decrypted here.
    """
    async with database.reading() as session:
        view = await find_destination(session, DAEMON, id_)
        if view is None or view.confirmed_at is None:
            raise NotifyError("its destination was removed", is_permanent=True)
        if view.kind not in kinds_of(config):
            raise NotifyError(f"{view.kind} is not allowed here any more", is_permanent=True)
        address = await address_of(session, id_)
        routes = (await routes_of(session, [view.user_id])).get(view.user_id, ())
    route = next((one for one in routes if one.name == view.channel), None)
    if route is None:
        raise NotifyError("its destination is paused", is_permanent=True)
    channel = channel_to(view.kind, address, config, post)
    return Destination(channel, route, user_id=view.user_id)
