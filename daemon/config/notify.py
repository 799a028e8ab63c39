"""The tables [notices], [mail] and [[notify]]: who is notified of what, where and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, Strict

from daemon.alerting.destinations import id_in
from daemon.config.sections import DAY, HOUR, MINUTE, Section, Severity, check_quiet
from daemon.config.values import (
    Duration,
    Line,
    Tags,
    TimeZone,
    check_email,
    check_host,
    check_url,
    one_line,
    refused,
    refusing,
)

_MAILTO = "mailto:"

Kind = Literal["change", "price", "failing", "recovered", "certificate", "moved"]
ALL_KINDS: tuple[Kind, ...] = (
    "change",
    "price",
    "failing",
    "recovered",
    "certificate",
    "moved",
)
Words = Annotated[tuple[Line, ...], Strict(False)]
Days = Annotated[
    tuple[Annotated[int, Field(ge=1, le=365)], ...], Strict(False), Field(max_length=10)
]
Kinds = Annotated[tuple[Kind, ...], Strict(False)]


class NoticesConfig(Section):
    """When errors of a site are notified, and how often delivery is tried."""

    failures: int = Field(3, ge=1, le=1000)
    remind_every: Duration = Field(DAY, ge=timedelta(0), le=365 * DAY)
    certificate_days: Days = (14, 7, 1)
    gather: Duration = Field(MINUTE, ge=timedelta(0), le=HOUR)
    max_tries: int = Field(12, ge=1, le=100)
    timeout_seconds: float = Field(30.0, ge=1, le=300)


def _checked_host(text: str) -> str:
    return check_host(text) if text else text


def _checked_sender(text: str) -> str:
    return check_email(one_line(text)) if text else text


class MailConfig(Section):
    """The server that accepts our mail."""

    host: Annotated[str, AfterValidator(_checked_host)] = ""
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, AfterValidator(_checked_sender)] = ""
    username: str = ""
    password: SecretStr = SecretStr("")


def _is_leading_somewhere(url: SecretStr) -> SecretStr:
    """A URL with a scheme that some channel supports; the rest is not shown."""
    text = url.get_secret_value()
    scheme, colon, rest = text.partition(":")
    if not colon or not scheme or not rest:
        raise refused("is not a URL", 'write for example "mailto:me@example.org"')
    if scheme.lower() in ("http", "https"):
        check_url(text)
    elif scheme == "mailto" and not rest.startswith("//"):
        _check_recipient(rest)
    elif not rest.startswith("//"):
        raise refused("is not a URL", 'write for example "https://…", "mailto:…" or "ntfy://…"')
    return url


def _check_recipient(text: str) -> None:
    name, at, domain = text.partition("?")[0].partition("@")
    if not (name and at and domain) or any(c in text for c in " \t\r\n,<>"):
        raise refused("is not a mail address", 'write for example "mailto:me@example.org"')


def _checked_digest(text: str) -> str:
    from daemon.alerting.timing import (
        parse_digest,  # loads what a file without digests does not need
    )

    with refusing():
        parse_digest(text)
    return text


def _checked_template(text: str) -> str:
    from daemon.alerting.template import check_template  # as above

    try:
        check_template(text)
    except ValueError as exc:
        raise refused(f"is not a template: {exc}") from None
    return text


def _secret_key(secret: SecretStr) -> SecretStr:
    import base64
    import binascii

    text = secret.get_secret_value()
    if text.startswith("whsec_"):
        try:
            base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise refused("is not base64 after whsec_") from None
    return secret


def _free_name(text: str) -> str:
    if id_in(text) is not None:
        raise refused("is the name of a destination that somebody has added", "give another one")
    return text


class NotifyConfig(Section):
    """One destination of one owner: what it is notified of, and when."""

    name: Annotated[Line, Field(max_length=100), AfterValidator(_free_name)]
    url: Annotated[SecretStr, AfterValidator(_is_leading_somewhere)]
    owner: Line | None = None
    secret: Annotated[SecretStr, AfterValidator(_secret_key)] = SecretStr("")
    kinds: Kinds = ALL_KINDS
    least_severity: Severity = "minor"
    only_significant: bool = True
    names: Words = ()
    site_types: Words = ()
    tags: Tags = ()
    include: Words = ()
    exclude: Words = ()
    digest: Annotated[str, AfterValidator(_checked_digest)] | None = None
    at_once_from: Severity | None = None
    time_zone: TimeZone | None = None
    quiet: Annotated[str, AfterValidator(check_quiet)] | None = None
    daily_cap: int = Field(0, ge=0, le=100_000)
    failures: int | None = Field(None, ge=1, le=1000)
    remind_every: Duration | None = Field(None, ge=timedelta(0), le=365 * DAY)
    certificate_days: Days | None = None
    template: Annotated[str, Field(max_length=20_000), AfterValidator(_checked_template)] | None = (
        None
    )

    @property
    def is_mail(self) -> bool:
        """Whether it is sent through [mail]."""
        url = self.url.get_secret_value()
        return url.startswith(_MAILTO) and not url.startswith(_MAILTO + "//")

    @property
    def is_webhook(self) -> bool:
        """Whether it is our own signed webhook."""
        return self.url.get_secret_value().lower().startswith(("http://", "https://"))

    @property
    def is_foreign(self) -> bool:
        """Whether it is a service that only Apprise supports."""
        return not (self.is_webhook or self.is_mail)
