"""Renders the facts of a notice as text, Markdown and HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from daemon.model.change import Mark, Segment
from daemon.notify import escaping
from daemon.notify.page import page_of, page_of_text
from daemon.notify.phrases import (
    CUT,
    UNSUBSCRIBE,
    Item,
    items_of,
    link_of,
    opening_of,
    title_of,
    way_out_of,
)
from daemon.notify.values import Words


def words_of(kind: str, facts: Mapping[str, Any]) -> Words:
    """The text of a notice in all formats.

    Errors: none, whatever a page may have put into the facts.
    """
    items, opening = items_of(kind, facts), opening_of(kind, facts)
    way_out = way_out_of(facts)
    return Words(
        title=title_of(kind, facts),
        text=_joined(_TEXT, items, opening, way_out),
        markdown=_joined(_MARKDOWN, items, opening, way_out),
        html=page_of(items, opening, way_out),
        bare=_joined(_TEXT, [replace(item, links=()) for item in items], opening),
    )


def own_words(title: str, text: str) -> Words:
    """The output of an owner's template in every format; always as plain text."""
    plain = escaping.chat(text)
    return Words(title, plain, plain, page_of_text(text), plain)


@dataclass(frozen=True, slots=True)
class _Form:
    """How a line-based format marks its parts."""

    escape: Callable[[str], str]
    head: str
    marks: Mapping[Mark, tuple[str, str]]
    whole: Mapping[Mark, str]
    bullet: str
    code: str
    link: str


_TEXT = _Form(
    escape=escaping.chat,
    head="{}",
    marks={Mark.SAME: ("", ""), Mark.REMOVED: ("[-", "-]"), Mark.ADDED: ("{+", "+}")},
    whole={Mark.REMOVED: "- ", Mark.ADDED: "+ ", Mark.SAME: "  "},
    bullet="* ",
    code="{}",
    link="{}: {}",
)
_MARKDOWN = _Form(
    escape=escaping.markdown,
    head="**{}**",
    marks={Mark.SAME: ("", ""), Mark.REMOVED: ("~~", "~~"), Mark.ADDED: ("**", "**")},
    whole={Mark.REMOVED: "\\- ", Mark.ADDED: "\\+ ", Mark.SAME: ""},
    bullet="- ",
    code="`{}`",
    link="[{}]({})",
)


def _joined(form: _Form, items: Sequence[Item], opening: str, way_out: str = "") -> str:
    parts = [form.escape(opening)] if opening else []
    foot = [form.link.format(UNSUBSCRIBE, way_out)] if way_out else []
    return "\n\n".join([*parts, *("\n".join(_item(form, item)) for item in items), *foot])


def _item(form: _Form, item: Item) -> Iterator[str]:
    yield form.head.format(form.escape(item.head))
    if item.lead:
        yield form.escape(item.lead)
    for note in filter(None, item.notes):
        yield form.bullet + form.escape(note)
    if item.lines:
        yield ""
        yield from (_pieces(form, pieces) for pieces in item.lines)
    if item.is_cut:
        yield CUT
    reference = form.code.format(item.reference) if item.reference else ""
    yield from ("", *filter(None, (link_of(item.url), reference)))
    yield from (form.link.format(label, url) for label, url in item.links)


def _pieces(form: _Form, pieces: Sequence[Segment]) -> str:
    if len(pieces) == 1:
        return form.whole[pieces[0].mark] + form.escape(pieces[0].text)
    return "  " * (form is _TEXT) + "".join(_marked(form, one.mark, one.text) for one in pieces)


def _marked(form: _Form, part: Mark, text: str) -> str:
    if not text.strip():
        return form.escape(text)
    first, last = form.marks[part]
    return f"{first}{form.escape(text)}{last}"
