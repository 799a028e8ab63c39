"""The sites of config.toml, and the site types they take their defaults from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from daemon.config.options.conditions import ChangeText, NumberText, StatusCodes, Targets
from daemon.config.options.discover import Discover, DiscoverLimit
from daemon.config.requests import RequestOptions, unknown_to
from daemon.config.values import (
    DaysText,
    DelayText,
    FlapHold,
    Flaw,
    FrequencyText,
    HoursText,
    Line,
    Lines,
    NoiseRules,
    Tags,
    TimeZone,
    TypeName,
    check_url,
)
from daemon.model.request import WHOLE_PAGE, Request
from daemon.model.site import PICTURE, Rules

Watch = Literal["auto", "letter", "region"]
NotifyOn = Literal["significant", "every", "none"]
NotifyOnOfSites = Literal["auto", "significant", "every", "none"]  # auto: of its conditions
Follow = Literal["same-site", "any", "none"]
Kind = Literal["auto", "html", "feed", "json", "text", "pdf", "file", "picture"]
RULE_FIELDS = tuple(Rules.__dataclass_fields__)

BUILT_IN_TYPES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "blog": {"main_content": True},
        "news": {"main_content": True},
        "docs": {},
        "changelog": {},
        "legal": {},
        "feed": {"kind": "feed"},
        "api": {"kind": "json"},
        "json": {"kind": "json"},
        "other": {},
    }
)


Url = Annotated[str, AfterValidator(check_url)]


class SiteDefaults(RequestOptions):
    """The options that both a site type and a site can set."""

    check_frequency: FrequencyText = "daily"
    detect_within: DelayText | None = None
    hours: HoursText | None = None
    days: DaysText | None = None
    time_zone: TimeZone | None = None
    kind: Kind = "auto"
    raw: bool = False
    main_content: bool = False
    include: Lines = ()
    exclude: Lines = ()
    query: str | None = None
    links: bool = False
    attributes: Lines = ()
    extract: Lines = ()
    replace: Lines = ()
    keep_lines: Lines = ()
    drop_lines: Lines = ()
    ignore: Lines = ()
    sort_lines: bool = False
    unique_lines: bool = False
    collapse_whitespace: bool = True
    additions_only: bool = False
    sensitivity: float = Field(0.0, ge=-1.5, le=1.5)
    intent: str = Field("", max_length=500)
    watch: Watch = "auto"
    mask: NoiseRules | None = None
    notify_on: NotifyOnOfSites = "auto"
    appears: Targets = ()
    disappears: Targets = ()
    contains: Targets = ()
    count: Targets = ()
    below: NumberText | None = None
    above: NumberText | None = None
    changes_by: ChangeText | None = None
    watch_status: StatusCodes = ()
    follow: Follow = "same-site"
    flap_hold: FlapHold = "1d"
    discover: Discover | None = None
    discover_within: Lines = ()
    discover_match: Lines = ()
    discover_limit: DiscoverLimit = 100

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        yield from super().misfits(given)
        if given.get("kind") == PICTURE and given.get("render") in ("never", "auto"):
            hint = 'write render = "always", or leave it out'
            yield Flaw(("render",), 'is given beside kind = "picture"', hint)

    @property
    def pictured(self) -> str:
        return super().pictured or (WHOLE_PAGE if self.kind == PICTURE else "")

    def rules(self) -> Rules:
        """What to read from the page."""
        return Rules(**{field: getattr(self, field) for field in RULE_FIELDS})


class SiteTypeConfig(SiteDefaults):
    """Defaults for all sites of one type."""


class _Inherited(SiteDefaults):
    """What a group or a type gives a site."""

    paused: bool = False


class SiteConfig(SiteDefaults):
    """One site to watch; after loading, the defaults of its type and groups are part of it."""

    name: Line
    url: Url
    type: TypeName | None = None
    tags: Tags = ()
    owner: Line | None = None
    paused: bool = False
    not_inherited: Lines = ()

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Flaw]:
        yield from super().misfits(given)
        yield from unknown_to(_Inherited, given)

    def request(self) -> Request:
        """The request to the server, secrets included."""
        return self.request_to(self.url)


def built_in_types() -> dict[str, SiteTypeConfig]:
    """The site types that need no configuration."""
    return {name: SiteTypeConfig.model_validate(table) for name, table in BUILT_IN_TYPES.items()}
