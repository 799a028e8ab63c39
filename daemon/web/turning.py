"""Turns lists page by page: places in addresses, and the links to the pages before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from daemon.model.errors import InputError
from daemon.operations.lists.paging import Cursor, Page, Turn
from daemon.web.cursors import write_cursor
from daemon.web.request import Request

TAKES = ("after", "before")


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The addresses of the pages before and after one; "" for none."""

    newer: str
    older: str


def turn_of(request: Request, *kinds: type[datetime] | type[str]) -> Turn:
    """Which page of a list is asked for, in an order by values of such a kind.

    Errors: InputError for a place of another list, or two places.
    """
    if request.query.text("after") and request.query.text("before"):
        raise InputError("before", "", "cannot be asked for together with `after`", "give one")
    for name in TAKES:
        place = request.query.cursor(name)
        if place is None:
            continue
        value, row_id = place
        if not isinstance(value, kinds):
            raise InputError(name, "", "is a place in another list", "begin with the first page")
        return Turn(Cursor(value, row_id), is_back=name == "before", limit=request.page_size)
    return Turn(limit=request.page_size)


def neighbours(request: Request, page: Page[Any]) -> Neighbours:
    """Where the pages before and after this one are, with the same filters."""
    return Neighbours(
        newer=_turned(request, "before", page.previous), older=_turned(request, "after", page.next)
    )


def address(request: Request, **changed: str | None) -> str:
    """This page with other filters, from its beginning; None takes one away."""
    pairs = [
        (name, value)
        for name in request.query.names
        for value in request.query.several(name)
        if name not in (*TAKES, *changed)
    ]
    pairs += [(name, value) for name, value in changed.items() if value is not None]
    return f"{request.path}?{urlencode(pairs)}" if pairs else request.path


def _turned(request: Request, name: str, place: Cursor | None) -> str:
    if place is None:
        return ""
    return address(request, **{name: write_cursor(request.context.key, place.value, place.id)})
