"""`products add`: adds a product, under the same rules as those of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.adding import (
    added,
    tell_first_check,
    tell_not_installed,
    tell_shared,
    tell_unkept,
)
from daemon.cli.commands.owned import among_people
from daemon.cli.commands.rules import (
    NOT_INHERITED,
    hours_options,
    option_of,
    request_options,
    written,
)
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import json_line, say
from daemon.model.site import Rules
from daemon.redaction import redact_text

if TYPE_CHECKING:  # for annotations alone
    from daemon.config.values import KeyPath

_OPTIONS = {
    "check_frequency": "--every",
    "urls": "URL",
    "url": "URL",
    "target_price": "--target",
    "tags": "--tag",
}


@click.command(cls=Command)
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--name", help="What to call it; else host and path of the first URL.")
@click.option("--target", "target_price", metavar="AMOUNT", help="Tell when it costs so little.")
@click.option("--currency", metavar="CODE", help="Of the amounts here: EUR, USD, …")
@click.option("--every", "check_frequency", metavar="TIME", help="15m, daily, '0 9 * * mon', auto.")
@hours_options
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
@click.option(
    "--notify-on",
    type=click.Choice(["significant", "every", "none"]),
    help="every: of each price, in stock or not; none: only of failures.",
)
@click.option(
    "--follow",
    type=click.Choice(["same-site", "any", "none"]),
    help="Which redirects may lead to the page.",
)
@request_options
@NOT_INHERITED
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="To find it by; repeatable.")
@click.option("--owner", metavar="USER", help="Whose it is; else the first owner's.")
@click.option("--paused", is_flag=True, default=None, help="Keep it, do not look yet.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def add(setting: Setting, /, as_json: bool, **given: Any) -> None:
    """Follow the price and the stock of one product, at one URL or several.

    It is checked at once when the daemon runs, and then on its schedule.
    """
    from daemon.config.reading.given import given_product
    from daemon.operations.managing import add_product
    from daemon.url import name_from

    config, table = among_people(setting.load(), written(given))
    table = {"name": name_from(str(given["urls"][0])), **table}
    product = given_product(config, table, _option)
    done = added(config, add_product, product)
    tell_not_installed(Rules(include=(product.selector or "",)))
    if as_json:
        facts = {"name": product.name, "urls": list(map(redact_text, product.addresses))}
        json_line(facts | {"same_page_as": done.same_page_as})
        return
    at = ", ".join(map(redact_text, product.addresses))
    say(f"following {product.name}: {at} ({product.check_frequency})")
    tell_shared(done.same_page_as)
    tell_unkept(config, product)
    tell_first_check(config, product)


def _option(path: KeyPath) -> str:
    name = str(path[0]) if path else "product"
    return _OPTIONS.get(name) or option_of(path)
