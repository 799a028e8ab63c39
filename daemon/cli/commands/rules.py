"""The options for how to ask for a page and what to read of it, shared by several commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, SiteConfig
    from daemon.config.values import KeyPath

_F = TypeVar("_F", bound=Callable[..., Any])
_OPTIONS = {
    "check_frequency": "--every",
    "url": "URL",
    "tags": "--tag",
    "json": "--json-body",
    "headers": "--header",
    "cookies": "--cookie",
    "auth.username": "--username",
    "auth.password": "--password",
    "auth.token": "--token",
}
_PAIRS = {"header": "headers", "cookie": "cookies", "form": "form"}
_AUTH = ("username", "password", "token")
_SECRET = ("body", "json_body", "form", "header", "cookie", "password", "token")
_REQUEST = (
    click.option("--timeout", metavar="TIME", help="For one check of it, such as 20s."),
    click.option("--user-agent", metavar="TEXT", help="To ask as this program."),
    click.option("--charset", metavar="NAME", help="Of its text, whatever it says itself."),
    click.option("--client-certificate", metavar="FILE", help="To show to its server, in PEM."),
    click.option("--client-key", metavar="FILE", help="Of that certificate, if not in its file."),
    click.option("--ca-file", metavar="FILE", help="Trust these authorities too, in PEM."),
    click.option("--verify-tls/--no-verify-tls", default=None, help="Check its certificate."),
    click.option("--method", metavar="METHOD", help="GET; with a body, by itself POST."),
    click.option("--body", metavar="TEXT", help="What to send."),
    click.option("--json-body", metavar="JSON", help="What to send, as JSON."),
    click.option("--form", multiple=True, metavar="NAME=TEXT", help="A field to send; repeatable."),
    click.option("--header", multiple=True, metavar="NAME=TEXT", help="To send; repeatable."),
    click.option("--cookie", multiple=True, metavar="NAME=TEXT", help="To send; repeatable."),
    click.option("--username", help="Log in by this name (HTTP Basic)."),
    click.option("--password", help="Its password: '${file:PATH}' keeps it out of the history."),
    click.option("--proxy", metavar="NAME", help="Through this [[proxy]]; none for no proxy."),
    click.option(
        "--keep-cookies", is_flag=True, default=None, help="Keep the cookies that are set."
    ),
    click.option("--render", metavar="WHEN", help="By a browser: never, auto or always."),
    click.option("--wait-for", metavar="SELECTOR", help="Until this is there, or 'text:…'."),
    click.option("--wait", metavar="TIME", help="For a browser's page to settle, such as 3s."),
    click.option("--scroll", type=int, metavar="N", help="Down so many screens."),
    click.option("--viewport", metavar="SIZE", help="Of a browser's page, such as 1280x800."),
    click.option("--token", help="Log in by this token (Bearer): '${NAME}' is a variable."),
)
_TYPE = click.option(
    "--type", metavar="TYPE", help="blog, news, docs, feed, json, …: its defaults."
)
_RULES = (
    click.option("--kind", metavar="KIND", help="auto, html, feed, json, text, pdf or file."),
    click.option("--raw", is_flag=True, default=None, help="The source itself, line by line."),
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
    click.option("--sort-lines", is_flag=True, default=None, help="Their order says nothing."),
    click.option("--unique-lines", is_flag=True, default=None, help="Nor their repetition."),
    click.option(
        "--collapse-whitespace/--keep-whitespace", default=None, help="Many spaces are one, or not."
    ),
    click.option("--ignore", multiple=True, metavar="REGEX", help="Show it, but do not compare."),
    click.option(
        "--follow",
        type=click.Choice(["same-site", "any", "none"]),
        help="Which redirects may lead to the page.",
    ),
)
_DISCOVER = (
    click.option(
        "--discover",
        type=click.Choice(["sitemap", "links"]),
        help="Watch the pages that it names, each as a site of its own.",
    ),
    click.option(
        "--discover-within",
        multiple=True,
        metavar="SELECTOR",
        help="Of links, only those inside this; repeatable.",
    ),
    click.option(
        "--discover-match",
        multiple=True,
        metavar="PATTERN",
        help="Only such addresses: '/guide/*', or 're:REGEX'; repeatable.",
    ),
    click.option("--discover-limit", type=int, metavar="NUMBER", help="At most so many; else 100."),
)
_HOURS = (
    click.option("--detect-within", metavar="TIME", help="With --every auto: the accepted delay."),
    click.option("--hours", metavar="RANGES", help="Only then: 08:00-18:00, or several."),
    click.option("--days", metavar="DAYS", help="Only on these: mon-fri, or 'mon, thu'."),
    click.option("--time-zone", metavar="ZONE", help="Whose clock that is: Europe/Berlin, …"),
)

_CONDITIONS = (
    click.option("--appears", multiple=True, metavar="TARGET", help="Notify as it comes or goes."),
    click.option("--disappears", multiple=True, metavar="TARGET", help="The same, as it goes."),
    click.option("--contains", multiple=True, metavar="TARGET", help="All of these at once."),
    click.option("--count", multiple=True, metavar="TARGET", help="How often it is there."),
    click.option("--below", metavar="NUMBER", help="As the chosen number falls below this."),
    click.option("--above", metavar="NUMBER", help="As it rises above this."),
    click.option("--changes-by", metavar="AMOUNT", help="As it moves by so much: 2.50, or 5%."),
    click.option(
        "--watch-status", multiple=True, metavar="CODE", help="Such an answer is a state, or all."
    ),
)


def _masks(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> Any:
    """The named rules; a list without any for "none", which is another thing than no option."""
    return [] if given == ("none",) else given


def _hold(_context: click.Context, _option: click.Parameter, given: str | None) -> Any:
    """The length of time as written; false for the word."""
    return False if given == "false" else given


_JUDGING = (
    click.option(
        "--mask",
        multiple=True,
        metavar="RULE",
        callback=_masks,
        help="Of the noise rules only this, or none; repeatable.",
    ),
    click.option("--additions-only", is_flag=True, default=None, help="What goes is no change."),
    click.option(
        "--sensitivity", type=float, help="-1.5 to 1.5; less than 0: fewer changes matter."
    ),
    click.option("--intent", metavar="TEXT", help="What a model is to look for."),
    click.option(
        "--watch",
        type=click.Choice(["auto", "letter", "region"]),
        help="letter: any difference counts.",
    ),
    click.option(
        "--notify-on",
        type=click.Choice(["auto", "significant", "every", "none"]),
        help="Of which changes to notify.",
    ),
    click.option(
        "--flap-hold",
        metavar="TIME",
        callback=_hold,
        help="How long going back may be a flap, such as 6h; else 1d. `false`: never.",
    ),
)
NOT_INHERITED = click.option(
    "--not-inherited",
    multiple=True,
    metavar="OPTION",
    help="Take this from no group or type; repeatable.",
)


def rule_options(command: _F) -> _F:
    """The command with the options of the rules, of conditions and of pages, in this order."""
    return _with((_TYPE, *_RULES, *_CONDITIONS, *_DISCOVER), command)


def editable_options(command: _F) -> _F:
    """The command with the options that can be changed of a site, in this order."""
    return _with((*_HOURS, *_RULES, *_CONDITIONS, *_DISCOVER, *_JUDGING), command)


def judging_options(command: _F) -> _F:
    """The command with the options for what of a difference matters, and is told."""
    return _with(_JUDGING, command)


def hours_options(command: _F) -> _F:
    """The command with the options for the hours in which to check."""
    return _with(_HOURS, command)


def _with(options: Sequence[Callable[[_F], _F]], command: _F) -> _F:
    for option in reversed(options):
        command = option(command)
    return command


def request_options(command: _F) -> _F:
    """The command with the options of the request, in this order."""
    for option in reversed(_REQUEST):
        command = option(command)
    return command


def written(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options given on the command line, as in the file.

    Errors: ConfigError for a reference to a secret that is not there.
    """
    table = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in given.items()
        if value is not None and value != ()
    }
    return table | _request(table)


def typed(command: click.Command, given: Mapping[str, Any]) -> str:
    """The options given on the command line, as one types them, without what may be secret."""
    words: list[str] = []
    for option in command.params:
        value = given.get(option.name or "")
        if value in (None, ()) or not isinstance(option, click.Option):
            continue
        if option.is_flag:
            words.append(option.opts[0] if value else option.secondary_opts[0])
            continue
        shown = "…" if option.name in _SECRET else None
        for one in value if option.multiple else (value,):
            words += [option.opts[0], shown or quote(str(one))]
    return "".join(f" {word}" for word in words)


def _request(table: dict[str, Any]) -> dict[str, Any]:
    """The options of the request, taken out of the table, with their references filled in."""
    request: dict[str, Any] = {
        option: _pairs(name, table.pop(name)) for name, option in _PAIRS.items() if name in table
    }
    if "json_body" in table:
        request["json"] = table.pop("json_body")
    if "body" in table:
        request["body"] = table.pop("body")
    if auth := {name: table.pop(name) for name in _AUTH if name in table}:
        request["auth"] = auth
    return _filled(request) if request else {}


def _pairs(name: str, given: Iterable[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise click.BadParameter("write NAME=TEXT", param_hint=f"--{name}")
        pairs[key.strip()] = value
    return pairs


def _filled(request: dict[str, Any]) -> dict[str, Any]:
    from daemon.config.reading.references import Revealed, expand
    from daemon.model.errors import ConfigError, Fault

    revealed = Revealed()
    expand(request, os.environ, revealed)
    if revealed.flaws:
        raise ConfigError([Fault(option_of(f.path), "", f.problem, f.hint) for f in revealed.flaws])
    return request


def site_from(config: Config, table: Mapping[str, Any]) -> SiteConfig:
    """The site that these options describe; its default name is host and path.

    Errors: ConfigError, which names the options.
    """
    from daemon.config.reading.given import given_site
    from daemon.url import name_from

    return given_site(config, {"name": name_from(str(table["url"])), **table}, option_of)


def option_of(path: KeyPath) -> str:
    """The option of the command line for a key of the file."""
    name = str(path[0]) if path else "site"
    whole = ".".join(map(str, path[:2]))
    return _OPTIONS.get(whole) or _OPTIONS.get(name, f"--{name.replace('_', '-')}")
