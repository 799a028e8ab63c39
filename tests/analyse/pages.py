"""Small pages for judging: a frame of header, menu and footer around what is given."""

from __future__ import annotations

from datetime import UTC, datetime

from daemon.extract import read
from daemon.model.reading import Reading, State
from daemon.model.response import Document
from daemon.model.site import Rules

SEEN_AT = datetime(2024, 5, 1, tzinfo=UTC)
PROSE = "".join(
    f"<p>Paragraph {name} speaks at length of what the house offers to its guests, of the"
    f" garden behind it, of the {name} rooms upstairs and of the river that runs below.</p>"
    for name in ("first", "second", "third", "fourth", "fifth", "sixth")
)
MENU = "<li><a href='/a'>Start</a></li><li><a href='/b'>Rooms</a></li>"


def page(
    content: str = PROSE,
    *,
    menu: str = MENU,
    footer: str = "© 2024 The House",
    title: str = "The House",
    around: str = "",
) -> str:
    return (
        f"<html><head><title>{title}</title></head><body><header><nav><ul>{menu}</ul></nav></header>"
        f"<main><h1>The House</h1>{content}</main>{around}"
        f"<footer><p>{footer}</p></footer></body></html>"
    )


def state(body: str, rules: Rules | None = None) -> State:
    document = Document(body.encode(), "text/html", "utf-8", "http://site.test/")
    return State(read(document, rules or Rules()), document, SEEN_AT)


def text_state(text: str, kind: str = "text") -> State:
    return State(Reading(kind, "", text, str(hash(text)), "test/1"), None, SEEN_AT)
