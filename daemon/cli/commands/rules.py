"""The options for what to read of a page, shared by `sites add` and `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, SiteConfig
    from daemon.config.values import KeyPath

_F = TypeVar("_F", bound=Callable[..., Any])
_OPTIONS = {"check_frequency": "--every", "url": "URL"}
_RULES = (
    click.option("--type", metavar="TYPE", help="blog, news, docs, feed, json, …: its defaults."),
    click.option("--kind", metavar="KIND", help="auto, html, feed, json, text or pdf."),
    click.option("--main-content/--whole-page", default=None, help="The article alone, or all."),
    click.option("--include", multiple=True, metavar="SELECTOR", help="Read this; repeatable."),
    click.option("--exclude", multiple=True, metavar="SELECTOR", help="But not this; repeatable."),
    click.option("--query", metavar="JMESPATH", help="Of JSON, read this."),
    click.option("--links", is_flag=True, default=None, help="With the addresses of links."),
    click.option("--attributes", multiple=True, metavar="NAME", help="With its value; repeatable."),
    click.option(
        "--extract", multiple=True, metavar="REGEX", help="Of the text, read the matches."
    ),
    click.option(
        "--replace", multiple=True, metavar="'REGEX -> TEXT'", help="Put TEXT for matches."
    ),
    click.option("--keep-lines", multiple=True, metavar="REGEX", help="Read only such lines."),
    click.option("--drop-lines", multiple=True, metavar="REGEX", help="Leave such lines out."),
    click.option(
        "--follow",
        type=click.Choice(["same-site", "any", "none"]),
        help="Which redirects may lead to the page.",
    ),
)


def rule_options(command: _F) -> _F:
    """The command with the options of the rules, in this order."""
    for option in reversed(_RULES):
        command = option(command)
    return command


def written(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options given on the command line, as in the file."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in given.items()
        if value is not None and value != ()
    }


def site_from(config: Config, table: Mapping[str, Any]) -> SiteConfig:
    """The site that these options describe; its default name is host and path.

    Errors: ConfigError, which names the options.
    """
    from daemon.config.reading.given import given_site
    from daemon.url import name_from

    return given_site(config, {"name": name_from(str(table["url"])), **table}, _option)


def _option(path: KeyPath) -> str:
    name = str(path[0]) if path else "site"
    return _OPTIONS.get(name, f"--{name.replace('_', '-')}")
