"""Makes the channels of the configuration, by name."""

from __future__ import annotations

from daemon.config import Config, NotifyConfig
from daemon.notify.apprised import Apprised
from daemon.notify.mail import Mail, MailServer, recipient_of
from daemon.notify.values import Channel, Post
from daemon.notify.webhook import Webhook


def channels_of(config: Config, post: Post) -> dict[str, Channel]:
    """A channel for every [[notify]]; no connection is opened before the first message."""
    return {one.name: channel_of(one, config, post) for one in config.notify}


def channel_of(one: NotifyConfig, config: Config, post: Post) -> Channel:
    """The channel of a [[notify]]."""
    url = one.url.get_secret_value()
    if one.is_webhook:
        return Webhook(url, one.secret.get_secret_value(), post)
    if one.is_mail:
        return Mail(recipient_of(url), mail_server(config))
    return Apprised(url, config.notices.timeout_seconds)


def mail_server(config: Config) -> MailServer:
    """The mail server of the configuration."""
    mail = config.mail
    return MailServer(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        sender=mail.sender,
        username=mail.username,
        password=mail.password.get_secret_value(),
        timeout_seconds=config.notices.timeout_seconds,
    )
