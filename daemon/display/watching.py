"""Says how a site is watched: its rules, its schedule, and how its page is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from daemon.display.times import local
from daemon.display.words import count
from daemon.model.request import AUTO, BROWSER, DIRECT, Timed
from daemon.model.site import CHAIN, Rules
from daemon.schedule.next_check import is_cron
from daemon.wording import duration

_NO_RULES = Rules()
WATCHED = {
    "letter": "to the letter: any difference of what is chosen counts",
    "region": "as a region: what is chosen, without what changes at every visit",
    "picture": "by how it looks, without how the same thing is drawn another time",
    "page": "as a whole page, without what changes at every visit",
    "pages": "as a list of pages: those that are new, and those no longer listed",
}
# What the states are in which a site shows nothing, and others that need more than a word.
STATES = {
    "blind": "something else stands in place of the page, such as a login or a block page",
    "absent": "the page is there, but what its rules choose is not",
    "undecided": "a condition cannot be told from what is read",
    "unhealthy": "failing or blind",
    "failing": "the page, or what is chosen of it, cannot be read",
    "silenced": "checked as ever, but nobody is notified",
    "paused": "not checked",
    "new": "not checked yet",
}
NOTIFIED = {
    "conditions": "of its conditions alone, and of failures",
    "significant": "of the changes that matter, or those that a [[notify]] table asks for instead",
    "every": "of every change, also of those that do not matter",
    "none": "of no change, only of failures, recoveries and certificates",
}
FOLLOWED = {
    "same-site": "redirects within its site",
    "any": "redirects to any site",
    "none": "no redirects",
}


_RENDERED = {
    AUTO: "rendered by a browser where it shows nothing without one",
    BROWSER: "rendered by a browser",
}


class Asked(Protocol):
    """How a page is asked for, without its secrets."""

    @property
    def method(self) -> str: ...
    @property
    def has_body(self) -> bool: ...
    @property
    def headers(self) -> Sequence[str]: ...
    @property
    def timeout_seconds(self) -> float: ...
    @property
    def charset(self) -> str: ...
    @property
    def renderer(self) -> str: ...
    @property
    def proxy(self) -> str: ...
    @property
    def sealed(self) -> str: ...


def reading_rules(rules: Rules) -> Iterator[tuple[str, str]]:
    """What its owner set of the chain in which it is read, in the order of the steps."""
    for name in CHAIN:
        value = getattr(rules, name)
        if value == getattr(_NO_RULES, name):
            continue
        written = value if isinstance(value, tuple) else (value,)
        yield name, {True: "yes", False: "no"}.get(value) or ", ".join(f"'{o}'" for o in written)


def noise_rules(rules: Rules, watch: str) -> Iterator[tuple[str, str]]:
    """What its owner says of noise, and of going back and forth."""
    if rules.mask is not None:
        yield "masked", ", ".join(rules.mask) or "nothing"
    if watch in ("letter", "pages"):
        return  # a value has no flaps, nor has a list of pages
    if not rules.flap_hold:
        yield "flaps", "told: going back is a change each time"
    elif rules.flap_hold != _NO_RULES.flap_hold:
        yield "flaps", f"not told where a page was the same less than {rules.flap_hold} ago"


def discovering(rules: Rules, listed: int, watched: int) -> Iterator[tuple[str, str]]:
    """What a site discovers, and how much of it is watched."""
    how = {"sitemap": "by its sitemap", "links": "by its links"}[rules.discover or "links"]
    within = f" inside {', '.join(rules.discover_within)}" if rules.discover_within else ""
    matching = f", like {', '.join(rules.discover_match)}" if rules.discover_match else ""
    yield "discovers", f"pages {how}{within}{matching}"
    yield "pages", f"{count(listed, 'page')} listed, {watched:,} watched"


def schedule(timed: Timed) -> str:
    """When its owner wants it checked."""
    hours = " ".join(filter(None, (timed.days, timed.hours)))
    often = timed.check_frequency
    if timed.detect_within and often == "auto":
        often = f"auto, so that changes are seen within {timed.detect_within}"
    if hours:
        return f"{often}, {hours} {timed.time_zone}"
    return f"{often} {timed.time_zone}" if is_cron(often) else often


def asked_for(request: Asked) -> str:
    """How its page is asked for."""
    parts = [f"by {request.method}{', with a body' if request.has_body else ''}"]
    if request.headers:
        parts.append(f"with the headers {', '.join(request.headers)}")
    if request.timeout_seconds:
        parts.append(f"within {duration(request.timeout_seconds)}")
    if request.renderer in _RENDERED:
        parts.append(_RENDERED[request.renderer])
    if request.charset:
        parts.append(f"read as {request.charset}")
    return "; ".join([*parts, request.sealed] if request.sealed else parts)


def way(request: Asked) -> str:
    """Through which proxy its page is asked for; nothing where none is chosen for it."""
    if not request.proxy:
        return ""
    return "none" if request.proxy == DIRECT else f"through {request.proxy}"


def certificate(ends_at: datetime, now: datetime) -> str:
    """How long the certificate of its page is good for."""
    left = (ends_at - now).total_seconds()
    if left <= 0:
        return f"the certificate ended at {local(ends_at)}"
    return f"the certificate is good for {duration(left)}, until {local(ends_at)}"
