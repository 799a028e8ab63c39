"""`sites add` and `sites import`: new sites, held to the same rules as those of the file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

import click

from daemon.cli import exits
from daemon.cli.rules import name_from, rule_options, site_from, written
from daemon.cli.setting import Setting
from daemon.cli.shape import Command, Failure
from daemon.cli.show import count, hint, json_line, say
from daemon.cli.times import seconds, utc_now

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, SiteConfig

_NAME_LENGTH = 255
_FAULTS_SHOWN = 20
_URL_SIGNS = frozenset("/?=&%#")  # what is behind a comma and holds one of these is no name


@click.command(cls=Command)
@click.argument("url")
@click.option("--name", help="What to call it; else host and path.")
@click.option("--every", "check_frequency", metavar="TIME", help="15m, 6h, daily, '0 9 * * mon'.")
@rule_options
@click.option("--ignore", multiple=True, metavar="REGEX", help="Show such text, but do not mind.")
@click.option("--additions-only", is_flag=True, default=None, help="What goes is no change.")
@click.option("--sensitivity", type=float, help="-1.5 to 1.5; less than 0: fewer changes matter.")
@click.option("--intent", metavar="TEXT", help="What a model is to look for.")
@click.option("--owner", metavar="ID", help="Whose it is; else the first owner's.")
@click.option("--paused", is_flag=True, default=None, help="Keep it, do not look yet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def add(setting: Setting, /, as_json: bool, **given: Any) -> None:
    """Watch URL.

    It is checked at once when the daemon runs, and then on its schedule.
    `changelogger check URL`, with the same options, shows what would be read.
    """
    from daemon.cli.opened import prepare

    config = setting.load()
    site = site_from(config, written(given))
    prepare(config)
    added = asyncio.run(_add(config, site, is_named=given["name"] is not None))
    if as_json:
        json_line({"name": added.name, "url": added.url, "check_frequency": added.check_frequency})
    else:
        say(f"watching {added.name}: {added.url} ({added.check_frequency})")


async def _add(config: Config, site: SiteConfig, *, is_named: bool) -> SiteConfig:
    from daemon.store.opening import open_database
    from daemon.store.owners import sync_owners
    from daemon.store.sites import add_sites
    from daemon.store.views import names_and_urls
    from daemon.store.wanted import owners_of, spec_of

    async with open_database(config.database) as database, database.writing() as session:
        known = dict(await names_and_urls(session, spec_of(site, config).owner_id))
        if site.name in known and (is_named or known[site.name] == site.url):
            raise Failure(
                f"{site.name!r} is watched already: {known[site.name]}; take another --name",
                exits.USAGE,
            )
        site = site.model_copy(update={"name": _free_name(site.name, known)})
        await sync_owners(session, owners_of(config))
        await add_sites(session, [spec_of(site, config)], utc_now())
    return site


@click.command("import", cls=Command)
@click.argument("file", type=click.File(encoding="utf-8-sig", errors="replace"))
@click.option("--type", metavar="TYPE", help="The type of all of them, with its defaults.")
@click.option("--every", "check_frequency", metavar="TIME", help="15m, 6h, daily, '0 9 * * mon'.")
@click.option("--owner", metavar="ID", help="Whose they are; else the first owner's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the counts.")
@click.pass_obj
def import_(setting: Setting, /, file: TextIO, as_json: bool, **given: Any) -> int:
    """Watch the URLs of FILE, one per line; `-` is standard input.

    A name may follow the URL after a tab or a comma. Empty lines and lines that begin with # are
    passed over, as are URLs that are watched already. Lines that cannot be used are told, the
    others imported; the exit code is then 2.
    """
    from daemon.cli.opened import prepare

    began = time.monotonic()
    config = setting.load()
    model = site_from(config, {"url": "https://example.org/", **written(given)})
    prepare(config)
    result = asyncio.run(_import(config, model, file))
    for fault in result.faults[:_FAULTS_SHOWN]:
        click.echo(fault, err=True)
    if as_json:
        counts = {"added": result.added, "known": result.known, "refused": len(result.faults)}
        json_line({**counts, "seconds": round(time.monotonic() - began, 3)})
    else:
        say(_told(result))
        hint(f"took {seconds(time.monotonic() - began)}")
    return exits.USAGE if result.faults else exits.FINE


# The interpreter shows the result of a task to nobody, but makes its repr: keep it small.
@dataclass
class _Import:
    """What has become of the lines so far."""

    names: set[str] = field(repr=False)
    urls: set[str] = field(repr=False)
    sites: list[SiteConfig] = field(default_factory=list, repr=False)
    added: int = 0
    known: int = 0
    faults: list[str] = field(default_factory=list, repr=False)


def _told(result: _Import) -> str:
    told = [f"{count(result.added, 'site')} added"]
    if result.known:
        told.append(f"{result.known:,} known already")
    if result.faults:
        told.append(f"{count(len(result.faults), 'line')} refused")
    return ", ".join(told)


async def _import(config: Config, model: SiteConfig, lines: Iterable[str]) -> _Import:
    from daemon.store.opening import open_database
    from daemon.store.owners import sync_owners
    from daemon.store.sites import add_sites
    from daemon.store.views import names_and_urls
    from daemon.store.wanted import owners_of, spec_of

    owner = spec_of(model, config).owner_id
    async with open_database(config.database) as database, database.writing() as session:
        known = await names_and_urls(session, owner)
        result = _Import({name for name, _ in known}, {url for _, url in known})
        _take(lines, model, result)
        await sync_owners(session, owners_of(config))
        await add_sites(session, [spec_of(site, config) for site in result.sites], utc_now())
    result.added = len(result.sites)
    return result


def _take(lines: Iterable[str], model: SiteConfig, result: _Import) -> None:
    from daemon.config.values import RefusedError, one_line
    from daemon.errors import UrlError
    from daemon.url import parse_url

    for number, text, given in _rows(lines):
        try:
            url = parse_url(text)
            name = one_line(given) if given else ""
        except (UrlError, RefusedError) as exc:
            result.faults.append(f"line {number}: {exc}")
            continue
        if url in result.urls:
            result.known += 1
        elif name in result.names or len(name) > _NAME_LENGTH:
            result.faults.append(f"line {number}: the name {name[:60]!r} is taken or too long")
        else:
            name = name or _free_name(name_from(url), result.names)
            result.urls.add(url)
            result.names.add(name)
            result.sites.append(model.model_copy(update={"name": name, "url": url}))


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Number, URL and name of each line that has something to say."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            yield number, *_url_and_name(text)


def _url_and_name(text: str) -> tuple[str, str]:
    url, tab, name = text.partition("\t")
    if not tab:
        url, comma, name = text.partition(",")
        if not comma or _URL_SIGNS.intersection(name):
            return text, ""
    return url.strip().strip('"'), name.strip().strip('"')


def _free_name(name: str, taken: Iterable[str]) -> str:
    known = taken if isinstance(taken, set | dict) else set(taken)
    number, free = 1, name
    while free in known:
        number += 1
        free = f"{name[: _NAME_LENGTH - 10]} ({number})"
    return free
