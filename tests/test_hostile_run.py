"""Everything hostile at once, through the whole road, with ordinary sites in between."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from daemon.config import Config
from daemon.model.status import ErrorClass, Verdict
from daemon.operations.installation.configuration import apply
from daemon.runtime.app import open_app
from daemon.runtime.check_now import check_all
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine
from daemon.store.views.sites import list_attempts, list_sites
from tests import hostile
from tests.looking import Told
from tests.making import ADMIN, PAST

GOOD_SITES = 12
DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "attributes": (b"<p " + b"".join(b'a%d="1" ' % i for i in range(100_000)) + b">x", "text/html"),
    "deep": (b"<div>" * 100_000 + b"deep down", "text/html"),
    "unclosed": (b"<b><i><table><tr><td>" * 20_000 + b"open", "text/html"),
    "angles": (b"<" * 300_000, "text/html"),
    "one line": (b"<p>" + b"word " * 360_000, "text/html"),
    "NUL": (b"<p>a\0b\0c and \x01\x02 more</p>", "text/html"),
    "surrogates": (b"<p>\xed\xa0\x80 lone &#xD800; &#0; half</p>", "text/html; charset=utf-8"),
    "charset nobody knows": (b"<p>text</p>", "text/html; charset=klingon"),
    "charset of Python only": (b"<p>text</p>", "text/html; charset=punycode"),
    "binary as HTML": (bytes(range(256)) * 200, "text/html"),
    "nothing": (b"", "text/html"),
    "laughs": (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 9))
        + b"]><rss><channel><item><title>&a8;</title></item></channel></rss>",
        "application/rss+xml",
    ),
    "deep JSON": (b"[" * 100_000 + b"]" * 100_000, "application/json"),
    "no JSON": (b'{"a": NaN, "b": 1e999, "c": ' + b"9" * 5000, "application/json"),
    "half a PDF": (b"%PDF-1.7\n1 0 obj <<", "application/pdf"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(500), "image/png"),
    "many options": (b"<select>" + b"<option>x" * 60_000, "text/html"),
}


def behaviours() -> dict[str, hostile.Behaviour]:
    """All that a server can do to us, by name."""
    tables: tuple[Mapping[str, hostile.Behaviour], ...] = (
        hostile.TIMEOUTS,
        hostile.ENDLESS,
        hostile.TRUNCATED,
        hostile.BROKEN_CODINGS,
        hostile.NOT_HTTP,
        hostile.BAD_REDIRECTS,
    )
    found = {f"{i} {name}": b for i, table in enumerate(tables) for name, b in table.items()}
    found |= {f"bomb {name}": make() for name, make in hostile.BOMBS.items()}
    found |= {f"to {target}": hostile.redirect(target) for target in hostile.FORBIDDEN_TARGETS}
    for name, (body, content_type) in DOCUMENTS.items():
        found[f"document {name}"] = hostile.page(body, headers={"Content-Type": content_type})
    return found


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[list[dict[str, Any]]]:
    """A site for each behaviour, on a loopback address of its own, and good ones between."""
    all_of_them = behaviours()
    every = max(1, len(all_of_them) // GOOD_SITES)
    async with contextlib.AsyncExitStack() as stack:
        tables = []
        for number, (name, behave) in enumerate(all_of_them.items()):
            host = f"127.7.{number // 250}.{1 + number % 250}"
            site = await stack.enter_async_context(hostile.running(behave, host=host))
            tables.append({"name": name[:200], "url": site.url()})
            if number % every == 0:
                host = f"127.8.0.{1 + number // every}"
                site = await stack.enter_async_context(hostile.running(hostile.page(), host=host))
                tables.append({"name": f"good {number}", "url": site.url()})
        yield tables


def configuration(database_url: str, sites: list[dict[str, Any]]) -> Config:
    return Config.model_validate(
        {
            "database": {"url": database_url},
            "fetch": {
                "allow_networks": ["127.7.0.0/16", "127.8.0.0/16"],
                "respect_robots": False,
                "delay_seconds": 0.0,
                "total_timeout_seconds": 6.0,
                "connect_timeout_seconds": 5.0,
                "dns_timeout_seconds": 1.0,
                "robots_timeout_seconds": 1.0,
            },
            "site": tuple(sites),
        }
    ).settled(())


async def test_every_hostile_site_has_an_outcome_and_stops_no_other(database_url: str) -> None:
    told = Told()
    async with served() as sites:
        config = configuration(database_url, sites)
        database = Database(open_engine(database_url))
        await apply(database, ADMIN, config, PAST)
        async with open_app(config, "check", told) as app:
            await check_all(app)
        async with database.reading() as session:
            seen = await list_sites(session, ADMIN)
            attempts = [
                attempt
                for site in seen
                if site.page_id
                for attempt in await list_attempts(session, ADMIN, site.page_id, 5)
            ]
        await database.close()
    assert len(seen) == len(sites)
    assert len(attempts) == len(told.outcomes) == len(sites)
    ours = {one.error_class for one in attempts} & {error for error in ErrorClass if error.is_ours}
    assert ours <= {ErrorClass.OVERLOAD}, json.dumps(
        [(o.page.request.url, o.error_detail) for o in told.outcomes if o.error_class in ours]
    )
    good = {site.name: site.last_verdict for site in seen if site.name.startswith("good")}
    assert set(good.values()) == {Verdict.INITIAL}
    assert all(site.last_verdict == Verdict.FAILED or site.title is not None for site in seen)
