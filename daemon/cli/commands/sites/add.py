"""`sites add`: a new site, held to the same rules as those of the file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.rules import rule_options, site_from, written
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, json_line, say
from daemon.cli.terminal.times import utc_now
from daemon.redaction import redact_text

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, SiteConfig


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
    from daemon.cli.commands.sites.duplicates import once_for
    from daemon.operations.opening import prepare

    config = setting.load()
    site = site_from(config, written(given))
    prepare(config)
    added, others = asyncio.run(_add(config, site, is_named=given["name"] is not None))
    url, every = redact_text(added.url), added.check_frequency
    if as_json:
        facts = {"name": added.name, "url": url, "check_frequency": every}
        json_line(facts | {"same_page_as": others})
        return
    say(f"watching {added.name}: {url} ({every})")
    if others:
        hint(once_for(others))


async def _add(config: Config, site: SiteConfig, *, is_named: bool) -> tuple[SiteConfig, list[str]]:
    from daemon.cli.commands.sites.duplicates import watching_too
    from daemon.operations.described import owners_of, spec_of
    from daemon.operations.viewers import local_owner
    from daemon.store.catalogue.owners import sync_owners
    from daemon.store.catalogue.sites import add_sites
    from daemon.store.catalogue.specs import asked_of_pages
    from daemon.store.core.opening import open_database
    from daemon.store.views.sites import names_and_urls
    from daemon.transfer.naming import Names

    async with open_database(config.database) as database, database.writing() as session:
        known = dict(await names_and_urls(session, spec_of(site, config).owner_id))
        spec = spec_of(site, config)
        others = watching_too(
            [spec], await asked_of_pages(session, local_owner(config), [spec.request])
        )
        if site.name in known and is_named:
            raise Failure(
                f"{site.name!r} is watched already: {known[site.name]}; take another --name",
                exits.USAGE,
            )
        site = site.model_copy(update={"name": Names(known).free(site.name)})
        await sync_owners(session, owners_of(config))
        await add_sites(session, [spec_of(site, config)], utc_now())
    return site, others
