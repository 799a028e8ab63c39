"""Operations on channels: list them and look one up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.alerting.matching import is_about
from daemon.config import NotifyConfig
from daemon.model.errors import RequestError
from daemon.model.viewer import Viewer


@dataclass(frozen=True, slots=True)
class ChannelView:
    """A channel for display, without its URL, which is a secret."""

    name: str
    owner: str | None
    kind: str  # webhook, mail, or the scheme of its URL
    digest: str | None  # its schedule; None for immediate delivery
    quiet: str | None


def list_channels(channels: Sequence[NotifyConfig], viewer: Viewer) -> list[ChannelView]:
    """The viewer's channels, in the order of the configuration."""
    return [_channel(one) for one in channels if _is_theirs(one, viewer)]


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
    return ChannelView(one.name, one.owner, _kind(one), one.digest, one.quiet)


def _kind(one: NotifyConfig) -> str:
    if one.is_webhook:
        return "webhook"
    return "mail" if one.is_mail else one.url.get_secret_value().partition(":")[0]
