"""Turns what pages answer, and what went wrong, into responses."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from http import HTTPStatus

from aiohttp import web

from daemon.web import csrf
from daemon.web.answers import Answer, File, Page, SeeOther
from daemon.web.context import Context
from daemon.web.headers import LASTING, SANDBOX
from daemon.web.request import Request
from daemon.web.routes import ROUTES
from daemon.web.templating import Showing, render
from daemon.web.turning import address

_FLASH = "changelogger-flash"
_FLASH_SECONDS = 60
_RETRY_SECONDS = "5"
_OURS = re.compile(r"/(?![/\\])[!-~]*")  # else a browser may take it for another machine's


def response_to(asked: web.BaseRequest, request: Request, answer: Answer) -> web.Response:
    """The response that carries this answer."""
    match answer:
        case Page():
            return _page(asked, request, answer)
        case SeeOther():
            return _elsewhere(request.context, answer)
        case File():
            return _file(answer)


def error_response(context: Context, status: int, problem: str, hint: str = "") -> web.Response:
    """A page that says what is wrong; it holds nothing that a foreign page must not read."""
    values = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "problem": problem,
        "hint": hint,
        "path": "",
        "flash": None,
    }
    response = _rendered(context, Page("error.html", values, status), context.clock())
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def _page(asked: web.BaseRequest, request: Request, answer: Page) -> web.Response:
    context, name = request.context, asked.cookies.get(_FLASH, "")
    values = {
        "address": address(request),
        "csrf": csrf.hidden_field(context.key),
        "flash": context.flashes.take(name) if name else None,
        "path": request.path,
        "viewer": request.viewer,
        **answer.values,
    }
    whole = Page(answer.template, values, answer.status)
    response = _rendered(context, whole, request.now)
    if name:
        response.del_cookie(_FLASH)
        return response
    return _unless_known(asked, response)


def _unless_known(asked: web.BaseRequest, response: web.Response) -> web.Response:
    """The response, or that it is what the browser has already.

    Source: RFC 9110 §13.1.2 (If-None-Match).
    """
    if response.status != HTTPStatus.OK:
        return response
    text = (response.text or "").encode()
    response.etag = mark = hashlib.blake2b(text, digest_size=12).hexdigest()
    if any(known.value in (mark, "*") for known in asked.if_none_match or ()):
        return web.Response(status=304, headers={"ETag": response.headers["ETag"]})
    return response


def _rendered(context: Context, whole: Page, now: datetime) -> web.Response:
    labelled = [route for route in ROUTES if route.label]
    showing = Showing(now, context.masking.of(context.config()))
    text = render(whole.template, {"routes": labelled, **whole.values}, showing)
    return web.Response(text=text, status=whole.status, content_type="text/html")


def _elsewhere(context: Context, answer: SeeOther) -> web.Response:
    if not _OURS.fullmatch(answer.path):
        raise ValueError("a form leads to a page of ours, and nowhere else")
    response = web.Response(status=303, headers={"Location": answer.path})
    if answer.flash is not None:
        name = context.flashes.keep(answer.flash)
        response.set_cookie(_FLASH, name, max_age=_FLASH_SECONDS, httponly=True, samesite="Strict")
    return response


def _file(answer: File) -> web.Response:
    response = web.Response(body=answer.body, content_type=answer.content_type)
    if answer.content_type.startswith("text/"):
        response.charset = "utf-8"
    if answer.name:
        response.headers["Content-Disposition"] = f'attachment; filename="{answer.name}"'
        response.headers["Content-Security-Policy"] = SANDBOX
    if answer.lasts:
        response.headers["Cache-Control"] = LASTING
    return response
