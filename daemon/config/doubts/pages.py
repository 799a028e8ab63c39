"""Finds pages watched twice, fetched twice for want of equal requests, or hardly to be read."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from importlib.util import find_spec

from daemon.config.products import ProductConfig
from daemon.config.sites import SiteConfig
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.model.request import HTTP, Request, watch_identity

_OPTIONS = {"cookie": "cookies", "authorization": "auth", "user-agent": "user_agent"}
_PARTS = {
    "method": "method",
    "body": "body",
    "proxy": "proxy",
    "keep_cookies": "keep_cookies",
    "tls": "TLS options",
    "timeout_seconds": "timeout",
    "charset": "charset",
    "renderer": "render",
    "rendering": "rendering",
    "steps": "step",
    "pictured": "screenshot",
}


def doubts_about_pages(config: Config) -> Iterator[Flaw]:
    """Each page that is asked for more often than its owners may know, or found for nothing."""
    yield from _twice(config)
    yield from _apart(config)
    yield from _unseen(config)
    for index, site in enumerate(config.sites):
        if site.discover is not None and site.kind == "feed":
            problem = 'finds pages that are read as feeds, by kind = "feed"'
            hint = "leave kind out, or type: that its list is a feed is seen by itself"
            yield Flaw(("site", index, "discover"), problem, hint)


def _unseen(config: Config) -> Iterator[Flaw]:
    """Pages that are to be shown by a browser, or pictured, by what is not here."""
    has_pillow = find_spec("PIL") is not None
    is_told = bool(config.browser.socket)
    for path, one, request in _requests(config):
        if request.pictured and not has_pillow:
            hint = "pip install 'changelogger[pictures]'"
            yield Flaw((*path[:2], "screenshot"), "needs Pillow, which is not installed", hint)
        if request.renderer == HTTP or is_told:
            continue
        is_told = True  # once is enough for all
        problem = f'"{one.name}" is to be rendered, and no browser is set up'
        yield Flaw(("browser", "socket"), problem, "docs/rendering.md says how")


def _twice(config: Config) -> Iterator[Flaw]:
    """Pages watched twice: by the same rules, for the same owner."""
    first: dict[Hashable, str] = {}
    for index, site in enumerate(config.sites):
        key = watch_identity(site.owner, site.request(), site.rules())
        yield from _again(("site", index, "url"), key, site.name, first)
    for index, product in enumerate(config.products):
        wanted = product.target_price, product.currency
        for request in product.requests():
            path: KeyPath = ("product", index, "url" if request.url == product.url else "urls")
            key = watch_identity(product.owner, request, product.rules(), *wanted)
            yield from _again(path, key, product.name, first)


def _again(path: KeyPath, key: Hashable, name: str, first: dict[Hashable, str]) -> Iterator[Flaw]:
    other = first.setdefault(key, name)
    if other != name:
        yield Flaw(
            path,
            f'is the page of "{other}", read by the same rules: each change is told twice',
            "remove one of them, or give it other rules",
        )


def _apart(config: Config) -> Iterator[Flaw]:
    """Equal URLs of one owner that are two pages, as they are not asked for in the same way."""
    known: dict[tuple[str | None, str], dict[Hashable, tuple[str, Request]]] = {}
    for path, one, request in _requests(config):
        others = known.setdefault((one.owner, request.url), {})
        if others and request.identity not in others:
            yield from _unlike(path, request, *next(iter(others.values())))
        others.setdefault(request.identity, (one.name, request))


def _requests(config: Config) -> Iterator[tuple[KeyPath, SiteConfig | ProductConfig, Request]]:
    for index, site in enumerate(config.sites):
        yield ("site", index, "url"), site, site.request()
    for index, product in enumerate(config.products):
        for request in product.requests():
            option = "url" if request.url == product.url else "urls"
            yield ("product", index, option), product, request


def _unlike(path: KeyPath, one: Request, name: str, other: Request) -> Iterator[Flaw]:
    if one.body and other.body and one.body != other.body:
        return  # two questions to one address
    options = ", ".join(_differing(one, other))
    yield Flaw(
        path,
        f'is the URL of "{name}", asked for with another {options}: it is fetched for each',
        "give both the same, such as by a [[group]], to fetch it once",
    )


def _differing(one: Request, other: Request) -> list[str]:
    """The options by which two requests to one URL differ."""
    found = [shown for part, shown in _PARTS.items() if getattr(one, part) != getattr(other, part)]
    mine, theirs = ({k.lower(): v for k, v in two.headers.items()} for two in (one, other))
    for name in sorted(mine.keys() | theirs.keys()):
        if mine.get(name) != theirs.get(name) and not (name == "content-type" and "body" in found):
            found.append(_OPTIONS.get(name, f"header {name}"))
    return found
