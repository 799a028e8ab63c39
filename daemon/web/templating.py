"""Fills the templates: text of others is always text, whatever it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from daemon.characters import marked, visible, visible_line
from daemon.display.times import ago, local, stamp, until
from daemon.display.words import count, percent, short_id
from daemon.redaction import redact_text
from daemon.web.asset_files import assets
from daemon.wording import byte_size, duration

_FOLDER = Path(__file__).with_name("templates")
_REL = "noopener noreferrer nofollow"


@cache
def environment() -> Environment:
    """The templates with their filters, which are compiled as they are first used."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        address=address,
        bytes=byte_size,
        count=count,
        duration=duration,
        lasting=lasting,
        line=visible_line,
        link=link,
        marked=marked,
        moment=moment,
        percent=percent,
        short_id=short_id,
        soon=soon,
        stamp=stamp,
    )
    made.globals["asset"] = _asset
    return made


def render(template: str, values: Mapping[str, Any]) -> str:
    """The text of a page."""
    return environment().get_template(template).render(values)


def link(url: str, text: str = "") -> Markup:
    """A foreign address, to be followed if it is http or https; its text has no secrets."""
    shown = visible_line(text or redact_text(url))
    if not url.startswith(("http://", "https://")) or visible_line(url) != url:
        return Markup("<span>{}</span>").format(shown)
    return Markup('<a href="{}" rel="{}">{}</a>').format(url, _REL, shown)


def address(url: str) -> str:
    """A foreign address as words: without its scheme, and without secrets."""
    return visible_line(redact_text(url)).partition("://")[2] or visible_line(redact_text(url))


@pass_context
def lasting(context: Context, since: datetime | None) -> Markup:
    """For how long something is so, with the exact instant for hovering; nothing for no instant."""
    if since is None:
        return Markup("")
    told = Markup(' for <time datetime="{}" title="since {}">{}</time>')
    return told.format(stamp(since), local(since), ago(since, context["now"]))


@pass_context
def soon(context: Context, instant: datetime | None) -> Markup:
    """An instant to come; one that has passed is due now."""
    if instant is not None and instant <= context["now"]:
        return Markup.escape("now")
    return moment(context, instant, "never")


@pass_context
def moment(context: Context, instant: datetime | None, missing: str = "never") -> Markup:
    """An instant as it is from now, with the exact one for hovering and for the script."""
    if instant is None:
        return Markup.escape(missing)
    now: datetime = context["now"]
    told = f"in {until(instant, now)}" if instant > now else f"{ago(instant, now)} ago"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        stamp(instant), local(instant), told
    )


def _shown(value: object) -> object:
    """What an expression of a template puts out, before it is escaped."""
    if value is None:
        return "–"
    return visible(value) if type(value) is str else value


def _asset(name: str) -> str:
    return assets()[name].path
