"""Operations on channels: list them with how they fare, look one up, and send it a test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid4

from daemon.alerting.matching import is_about
from daemon.alerting.values import Route
from daemon.config import Config, NotifyConfig
from daemon.config.notify import ALL_KINDS
from daemon.model.errors import NotifyError, RequestError
from daemon.model.viewer import Viewer
from daemon.store.core.database import Database
from daemon.store.people.routes import paused_since
from daemon.store.queue.channels import ChannelFigures as ChannelFigures
from daemon.store.queue.channels import figures_of_channels
from daemon.wording import duration, listed

_WORDS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel for display, without its URL, which is a secret."""

    name: str
    owner: str | None
    kind: str  # webhook, mail, or the scheme of its URL
    digest: str | None  # its schedule; None for immediate delivery
    quiet: str | None
    wishes: tuple[str, ...] = ()  # what it asks for beyond what all do, in words


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """A channel, what became of its notifications lately, and since when it is paused."""

    view: ChannelView
    fared: ChannelFigures
    paused_since: datetime | None = None


def list_channels(channels: Sequence[NotifyConfig], viewer: Viewer) -> list[ChannelView]:
    """The viewer's channels, in the order of the configuration."""
    return [_channel(one) for one in channels if _is_theirs(one, viewer)]


async def report_channels(
    database: Database, channels: Sequence[NotifyConfig], viewer: Viewer
) -> list[ChannelReport]:
    """The viewer's channels, with when each took something last and why it did not."""
    views = list_channels(channels, viewer)
    names = [(one.owner or "", one.name) for one in views]
    async with database.reading() as session:
        figures = await figures_of_channels(session, viewer, names)
        paused = await paused_since(session, names)
    return [ChannelReport(*one) for one in zip(views, figures, paused, strict=True)]


def unreported_channels(channels: Sequence[NotifyConfig], viewer: Viewer) -> list[ChannelReport]:
    """The viewer's channels without a database that knows how they fared."""
    return [ChannelReport(one, ChannelFigures()) for one in list_channels(channels, viewer)]


async def send_test(config: Config, viewer: Viewer, name: str, now: datetime) -> None:
    """Send a real message to the channel of this name, whatever digest or quiet hours say.

    Errors: RequestError for no such channel; NotifyError when it is not taken in time.
    """
    from daemon.fetch.posting import Poster
    from daemon.notify.channels import channel_of
    from daemon.notify.samples import sample

    place = the_channel(config.notify, viewer, name)
    seconds = config.notices.timeout_seconds
    async with Poster(config.fetch) as poster:
        channel = channel_of(place, config, partial(poster.post, seconds=seconds))
        message = sample(place.name, str(place.owner), now, uuid4().hex)
        try:
            async with asyncio.timeout(seconds):
                await channel.send(message)
        except TimeoutError:
            raise NotifyError(f"no receipt within {duration(seconds)}") from None


def the_channel(channels: Sequence[NotifyConfig], viewer: Viewer, name: str) -> NotifyConfig:
    """The channel of this name.

    Errors: RequestError, which lists the existing ones.
    """
    theirs = {one.name: one for one in channels if _is_theirs(one, viewer)}
    if name not in theirs:
        known = ", ".join(theirs) or "none"
        raise RequestError("channel", name, f"there is no [[notify]] {name!r}; there is: {known}")
    return theirs[name]


def told_of(
    channels: Sequence[NotifyConfig],
    owner: str,
    name: str,
    site_type: str | None,
    tags: Sequence[str],
) -> list[ChannelView]:
    """The channels of an owner on which this site or product is told, if it passes their wishes."""
    return [
        _channel(one)
        for one in channels
        if one.owner == owner and is_about(one, name, site_type, tags)
    ]


def _is_theirs(channel: NotifyConfig, viewer: Viewer) -> bool:
    return viewer.is_admin or channel.owner == viewer.user_id


def _channel(one: NotifyConfig) -> ChannelView:
    return ChannelView(one.name, one.owner, _kind(one), one.digest, one.quiet, tuple(wishes(one)))


def wishes(one: NotifyConfig | Route) -> Iterator[str]:
    """What a channel is notified of, in words."""
    is_all = not one.kinds or set(one.kinds) == set(ALL_KINDS)
    everything = "everything that matters" if one.only_significant else "everything"
    yield everything if is_all else ", ".join(one.kinds)
    if not one.only_significant:
        yield "also of changes that do not matter"
    if one.least_severity != "minor":
        yield f"changes from {one.least_severity} on"
    for noun, words in (("named", one.names), ("of type", one.site_types), ("tagged", one.tags)):
        if words:
            yield f"only what is {noun} {listed(words, _WORDS_SHOWN)}"
    if one.include:
        yield f"only with {listed(one.include, _WORDS_SHOWN)}"
    if one.exclude:
        yield f"not with {listed(one.exclude, _WORDS_SHOWN)}"
    if one.digest:
        yield f"as a digest, {one.digest}"
    if one.quiet:
        yield f"not at {one.quiet}"


def _kind(one: NotifyConfig) -> str:
    if one.is_webhook:
        return "webhook"
    return "mail" if one.is_mail else one.url.get_secret_value().partition(":")[0]
