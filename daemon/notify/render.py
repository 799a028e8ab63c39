"""The facts of a notice in; its words as text, Markdown and HTML out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.notify import escaping
from daemon.notify.telling import Item, items_of, opening_of, title_of
from daemon.notify.values import Words
from daemon.notify.worddiff import Part, Pieces

_CUT = "… (there is more: the change itself is stored whole)"
_STYLE = {
    Part.REMOVED: "background:#fdd;text-decoration:line-through",
    Part.ADDED: "background:#dfd;text-decoration:none",
}


def words_of(kind: str, facts: Mapping[str, Any]) -> Words:
    """A notice in words.

    Errors: none for any facts of ours, nor for what a page may have put into them.
    """
    items, opening = items_of(kind, facts), opening_of(kind, facts)
    return Words(
        title=title_of(kind, facts),
        text=_joined(_TEXT, items, opening),
        markdown=_joined(_MARKDOWN, items, opening),
        html=_page(items, opening),
    )


def own_words(title: str, text: str) -> Words:
    """What a person's own template said, in every form: it is text, whatever it looks like."""
    plain = escaping.chat(text)
    body = f'<pre style="white-space:pre-wrap">{escaping.markup(text)}</pre>'
    return Words(title, plain, plain, f"<!doctype html><html><body>{body}</body></html>")


@dataclass(frozen=True, slots=True)
class _Form:
    """How a form of plain lines marks what it shows."""

    escape: Callable[[str], str]
    head: str
    marks: Mapping[Part, tuple[str, str]]
    whole: Mapping[Part, str]
    bullet: str
    code: str


_TEXT = _Form(
    escape=escaping.chat,
    head="{}",
    marks={Part.SAME: ("", ""), Part.REMOVED: ("[-", "-]"), Part.ADDED: ("{+", "+}")},
    whole={Part.REMOVED: "- ", Part.ADDED: "+ ", Part.SAME: "  "},
    bullet="* ",
    code="{}",
)
_MARKDOWN = _Form(
    escape=escaping.markdown,
    head="**{}**",
    marks={Part.SAME: ("", ""), Part.REMOVED: ("~~", "~~"), Part.ADDED: ("**", "**")},
    whole={Part.REMOVED: "\\- ", Part.ADDED: "\\+ ", Part.SAME: ""},
    bullet="- ",
    code="`{}`",
)


def _joined(form: _Form, items: tuple[Item, ...], opening: str) -> str:
    parts = [form.escape(opening)] if opening else []
    return "\n\n".join([*parts, *("\n".join(_item(form, item)) for item in items)])


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
        yield _CUT
    yield from ("", *filter(None, (_link(item.url), form.code.format(item.reference))))


def _pieces(form: _Form, pieces: Pieces) -> str:
    if len(pieces) == 1:
        [(part, text)] = pieces
        return form.whole[part] + form.escape(text)
    return "  " * (form is _TEXT) + "".join(_marked(form, part, text) for part, text in pieces)


def _marked(form: _Form, part: Part, text: str) -> str:
    if not text.strip():
        return form.escape(text)
    first, last = form.marks[part]
    return f"{first}{form.escape(text)}{last}"


def _link(url: str) -> str:
    """A link that may be followed; nothing for any other scheme."""
    return escaping.line(url, 2000) if url.startswith(("https://", "http://")) else ""


def _page(items: tuple[Item, ...], opening: str) -> str:
    lead = f"<p>{escaping.markup(opening)}</p>" if opening else ""
    body = "<hr>".join("".join(_item_html(item)) for item in items)
    return f'<!doctype html><html><body style="font-family:sans-serif">{lead}{body}</body></html>'


def _item_html(item: Item) -> Iterator[str]:
    yield f"<h3>{escaping.markup(item.head)}</h3><p>{escaping.markup(item.lead)}</p>"
    if item.notes:
        notes = "".join(f"<li>{escaping.markup(note)}</li>" for note in item.notes if note)
        yield f"<ul>{notes}</ul>"
    if item.lines:
        rows = "".join(f"<div>{_pieces_html(pieces)}</div>" for pieces in item.lines)
        yield f'<div style="font-family:monospace;white-space:pre-wrap">{rows}</div>'
    if item.is_cut:
        yield f"<p>{_CUT}</p>"
    if url := _link(item.url):
        shown = escaping.markup(url)
        yield f'<p><a href="{shown}" rel="noreferrer">{shown}</a></p>'
    if item.reference:
        yield f"<p><code>{escaping.markup(item.reference)}</code></p>"


def _pieces_html(pieces: Pieces) -> str:
    return "".join(
        escaping.markup(text)
        if part is Part.SAME
        else f"<{_TAG[part]} style={_STYLE[part]!r}>{escaping.markup(text)}</{_TAG[part]}>"
        for part, text in pieces
    )


_TAG = {Part.REMOVED: "del", Part.ADDED: "ins"}
