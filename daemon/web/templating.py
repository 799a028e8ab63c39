"""Fills the templates: text of others is always text, whatever it holds."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from jinja2.meta import find_referenced_templates
from markupsafe import Markup

from daemon.characters import marked, visible, visible_line
from daemon.display.outcomes import outcome_words, rendering_words
from daemon.display.times import ago, local, stamp, until
from daemon.display.watching import STATES
from daemon.display.words import count, percent, short_id
from daemon.redaction import KnownSecrets, redact_text
from daemon.search.query import Query, pieces
from daemon.web.asset_files import assets
from daemon.wording import byte_size, duration

_FOLDER = Path(__file__).with_name("templates")
_REL = "noopener noreferrer nofollow"
_COMPILED: set[str] = set()
# Where the foot says what a page has cost, which is known once the rest is whole.
COST = Markup("<!--cost-->")
# Where the instant stands at which a page was asked for: it is no part of what the page says.
SHOWN_AT = Markup("<!--shown-at-->")
_LONGEST = 300  # of a text in which is searched
_BEFORE, _AFTER = 20, 40  # characters that are seen before what was found, and of it


@cache
def environment() -> Environment:
    """The templates with their filters."""
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
        here=here,
        lasting=lasting,
        line=visible_line,
        link=link,
        marked=marked,
        moment=moment,
        outcome=outcome,
        percent=percent,
        searched=searched,
        segment=segment,
        short_id=short_id,
        soon=soon,
        stamp=stamp,
    )
    made.globals["asset"] = _asset
    made.globals["means"] = STATES
    made.globals["rendering_words"] = rendering_words
    made.globals["shown_at"] = SHOWN_AT
    return made


def is_compiled(name: str) -> bool:
    """Whether a page of this template can be filled at once."""
    return name in _COMPILED


def compile_whole(name: str) -> None:
    """Compile a template with all that it extends and imports; it takes some milliseconds."""
    made = environment()
    if made.loader is None:
        raise RuntimeError("templates come from our folder")
    source = made.loader.get_source(made, name)[0]
    for other in find_referenced_templates(made.parse(source)):
        if other is not None and not is_compiled(other):
            compile_whole(other)
    made.get_template(name)
    _COMPILED.add(name)


@dataclass(frozen=True, slots=True)
class Showing:
    """When a page is shown, and the secrets that must not be on it."""

    now: datetime
    secrets: KnownSecrets
    zone: ZoneInfo | None = None  # of exact instants; this machine's for None
    is_exact: bool = False  # instants are told as such, and not by how long ago they are


_SHOWING: ContextVar[Showing] = ContextVar("showing")


def render(template: str, values: Mapping[str, Any], showing: Showing) -> str:
    """The text of a page."""
    return filled(environment().get_template(template), values, showing)


def filled(template: Template, values: Mapping[str, Any], showing: Showing) -> str:
    """The text of any template of the environment."""
    token = _SHOWING.set(showing)
    try:
        return template.render(now=showing.now, **values)
    finally:
        _SHOWING.reset(token)


def link(url: str, text: str = "") -> Markup:
    """A foreign address, to be followed if it is http or https and has no secrets."""
    safe = _masked(redact_text(visible_line(url)))
    shown = visible_line(_masked(text)) or safe
    if not url.startswith(("http://", "https://")) or safe != url:
        return Markup("<span>{}</span>").format(shown)
    return Markup('<a href="{}" rel="{}">{}</a>').format(url, _REL, shown)


def searched(text: str, query: Query | None, most: int = _LONGEST) -> Markup | str:
    """A text with what was searched for in it marked, cut so that some of that is seen."""
    shown = visible(_masked(text))
    if query is None:
        return shown
    first = next(pieces(shown, query), ("", True))
    if not first[1] and len(first[0]) > most - _AFTER:
        shown = "…" + shown[len(first[0]) - _BEFORE :]
    parts = pieces(_cut(shown, most), query)
    mark = Markup("<mark>{}</mark>")
    return Markup("").join(mark.format(part) if is_hit else part for part, is_hit in parts)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def address(url: str) -> str:
    """A foreign address as words: without its scheme, and without secrets."""
    shown = visible_line(redact_text(url))
    return shown.partition("://")[2] or shown


def here(instant: datetime) -> datetime:
    """An instant in the time zone that its reader prefers, or else this machine's."""
    return instant.astimezone(_SHOWING.get().zone)


def lasting(since: datetime | None) -> Markup:
    """For how long something is so, with the exact instant for hovering; nothing for no instant."""
    if since is None:
        return Markup("")
    told = Markup(' for <time datetime="{}" title="since {}">{}</time>')
    return told.format(
        stamp(since), local(since, _SHOWING.get().zone), ago(since, _SHOWING.get().now)
    )


def outcome(word: str) -> Markup:
    """How a check ended, in words for people, with its name in the log for hovering."""
    told = outcome_words(word)
    if told == word:
        return Markup.escape(told)
    return Markup('<span title="{}">{}</span>').format(word, told)


def soon(instant: datetime | None) -> Markup:
    """An instant to come; one that has passed is due now."""
    if instant is not None and instant < _SHOWING.get().now + timedelta(seconds=1):
        return Markup.escape("now")
    return moment(instant)


def moment(instant: datetime | None, missing: str = "never") -> Markup:
    """An instant as it is from now, with the exact one for hovering and for the script."""
    if instant is None:
        return Markup.escape(missing)
    now = _SHOWING.get().now
    exact = local(instant, _SHOWING.get().zone)
    told = f"in {until(instant, now)}" if instant > now else f"{ago(instant, now)} ago"
    if _SHOWING.get().is_exact:
        shown = Markup('<time datetime="{}" data-show="full" title="{}">{}</time>')
        return shown.format(stamp(instant), told, exact)
    if now - timedelta(seconds=1) < instant <= now:
        told = "just now"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp(instant), exact, told)


def segment(text: str) -> str:
    """One part of a path, whatever characters it has."""
    return quote(text, safe="")


def _shown(value: object) -> object:
    """What an expression of a template puts out, before it is escaped."""
    if value is None:
        return "–"
    return visible(_masked(value)) if type(value) is str else value


def _masked(text: str) -> str:
    return _SHOWING.get().secrets.mask(text)


def _asset(name: str) -> str:
    return assets()[name].path
