"""Converts requests to and from the columns of a page's row; their secrets are encrypted there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.errors import SealedError
from daemon.model.request import Rendering, Request, Step, Tls
from daemon.packing import content_hash
from daemon.redaction import is_open_header
from daemon.store.sealing.keyring import Keyring, Sealed
from daemon.store.tables import Page

REQUEST_COLUMNS = (
    Page.url.label("page_url"),
    Page.method,
    Page.headers,
    Page.request_body,
    Page.sealed,
    Page.sealed_by,
    Page.renderer,
    Page.proxy,
    Page.keep_cookies,
    Page.options,
)
COOKIE_COLUMNS = (Page.cookies, Page.cookies_by)
KEYRING = "keyring"  # of a session's database


class _Secrets(msgspec.Struct, omit_defaults=True):
    """What of a request is encrypted."""

    headers: dict[str, str]
    body: str
    typed: list[str] = []


class _Options(msgspec.Struct, omit_defaults=True):
    """What else than its columns makes a request, in the order of its fields."""

    tls: Tls | None = None
    timeout_seconds: float = 0.0
    charset: str = ""
    rendering: Rendering | None = None
    steps: tuple[Step, ...] = ()
    pictured: str = ""


def keyring_of(session: AsyncSession) -> Keyring:
    """The keys of the database that this session is of."""
    found: Keyring = session.info[KEYRING]
    return found


def request_key(request: Request) -> str:
    """The identity of a request: equal requests share one page."""
    return request.page_key or content_hash(_identity(request))


def with_page_key(request: Request, keyring: Keyring) -> Request:
    """The request with the key of its page, which says nothing about its secrets.

    Errors: SealedError when it has secrets, and there is no key.
    """
    if not request.has_secrets:
        return request
    return replace(request, page_key=keyring.keyed_hash(_identity(request)))


def columns_of(request: Request, keyring: Keyring) -> dict[str, Any]:
    """The columns of a page that is asked for so.

    Errors: SealedError when it has secrets, and there is no key.
    """
    headers, sealed = dict(request.headers), None
    if request.has_secrets:
        secret = {name: headers.pop(name) for name in request.headers if not is_open_header(name)}
        secrets = _Secrets(secret, request.body, list(request.typed))
        text = msgspec.json.encode(secrets).decode()
        sealed = keyring.seal(text, request.url)
    return {
        "method": request.method,
        "url": request.url,
        "headers": headers,
        "request_body": "",
        "sealed": sealed.text if sealed else None,
        "sealed_by": sealed.key_id if sealed else None,
        "renderer": request.renderer,
        "proxy": request.proxy,
        "keep_cookies": request.keep_cookies,
        "options": _options(request),
    }


def request_of(row: Row[Any], keyring: Keyring) -> Request:
    """The request of a row with a URL and the columns of its page, or none of them.

    Shape:  one whose secrets cannot be decrypted comes without them, and says why.
    Errors: msgspec.ValidationError for any other content.
    """
    headers = msgspec.convert(row.headers or {}, dict[str, str])
    method, renderer = row.method or "GET", row.renderer or "http"
    body, proxy = row.request_body or "", row.proxy or ""
    options = msgspec.convert(row.options or {}, _Options)
    found = Request(
        row.url,
        method,
        headers,
        renderer,
        body,
        proxy,
        bool(row.keep_cookies),
        *msgspec.structs.astuple(options),
    )
    if not row.sealed_by:
        return found
    try:
        text = keyring.unseal(Sealed(row.sealed_by, row.sealed or ""), row.page_url)
    except SealedError as exc:
        return replace(found, sealed=str(exc))
    secrets = msgspec.json.decode(text, type=_Secrets)
    whole = replace(found, headers=headers | secrets.headers, body=secrets.body)
    return whole.typing(secrets.typed)


def request_if_any(row: Row[Any], keyring: Keyring) -> Request:
    """As `request_of`; one whose columns hold other content comes bare, and says so."""
    try:
        return request_of(row, keyring)
    except msgspec.ValidationError:
        return Request(row.url, sealed="its row in the database is garbled")


def cookies_of(row: Row[Any], keyring: Keyring) -> str:
    """The cookies that a page keeps; none when they cannot be decrypted, as after a logout."""
    if not row.cookies or not row.cookies_by:
        return ""
    try:
        return keyring.unseal(Sealed(row.cookies_by, row.cookies), _cookies_of(row.page_url))
    except SealedError:
        return ""


def columns_of_cookies(text: str, url: str, keyring: Keyring) -> dict[str, str | None]:
    """The columns of a page with the cookies that it keeps, encrypted.

    Errors: SealedError when there is no key.
    """
    sealed = keyring.seal(text, _cookies_of(url)) if text else None
    return {
        "cookies": sealed.text if sealed else None,
        "cookies_by": sealed.key_id if sealed else None,
    }


def _cookies_of(url: str) -> str:
    return f"cookies of {url}"


def _options(request: Request) -> Any:
    blank = request.typing(()).steps  # what is typed is encrypted elsewhere
    given = _Options(
        request.tls,
        request.timeout_seconds,
        request.charset,
        request.rendering,
        blank,
        request.pictured,
    )
    return msgspec.to_builtins(given)


def _identity(request: Request) -> bytes:
    return msgspec.json.encode(request.identity)
