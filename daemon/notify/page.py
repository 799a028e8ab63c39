"""Renders the HTML part of a mail, readable on phones and in dark mode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from daemon.model.change import Mark, Segment
from daemon.notify.escaping import markup
from daemon.notify.phrases import CUT, UNSUBSCRIBE, Item, link_of

# Mail readers that ignore styles show plain paragraphs, with removals struck through and
# additions underlined: the elements carry the meaning, never colours alone.
_STYLE = """
:root{color-scheme:light dark}
body{margin:0;padding:12px;background:#f3f4f6;color:#1f2328;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%;overflow-wrap:anywhere}
.all{max-width:640px;margin:0 auto}
.one{background:#fff;border:1px solid #d9dde3;border-radius:10px;padding:16px 18px;margin:0 0 12px}
h2{margin:0 0 4px;font-size:19px;line-height:1.3}
p{margin:0 0 8px}
.one{--tone:#57606a;border-top:4px solid var(--tone)}
.minor{--tone:#0e7490}.moderate{--tone:#9a6700}.major{--tone:#c2410c}
.critical,.trouble{--tone:#b91c1c}.good{--tone:#15803d}
.grade{display:inline-block;margin:0 0 6px;padding:1px 9px;border-radius:9px;color:#fff;
background:var(--tone);font-size:12px;font-weight:600;letter-spacing:.04em;text-transform:uppercase}
.diff{margin:12px 0;padding:8px 12px;border-left:3px solid #d9dde3;background:#f8f9fb;
font:14px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap}
.diff div{margin:0 0 2px}
del{background:#ffe1e0;color:#8a1f17;text-decoration:line-through;border-radius:3px}
ins{background:#d4f5dd;color:#0b5a26;text-decoration:none;border-radius:3px}
del+ins{margin-left:3px}
ul{margin:8px 0;padding-left:20px;color:#57606a;font-size:14px}
.foot{margin:8px 0 0;font-size:13px;color:#57606a}
a{color:#0757b8}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (prefers-color-scheme:dark){
body{background:#0f1216;color:#e6e8eb}
.one{background:#181c22;border-color:var(--tone) #2d333b #2d333b}
.diff{background:#12161b;border-color:#3a424c}
del{background:#4d1a19;color:#ffc9c5}ins{background:#12411f;color:#b6f2c6}
ul,.foot{color:#a3abb5}a{color:#7cb7ff}}
"""
# Some readers cut a mail at 102 kB: items beyond this get their heading and text, but no lines.
_ROOM_CHARACTERS = 80_000
_TAG = {Mark.REMOVED: "del", Mark.ADDED: "ins"}


def page_of(items: tuple[Item, ...], opening: str, way_out: str = "") -> str:
    """A whole HTML document, in which text from pages is always escaped."""
    lead = f"<p>{markup(opening)}</p>" if opening else ""
    cards: list[str] = []
    room = _ROOM_CHARACTERS
    for item in items:
        card = _card(item)
        if len(card) > room:
            card = _card(replace(item, lines=(), notes=(), is_cut=bool(item.lines)))
        room -= len(card)
        cards.append(card)
    foot = f'<p class="foot">{_link(UNSUBSCRIBE, way_out)}</p>' if way_out else ""
    return _document(lead + "".join(cards) + foot)


def page_of_text(text: str) -> str:
    """The text of an owner's template as an HTML document."""
    return _document(
        f'<div class="one" dir="auto" style="white-space:pre-wrap">{markup(text)}</div>'
    )


def _document(body: str) -> str:
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<style>{_STYLE}</style></head><body><div class="all">{body}</div></body></html>'
    )


def _card(item: Item) -> str:
    parts = (*_head(item), *_news(item), *_foot(item))
    return f'<div class="one {item.tone}">{"".join(parts)}</div>'


def _head(item: Item) -> Iterator[str]:
    if item.grade:
        yield f'<p class="grade">{markup(item.grade)}</p>'
    yield f'<h2 dir="auto">{markup(item.name)}</h2>'
    if item.lead:
        yield f'<p dir="auto">{markup(item.lead)}</p>'


def _news(item: Item) -> Iterator[str]:
    if item.lines:
        # A direction for each line, for pages in right-to-left scripts.
        rows = "".join(f'<div dir="auto">{_line(pieces)}</div>' for pieces in item.lines)
        yield f'<div class="diff">{rows}</div>'
    if item.is_cut:
        yield f"<p>{CUT}</p>"
    if item.notes:
        notes = "".join(f'<li dir="auto">{markup(note)}</li>' for note in item.notes if note)
        yield f"<ul>{notes}</ul>"


def _foot(item: Item) -> Iterator[str]:
    if url := link_of(item.url):
        yield f'<p class="foot"><a href="{markup(url)}" rel="noreferrer">{markup(url)}</a></p>'
    if item.reference:
        yield f'<p class="foot"><code>{markup(item.reference)}</code></p>'
    if item.links:
        links = " · ".join(_link(label, url) for label, url in item.links)
        yield f'<p class="foot">{links}</p>'


def _link(label: str, url: str) -> str:
    return f'<a href="{markup(url)}" rel="noreferrer">{markup(label)}</a>'


def _line(pieces: Sequence[Segment]) -> str:
    return "".join(
        markup(one.text)
        if one.mark is Mark.SAME
        else f"<{_TAG[one.mark]}>{markup(one.text)}</{_TAG[one.mark]}>"
        for one in pieces
    )
