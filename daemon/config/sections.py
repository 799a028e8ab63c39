"""The sections of config.toml, one frozen model each; every field has a default and a range."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from daemon import __version__
from daemon.config import database_url
from daemon.config.values import (
    Duration,
    Email,
    Flaw,
    HeaderLine,
    Host,
    Hosts,
    Line,
    Networks,
    RefusedError,
    Size,
    TimeZone,
    check_url,
    refused,
    refusing,
    show_duration,
)
from daemon.model.request import DIRECT

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_KEY_BYTES = 32
_KIB, _MIB, _GIB = 2**10, 2**20, 2**30


class Section(BaseModel):
    """A table of the file: strict types, no unknown keys, no change after loading."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        validate_by_alias=True,
        validate_by_name=False,
        defer_build=True,  # most of them are only read as a part of the whole
    )


class CrossChecked(Section):
    """A table whose options must fit together, also while one of them is faulty by itself."""

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        """What does not fit together in a table, as the file has it."""
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _checked_at_once(cls, given: Any, check: ModelWrapValidatorHandler[Self]) -> Self:
        flaws = [*cls.misfits(given)] if isinstance(given, Mapping) else []
        try:
            whole = check(given)
        except ValidationError as exc:
            if not flaws:
                raise
            errors = exc.errors(include_url=False)
        else:
            if flaws:
                raise RefusedError(*flaws)
            return whole
        # Outside the handler: the exception raised there carries the rejected values.
        raise ValidationError.from_exception_data(cls.__name__, [*map(_again, errors), {
            "type": "value_error", "loc": (), "input": None, "ctx": {"error": RefusedError(*flaws)},
        }])  # fmt: skip


def _again(error: ErrorDetails) -> InitErrorDetails:
    """An error as it is given to an exception."""
    said: InitErrorDetails = {"type": error["type"], "loc": error["loc"], "input": error["input"]}
    return {**said, "ctx": error["ctx"]} if "ctx" in error else said


def _secret_url(value: SecretStr) -> SecretStr:
    return SecretStr(database_url.normal_url(value.get_secret_value()))


def _secret_read_url(value: SecretStr) -> SecretStr:
    if not value.get_secret_value():
        return value
    normal = database_url.normal_url(value.get_secret_value(), to_read=True)
    if normal.startswith("sqlite"):
        raise refused("must lead to a standby of PostgreSQL", "remove it")
    return SecretStr(normal)


def _decoded_keys(text: str) -> tuple[bytes, ...]:
    try:
        return tuple(base64.b64decode(line, validate=True) for line in text.split())
    except ValueError:
        return ()


def _keys(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    keys = _decoded_keys(text)
    if text.strip() and not (keys and all(len(key) == _KEY_BYTES for key in keys)):
        raise refused("is no key of 32 bytes in base64", "make one with: openssl rand -base64 32")
    return value


EncryptionKey = Annotated[SecretStr, AfterValidator(_keys)]


class DatabaseConfig(Section):
    """The database that stores everything."""

    url: Annotated[SecretStr, AfterValidator(_secret_url)] = SecretStr(database_url.DEFAULT_URL)
    password: SecretStr = SecretStr("")
    read_url: Annotated[SecretStr, AfterValidator(_secret_read_url)] = SecretStr("")
    read_lag_seconds: float = Field(10.0, ge=1, le=3600)
    encryption_key: EncryptionKey = SecretStr("")
    pool_size: int = Field(5, ge=1, le=100)
    busy_timeout_seconds: float = Field(10.0, ge=0.1, le=600)
    statement_timeout_seconds: float = Field(60.0, ge=1, le=3600)

    @field_validator("password")
    @classmethod
    def _has_a_use(cls, password: SecretStr, info: ValidationInfo) -> SecretStr:
        url = info.data.get("url")
        if password and url and url.get_secret_value().startswith("sqlite"):
            raise refused("is of no use: SQLite has no passwords", "remove it")
        return password

    @field_validator("read_url")
    @classmethod
    def _has_a_primary(cls, read_url: SecretStr, info: ValidationInfo) -> SecretStr:
        url = info.data.get("url")
        if read_url and url and url.get_secret_value().startswith("sqlite"):
            raise refused("is of no use: SQLite has no standby", "remove it")
        return read_url

    @property
    def encryption_keys(self) -> tuple[bytes, ...]:
        """The keys for secrets in it, the newest first."""
        return _decoded_keys(self.encryption_key.get_secret_value())

    @property
    def dsn(self) -> str:
        """The URL to connect with, password included: never show it."""
        url = self.url.get_secret_value()
        if not self.password:
            return url
        return database_url.with_password(url, self.password.get_secret_value())

    @property
    def replica(self) -> DatabaseConfig | None:
        """The standby that lists are read from; with the password of the primary if it has none."""
        url = self.read_url.get_secret_value()
        if not url:
            return None
        password = self.password if not database_url.password_of(url) else SecretStr("")
        return self.model_copy(update={"url": self.read_url, "password": password})

    @property
    def shown(self) -> str:
        """The URL without its password."""
        return database_url.without_password(self.url.get_secret_value())


def _named(text: str) -> str:
    return text.replace("{version}", __version__)


_LANGUAGES = re.compile(
    r"(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q\s*=\s*(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?"
)


def _languages(text: str) -> str:
    """Source: RFC 9110 §12.5.4 (Accept-Language)."""
    for part in text.split(","):
        if not _LANGUAGES.fullmatch(part.strip()):
            raise refused("is not a list of languages", 'write for example "de, en;q=0.5"')
    return text


UserAgent = Annotated[HeaderLine, AfterValidator(_named)]


class FetchConfig(Section):
    """Limits and politeness of all fetching; the fetcher uses this very value.

    Units: `total_timeout_seconds` covers DNS, connecting, TLS, robots.txt, redirects and body.
    """

    concurrency: int = Field(64, ge=1, le=1000)
    per_host: int = Field(2, ge=1, le=64)
    delay_seconds: float = Field(1.0, ge=0, le=3600)
    respect_robots: bool = True
    total_timeout_seconds: float = Field(30.0, ge=1, le=600)
    longest_timeout_seconds: float = Field(120.0, ge=1, le=600)
    connect_timeout_seconds: float = Field(10.0, ge=0.1, le=600)
    dns_timeout_seconds: float = Field(5.0, ge=0.1, le=600)
    robots_timeout_seconds: float = Field(10.0, ge=0.1, le=600)
    max_body_bytes: Size = Field(10 * _MIB, ge=_KIB, le=_GIB)
    max_header_bytes: Size = Field(64 * _KIB, ge=_KIB, le=_MIB)
    max_redirects: int = Field(10, ge=0, le=50)
    allow_networks: Networks = ()
    user_agent: UserAgent = f"changelogger/{__version__} (self-hosted page monitor)"
    accept_language: Annotated[HeaderLine, AfterValidator(_languages)] = "en;q=0.9, *;q=0.5"
    verify_tls: bool = True
    proxy: Line = DIRECT

    # Timeouts left at their default are capped by a shorter total; only written ones are checked.
    @field_validator("connect_timeout_seconds", "dns_timeout_seconds", "robots_timeout_seconds")
    @classmethod
    def _fits_the_whole(cls, part: float, info: ValidationInfo) -> float:
        whole = info.data.get("total_timeout_seconds", part)
        if part > whole:
            raise refused(f"must not be longer than total_timeout_seconds, which is {whole:g}")
        return part


class DocumentsConfig(Section):
    """The recycled worker processes that read documents, and their limits."""

    workers: int = Field(0, ge=0, le=64)
    cpu_seconds: int = Field(5, ge=1, le=120)
    memory_bytes: Size = Field(512 * _MIB, ge=128 * _MIB, le=16 * _GIB)
    tasks_per_worker: int = Field(500, ge=1, le=1_000_000)


class ScheduleConfig(Section):
    """Bounds on how often anything is checked."""

    maximum_interval: Duration = Field(30 * DAY, ge=MINUTE, le=365 * DAY)
    minimum_interval: Duration = Field(MINUTE, ge=timedelta(seconds=1), le=365 * DAY)
    jitter: float = Field(0.05, ge=0, le=1)
    freshness_stretch: float = Field(1.0, ge=1, le=100)
    catch_up: Duration = Field(5 * MINUTE, ge=timedelta(0), le=DAY)
    failure_backoff_maximum: Duration = Field(DAY, ge=MINUTE, le=30 * DAY)
    lease: Duration = Field(2 * MINUTE, ge=timedelta(seconds=10), le=HOUR)
    time_zone: TimeZone = "UTC"

    @field_validator("minimum_interval")
    @classmethod
    def _is_below_the_maximum(cls, minimum: timedelta, info: ValidationInfo) -> timedelta:
        maximum = info.data.get("maximum_interval", minimum)
        if minimum > maximum:
            limit = show_duration(maximum)
            raise refused(f"must not be longer than maximum_interval, which is {limit}")
        return minimum


def _for_ever_or_an_hour(value: timedelta) -> timedelta:
    if value and not HOUR <= value <= 36500 * DAY:
        raise refused('must be from 1h to 36500d, or "0" to keep for ever')
    return value


Retention = Annotated[Duration, AfterValidator(_for_ever_or_an_hour)]


def _no_quota_or_a_mebibyte(value: int) -> int:
    if value and not _MIB <= value <= 1024 * _GIB:
        raise refused("must be from 1 MiB to 1024 GiB, or 0 for no quota")
    return value


Quota = Annotated[Size, AfterValidator(_no_quota_or_a_mebibyte)]


class RetentionConfig(Section):
    """How long data is kept, and how much of each site; zero means no limit."""

    snapshots: Retention = 90 * DAY
    snapshots_per_site: int = Field(10, ge=1, le=10_000)
    site_bytes: Quota = 200 * _MIB
    attempts: Retention = 30 * DAY
    prices: Retention = 365 * DAY
    trends: Retention = 1825 * DAY
    updates: Retention = timedelta(0)
    notices: Retention = 90 * DAY
    removed: Retention = 90 * DAY
    audit: Retention = 365 * DAY
    removal_grace: Duration = Field(10 * MINUTE, ge=timedelta(0), le=7 * DAY)


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _address(text: str) -> str:
    return check_url(text) if text else text


def _endpoint(text: str) -> str:
    return _address(text).rstrip("/")


def _secret_address(url: SecretStr) -> SecretStr:
    return SecretStr(_address(url.get_secret_value()))


Severity = Literal["minor", "moderate", "major", "critical"]


class AnalysisConfig(Section):
    """A model that analyses changes after the check; off without a URL."""

    url: Annotated[str, AfterValidator(_endpoint)] = ""
    model: str = Field("", max_length=100, validate_default=True)
    api_key: SecretStr = SecretStr("")
    intent: str = Field("", max_length=500)
    minimum_severity: Annotated[Severity, BeforeValidator(_lower)] = "minor"
    response_format: Annotated[
        Literal["json_schema", "json_object", "none"], BeforeValidator(_lower)
    ] = "json_schema"
    wait: Duration = Field(timedelta(minutes=2), ge=timedelta(0), le=timedelta(hours=1))
    timeout_seconds: float = Field(60.0, ge=1, le=600)
    tries: int = Field(4, ge=1, le=20)
    concurrency: int = Field(1, ge=1, le=16)
    max_input_characters: int = Field(12_000, ge=500, le=200_000)
    max_output_tokens: int = Field(800, ge=50, le=8000)
    monthly_tokens: int = Field(1_000_000, ge=0, le=10**12)
    monthly_cost: float = Field(0.0, ge=0, le=10**6)
    input_price: float = Field(0.0, ge=0, le=10**4)
    output_price: float = Field(0.0, ge=0, le=10**4)
    mask_emails: bool = True
    mask_phones: bool = True
    mask_tokens: bool = True

    @field_validator("model")
    @classmethod
    def _is_named(cls, model: str, info: ValidationInfo) -> str:
        if info.data.get("url") and not model.strip():
            raise refused("is needed with url", 'such as model = "llama3.1"')
        return model.strip()

    @property
    def is_on(self) -> bool:
        """Whether a model is configured."""
        return bool(self.url)


class HealthConfig(Section):
    """The internal endpoint for probes, status and metrics, and the outgoing heartbeat."""

    enabled: bool = True
    host: Host = "127.0.0.1"
    port: int = Field(8787, ge=0, le=65535)
    allowed_hosts: Hosts = ("localhost", "127.0.0.1", "[::1]")
    ping_url: Annotated[SecretStr, AfterValidator(_secret_address)] = SecretStr("")

    def listening_as(self, other: HealthConfig) -> HealthConfig:
        """This section with the endpoint of another, as an open endpoint cannot move."""
        return other.model_copy(update={"ping_url": self.ping_url})


class LoggingConfig(Section):
    """What is logged, and in which format."""

    level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"], BeforeValidator(_lower)
    ] = "info"
    format: Annotated[Literal["auto", "console", "json"], BeforeValidator(_lower)] = "auto"


def check_quiet(text: str) -> str:
    """Quiet hours, as 22:00-07:00."""
    from daemon.alerting.timing import parse_quiet  # loads what a file without them does not need

    with refusing():
        parse_quiet(text)
    return text


class PreferencesConfig(Section):
    """How a person likes pages and notifications; None is as usual."""

    time_zone: TimeZone | None = None
    dates: Literal["relative", "exact"] = "relative"
    page_size: int | None = Field(None, ge=10, le=200)
    severity: Severity | None = None
    quiet: Annotated[str, AfterValidator(check_quiet)] | None = None


class OwnerConfig(Section):
    """A person who owns sites."""

    id: Line
    email: Email
    username: Line | None = None
    preferences: PreferencesConfig | None = None


LOCAL_OWNER = OwnerConfig(id="local", email="local@localhost", username="local")
