"""`products add`: a new product, held to the same rules as those of the file."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.rules import written
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import hint, json_line, say
from daemon.cli.terminal.times import utc_now
from daemon.redaction import redact_text

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.config.products import ProductConfig
    from daemon.config.values import KeyPath

_OPTIONS = {"check_frequency": "--every", "urls": "URL", "url": "URL", "target_price": "--target"}


@click.command(cls=Command)
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--name", help="What to call it; else host and path of the first URL.")
@click.option("--target", "target_price", metavar="AMOUNT", help="Tell when it costs so little.")
@click.option("--currency", metavar="CODE", help="Of the amounts here: EUR, USD, …")
@click.option("--every", "check_frequency", metavar="TIME", help="15m, 6h, daily, '0 9 * * mon'.")
@click.option("--category", help="To sort by.")
@click.option("--selector", help="Where the price stands, where it is misread: CSS or XPath.")
@click.option("--variant", help="Which of several, where the URL does not say.")
@click.option("--locale", metavar="TAG", help="How numbers are written there: de-DE, …")
@click.option("--drop-amount", metavar="AMOUNT", help="Tell when it costs so much less.")
@click.option("--drop-percent", metavar="NUMBER", help="Tell when it costs so many percent less.")
@click.option("--lowest-in-days", type=int, metavar="DAYS", help="Tell when it was never cheaper.")
@click.option("--any-drop/--no-any-drop", default=None, help="Tell every drop, or not.")
@click.option("--back-in-stock/--no-back-in-stock", default=None, help="Tell when it is back.")
@click.option("--price-rise", is_flag=True, default=None, help="Tell when it costs more.")
@click.option("--rise-percent", metavar="NUMBER", help="Only by so many percent or more.")
@click.option("--out-of-stock", is_flag=True, default=None, help="Tell when it is sold out.")
@click.option("--discontinued", is_flag=True, default=None, help="Tell when it is sold no longer.")
@click.option("--only-when-buyable", is_flag=True, default=None, help="Drops wait for the stock.")
@click.option("--owner", metavar="ID", help="Whose it is; else the first owner's.")
@click.option("--paused", is_flag=True, default=None, help="Keep it, do not look yet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def add(setting: Setting, /, as_json: bool, **given: Any) -> None:
    """Follow the price and the stock of one product, at one URL or several.

    It is checked at once when the daemon runs, and then on its schedule.
    """
    from daemon.cli.commands.sites.duplicates import once_for
    from daemon.config.reading.given import given_product
    from daemon.operations.opening import prepare
    from daemon.url import name_from

    config = setting.load()
    table = {"name": name_from(str(given["urls"][0])), **written(given)}
    product = given_product(config, table, _option)
    prepare(config)
    others = asyncio.run(_add(config, product))
    if as_json:
        facts = {"name": product.name, "urls": list(map(redact_text, product.addresses))}
        json_line(facts | {"same_page_as": others})
        return
    at = ", ".join(map(redact_text, product.addresses))
    say(f"following {product.name}: {at} ({product.check_frequency})")
    if others:
        hint(once_for(others))


def _option(path: KeyPath) -> str:
    name = str(path[0]) if path else "product"
    return _OPTIONS.get(name, f"--{name.replace('_', '-')}")


async def _add(config: Config, product: ProductConfig) -> list[str]:
    from daemon.cli.commands.sites.duplicates import watching_too
    from daemon.operations.described import owners_of, product_specs
    from daemon.operations.viewers import local_owner
    from daemon.store.catalogue.owners import sync_owners
    from daemon.store.catalogue.products import add_products
    from daemon.store.catalogue.specs import asked_of_pages
    from daemon.store.core.opening import open_database
    from daemon.store.views.products import find_products

    async with open_database(config.database) as database, database.writing() as session:
        known = await find_products(session, local_owner(config), [product.name])
        taken = [one.url for one in known if one.name == product.name]
        if any(one.owner_id == product.owner for one in known if one.name == product.name):
            raise Failure(
                f"{product.name!r} is followed already: {', '.join(taken)}; take another --name",
                exits.USAGE,
            )
        specs = product_specs(product, config)
        requests = [spec.request for spec in specs]
        others = watching_too(specs, await asked_of_pages(session, local_owner(config), requests))
        await sync_owners(session, owners_of(config))
        await add_products(session, specs, utc_now())
    return others
