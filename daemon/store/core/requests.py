"""Converts requests to and from the columns of a page's row."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Row

from daemon.model.request import Request
from daemon.packing import content_hash
from daemon.store.tables import Page

REQUEST_COLUMNS = (Page.method, Page.headers, Page.request_body, Page.renderer, Page.proxy)


def request_key(request: Request) -> str:
    """The identity of a request: equal requests share one page."""
    return content_hash(msgspec.json.encode(request.identity))


def columns_of(request: Request) -> dict[str, Any]:
    """The columns of a page that is asked for so."""
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "request_body": request.body,
        "renderer": request.renderer,
        "proxy": request.proxy,
    }


def request_of(row: Row[Any]) -> Request:
    """The request of a row with a URL and the columns of its page, or none of them.

    Errors: msgspec.ValidationError for any other content.
    """
    headers = msgspec.convert(row.headers or {}, dict[str, str])
    return Request(
        row.url,
        row.method or "GET",
        headers,
        row.renderer or "http",
        row.request_body or "",
        row.proxy or "",
    )
