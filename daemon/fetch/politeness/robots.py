"""Applies robots.txt (RFC 9309), fetched once per origin and cached for hours."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from weakref import WeakValueDictionary

from protego import Protego

from daemon.fetch.body import READABLE
from daemon.fetch.headers import clean_line
from daemon.fetch.politeness.throttle import MAX_CRAWL_DELAY_SECONDS
from daemon.model.errors import FetchError
from daemon.model.request import Tls
from daemon.model.status import ErrorClass
from daemon.url import host_of, origin_of

ROBOTS_MAX_BYTES = 500 * 1024
DEFAULT_TTL_SECONDS = 12 * 3600.0
MIN_TTL_SECONDS = 600.0
MAX_TTL_SECONDS = 24 * 3600.0
NETWORK_RETRY_SECONDS = 30.0  # a dead host is retried soon, but not by each of its pages
STATUS_RETRY_SECONDS = 600.0
GRACE_SECONDS = 12 * 3600.0  # then an unreachable robots.txt counts as missing
MAX_ORIGINS = 50_000
MAX_TEXT_CHARS = 16 * 1024 * 1024
MAX_ANSWERS = 256
_PARSED_ON_LOOP_CHARS = 32 * 1024
_MAX_EXPLAINED_LINES = 500
_STATUS_FAULTS = frozenset({ErrorClass.HTTP_5XX, ErrorClass.RATE_LIMITED})
# These are not errors of the server or the network: RFC 9309 §2.3.1.2, §2.3.1.3.
_UNAVAILABLE = frozenset({ErrorClass.REDIRECT, ErrorClass.BLOCKED})
_OURS = frozenset(
    {ErrorClass.PROXY, ErrorClass.OVERLOAD, ErrorClass.INTERNAL, ErrorClass.UNSUPPORTED}
)

Way = tuple[str, Tls | None]  # the proxy that a request names, and how TLS is spoken
_Key = tuple[Way, str]  # and the origin
USUAL_WAY: Way = ("", None)


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """The response for one robots.txt."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    retry_after_seconds: float | None = None


@dataclass(slots=True)
class _Origin:
    """What is known about one origin, until `expires_at`."""

    expires_at: float
    text: str = ""
    crawl_delay_seconds: float = 0.0
    fault: FetchError | None = None
    failing_since: float | None = None
    answers: dict[str, str | None] = field(default_factory=dict)


class Robots:
    """The rules of every requested origin by every way, bounded in number and in bytes.

    Shape: a server may tell each way another robots.txt: each route, and each way to speak TLS.
    """

    def __init__(
        self,
        ask: Callable[[Way, str], Awaitable[RobotsAnswer]],
        user_agent: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._agent = user_agent.partition("/")[0].strip() or "*"
        self._clock = clock
        self._origins: OrderedDict[_Key, _Origin] = OrderedDict()
        self._text_chars = 0
        self._locks: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()

    async def permit(self, url: str, way: Way = USUAL_WAY) -> float:
        """The Crawl-delay of a URL that may be fetched this way.

        Units:  seconds, 0 (none asked) to 60.
        Errors: FetchError(robots) with the rule that forbids it; while robots.txt itself is
                unreachable, a FetchError of the class that says why.
        """
        origin = await self._origin((way, origin_of(url)))
        if origin.fault is not None:
            raise _copied(origin.fault)
        if not origin.text:
            return 0.0
        if url not in origin.answers:
            if len(origin.answers) >= MAX_ANSWERS:
                origin.answers.clear()
            origin.answers[url] = await self._refusal(origin, url)
        refusal = origin.answers[url]
        if refusal is not None:
            raise FetchError(ErrorClass.ROBOTS, refusal, final_url=url)
        return origin.crawl_delay_seconds

    async def _origin(self, key: _Key) -> _Origin:
        known = self._fresh(key)
        if known is not None:
            return known
        # The first caller fetches, within its own deadline; if it is cancelled, the next one does.
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            known = self._fresh(key)
            if known is None:
                known = await self._learn(key)
                self._remember(key, known)
            return known

    def _fresh(self, key: _Key) -> _Origin | None:
        known = self._origins.get(key)
        if known is None or known.expires_at <= self._clock():
            return None
        self._origins.move_to_end(key)
        return known

    async def _learn(self, key: _Key) -> _Origin:
        way, name = key
        try:
            answer = await self._ask(way, f"{name}/robots.txt")
        except FetchError as exc:
            if exc.error_class in _OURS:
                raise
            if exc.error_class in _UNAVAILABLE:
                return _Origin(self._clock() + STATUS_RETRY_SECONDS)
            return self._unreachable(key, exc)
        if answer.status == 429 or answer.status >= 500:
            return self._unreachable(key, _status_fault(answer))
        text = answer.content.decode("utf-8-sig", "replace") if answer.status in READABLE else ""
        origin = _Origin(
            self._clock() + _ttl_seconds(answer.headers.get("cache-control", "")), text
        )
        if text:
            parsed = await _parsed(text)
            origin.crawl_delay_seconds = _clamped(parsed.crawl_delay(self._agent))
        return origin

    def _unreachable(self, key: _Key, fault: FetchError) -> _Origin:
        now = self._clock()
        before = self._origins.get(key)
        since = before.failing_since if before and before.failing_since is not None else now
        wait = NETWORK_RETRY_SECONDS
        if fault.error_class in _STATUS_FAULTS:
            wait = max(STATUS_RETRY_SECONDS, min(fault.retry_after_seconds or 0, 3600.0))
        if before is not None and before.fault is None and before.text:
            # Rules once read stay in force while the file is unreachable: RFC 9309 §2.4.
            return _Origin(now + wait, before.text, before.crawl_delay_seconds, None, since)
        if now - since >= GRACE_SECONDS:
            return _Origin(now + STATUS_RETRY_SECONDS, failing_since=since)
        return _Origin(now + wait, fault=_explained(fault), failing_since=since)

    def _remember(self, key: _Key, origin: _Origin) -> None:
        before = self._origins.pop(key, None)
        self._text_chars += len(origin.text) - (len(before.text) if before else 0)
        self._origins[key] = origin
        while len(self._origins) > MAX_ORIGINS or self._text_chars > MAX_TEXT_CHARS:
            _, dropped = self._origins.popitem(last=False)
            self._text_chars -= len(dropped.text)

    async def _refusal(self, origin: _Origin, url: str) -> str | None:
        parsed = await _parsed(origin.text)
        if parsed.can_fetch(url, self._agent):
            return None
        rule = _forbidding_rule(origin.text, self._agent, url)
        return clean_line(f"robots.txt of {host_of(url)} forbids it to {self._agent}: {rule}")


async def _parsed(text: str) -> Protego:
    if len(text) <= _PARSED_ON_LOOP_CHARS:
        return _parsed_small(text)
    # Half a megabyte of rules takes 0.4 s of CPU: not on the loop.
    return await asyncio.to_thread(Protego.parse, text)


@lru_cache(maxsize=16)
def _parsed_small(text: str) -> Protego:
    return Protego.parse(text)


def _forbidding_rule(text: str, agent: str, url: str) -> str:
    """The longest matching Disallow line, from the groups for this agent."""
    lines = _disallow_lines(text, agent.lower())
    matching = [
        rule
        for rule in lines[:_MAX_EXPLAINED_LINES]
        if not Protego.parse(f"User-agent: *\nDisallow: {rule}").can_fetch(url, agent)
    ]
    return f"Disallow: {max(matching, key=len)}" if matching else "by its rules"


def _disallow_lines(text: str, agent: str) -> list[str]:
    rules: dict[str, list[str]] = {}
    names: list[str] = []
    in_rules = False
    for line in text.splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            names = [*names, value.lower()] if not in_rules else [value.lower()]
            in_rules = False
        elif key in ("allow", "disallow"):
            in_rules = True
            if key == "disallow" and value:
                for name in names:
                    rules.setdefault(name, []).append(value)
    return rules.get(agent) or rules.get("*") or []


def _ttl_seconds(cache_control: str) -> float:
    for directive in cache_control.lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name == "max-age" and value.isascii() and value.isdigit():
            seconds = MAX_TTL_SECONDS if len(value) > 6 else float(value)
            return min(max(seconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS)
    return DEFAULT_TTL_SECONDS


def _clamped(delay: float | None) -> float:
    if delay is None or math.isnan(delay):
        return 0.0
    return min(max(delay, 0.0), MAX_CRAWL_DELAY_SECONDS)


def _status_fault(answer: RobotsAnswer) -> FetchError:
    limited = answer.status == 429
    return FetchError(
        ErrorClass.RATE_LIMITED if limited else ErrorClass.HTTP_5XX,
        f"the server answered {answer.status}",
        status=answer.status,
        retry_after_seconds=answer.retry_after_seconds,
    )


def _explained(fault: FetchError) -> FetchError:
    detail = f"robots.txt could not be had, so nothing else was asked: {fault.detail}"
    return _copied(fault, clean_line(detail))


def _copied(fault: FetchError, detail: str | None = None) -> FetchError:
    """A new exception each time: a raised one carries its traceback and would grow."""
    return FetchError(
        fault.error_class,
        detail or fault.detail,
        status=fault.status,
        retry_after_seconds=fault.retry_after_seconds,
    )
