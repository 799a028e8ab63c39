"""A request to a server, when its owners want it made, and the validators for repeating it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, Protocol
from urllib.parse import urlsplit

from daemon.redaction import MASK, is_open_header

# These send no body and change nothing, so they may be conditional (RFC 9110 §9.2, §13).
BODYLESS = frozenset({"GET", "HEAD"})
DIRECT = "none"  # instead of the name of a proxy

Resource = Literal["image", "media", "font", "stylesheet"]
StepAction = Literal[
    "click", "type", "choose", "press", "check", "uncheck", "hover", "wait_for", "wait",
    "scroll", "go", "script", "banner", "remove",
]  # fmt: skip

HTTP, AUTO, BROWSER = "http", "auto", "browser"  # what a page is fetched with
PART_MARK = "data-changelogger-part"  # of an element whose place on a picture is known
MOST_PARTS = 400  # of a page, that are offered to choose from
WHOLE_PAGE = ":root"  # of what a picture is taken
RENDER = {HTTP: "never", AUTO: "auto", BROWSER: "always"}  # in the words of the configuration
RENDERING_OPTIONS = ("wait_for", "wait", "scroll", "block", "viewport")
USUAL_BLOCK: tuple[Resource, ...] = ("image", "media", "font")
USUAL_VIEWPORT = 1280, 800
USUAL_REQUESTS = 1000  # of one page: real ones make 100 to 400, lists that are scrolled more

MOST_CHANGES = 120  # that a rhythm keeps


@dataclass(frozen=True, slots=True)
class Tls:
    """How TLS is spoken with a site, where it differs from all others; files by name, in PEM."""

    client_certificate: str = ""
    client_key: str = ""  # in the file of the certificate when empty
    ca_file: str = ""  # trusted besides the authorities of the system
    verify: bool | None = None  # None: as for all sites


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done on a page before it is read.

    Shape: `target` is the element: a CSS selector, `text:…` or an XPath; `value` is what is typed,
           chosen, pressed or run, how long, how often or where to. What is typed is a secret.
           `is_login` marks what is done only by one who is logged out; `host` is where alone the
           value may be typed besides the page's own site.
    """

    action: StepAction
    target: str = ""
    value: str = field(default="", repr=False)
    is_login: bool = False
    is_optional: bool = False
    host: str = ""

    def options(self) -> dict[str, object]:
        """What is given of it, by the names of the configuration; what is typed is masked."""
        value: object = MASK if self.action == "type" else self.value
        if self.action == "scroll":
            value = int(self.value)
        said = {self.action: value or self.target}
        given = {
            "in": self.target if value else "",
            "at": self.host,
            "login": self.is_login,
            "optional": self.is_optional,
        }
        return said | {name: one for name, one in given.items() if one}

    def __str__(self) -> str:
        """In words, without what is secret or long."""
        shown = "" if self.action in ("type", "script") else self.value[:60]
        place = f"in {self.target}" if self.action in ("type", "choose", "press") else self.target
        return " ".join(filter(None, (self.action, shown, place if self.target else "")))


@dataclass(frozen=True, slots=True)
class Rendering:
    """What is waited for and left out; without any of it, as usual.

    Shape: `selector`, `text` and `seconds` are waited for, all that are given; `scrolls` is how
           many screens are scrolled down; `block` None is the usual; `viewport` (0, 0) as well.
    """

    selector: str = ""
    text: str = ""
    seconds: float = 0.0
    scrolls: int = 0
    block: tuple[Resource, ...] | None = None
    viewport: tuple[int, int] = (0, 0)

    def options(self) -> dict[str, object]:
        """What is given of it, by the names of the configuration."""
        width, height = self.viewport
        given = {
            "wait_for": f"text:{self.text}" if self.text else self.selector,
            "wait": timedelta(seconds=self.seconds) if self.seconds else None,
            "scroll": self.scrolls,
            "block": self.block,
            "viewport": f"{width}x{height}" if width else None,
        }
        return {name: value for name, value in given.items() if value or value == ()}


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a server. Pages with equal requests are one page.

    Shape: cookies and authentication are headers; `body` is sent as UTF-8. `page_key` is the key
           of its page in the database, where a plain hash would let its secrets be guessed.
           `sealed` says why its secrets are missing here: such a request must not be made.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    renderer: str = HTTP
    body: str = field(default="", repr=False)
    proxy: str = ""  # by name; "none" for none, and "" for that of all pages
    keep_cookies: bool = False
    tls: Tls | None = None
    timeout_seconds: float = 0.0  # for all of a check; 0: as for all pages
    charset: str = ""  # whatever the server says
    rendering: Rendering | None = None  # None: as usual, where it is rendered at all
    steps: tuple[Step, ...] = ()  # taken by a browser before the page is read
    pictured: str = ""  # of which element a picture is kept; "" takes none
    page_key: str = field(default="", compare=False, repr=False)
    sealed: str = ""

    @property
    def has_secrets(self) -> bool:
        """Whether anything in it, besides its URL, may be a secret."""
        if self.body or self.keep_cookies or self.typed:
            return True
        return any(not is_open_header(name) for name in self.headers)

    @property
    def typed(self) -> tuple[str, ...]:
        """What its steps type, in their order: secrets."""
        return tuple(step.value for step in self.steps if step.action == "type")

    def typing(self, values: Iterable[str]) -> Request:
        """The same with these values to type, in the order of its steps."""
        left = iter(values)
        steps = (
            replace(step, value=next(left, "")) if step.action == "type" else step
            for step in self.steps
        )
        return replace(self, steps=tuple(steps))

    def led_to(self, url: str) -> Request:
        """The request for a page that the answer to this one names.

        Shape: a plain GET; another origin gets nothing that may be secret.
        """
        plain = replace(self, url=url, method="GET", body="", page_key="", steps=())
        headers = {name: v for name, v in self.headers.items() if name.lower() != "content-type"}
        if urlsplit(url)[:2] == urlsplit(self.url)[:2]:
            return replace(plain, headers=headers)
        headers = {name: value for name, value in headers.items() if is_open_header(name)}
        tls = self.tls and replace(self.tls, client_certificate="", client_key="")
        return replace(plain, headers=headers, keep_cookies=False, tls=tls)

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """The identity of a request: all of it, in any order of the headers.

        Shape: what is not given is left out, so that a new option makes no known page another.
        """
        known = self.method, self.url, tuple(sorted(self.headers.items())), self.renderer
        names = (
            *("body", "proxy", "keep_cookies", "tls", "timeout_seconds", "charset"),
            *("rendering", "steps", "pictured", "sealed"),
        )
        given = ((name, getattr(self, name)) for name in names)
        return (*known, *(option for option in given if option[1]))


@dataclass(frozen=True, slots=True)
class Timing:
    """When an owner wants a request made, in the words of the configuration.

    Shape: `hours` and `days` bound the looks, by the clock of the time zone; None is no bound.
    """

    check_frequency: str = "daily"
    time_zone: str | None = None
    hours: str | None = None  # "08:00-12:00, 13:00-17:00"
    days: str | None = None  # "mon-fri"
    detect_within: str | None = None  # "2h", with the frequency "auto"


class Timed(Protocol):
    """What has the options of a timing: a site or a product as described, and its row."""

    @property
    def check_frequency(self) -> str: ...
    @property
    def time_zone(self) -> str | None: ...
    @property
    def hours(self) -> str | None: ...
    @property
    def days(self) -> str | None: ...
    @property
    def detect_within(self) -> str | None: ...


def screenshot_of(request: Request) -> bool | str:
    """Of what a picture is kept, in the words of the configuration."""
    return request.pictured == WHOLE_PAGE or request.pictured


def timing_in(one: Timed) -> Timing:
    """The timing of a site or a product."""
    return Timing(one.check_frequency, one.time_zone, one.hours, one.days, one.detect_within)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a page was seen to have changed: the last times, oldest first.

    Units: each is the instant of the check before and that of the check that saw it, in whole
           seconds since 1970.
    """

    changes: tuple[tuple[int, int], ...] = ()

    def and_seen(self, after: int, seen: int) -> Rhythm:
        """With one more change; the oldest are forgotten."""
        return Rhythm((*self.changes, (min(after, seen), seen))[-MOST_CHANGES:])


NO_RHYTHM = Rhythm()


def watch_identity(
    owner_id: str | None, request: Request, rules: Hashable, *wanted: Hashable
) -> Hashable:
    """An identity shared by all sites, or products, of one owner with the same page and rules.

    Shape: names and frequencies make no difference. `wanted` adds what the owner of a product
           waits for; rules and amounts are compared as values, not as text.
    """
    return owner_id, request.identity, rules, wanted


@dataclass(frozen=True, slots=True)
class Validators:
    """A server's validators for conditional requests (RFC 9110 §8.8), opaque to us."""

    etag: str | None = None
    last_modified: str | None = None


NO_VALIDATORS = Validators()
