"""Turns what pages answer, and what went wrong, into responses."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from aiohttp import ETag, web

from daemon.config.sections import PreferencesConfig
from daemon.display.words import count
from daemon.model.change import ChangeType
from daemon.operations.people.preferences import USUAL
from daemon.web import csrf
from daemon.web.access.asking import Asking
from daemon.web.access.cookies import Cookies
from daemon.web.access.own_writes import WRITTEN_SECONDS
from daemon.web.access.who import Who
from daemon.web.answers import Answer, Document, Elsewhere, File, Page, SeeOther
from daemon.web.context import Context
from daemon.web.headers import LASTING, SANDBOX, UNKEPT
from daemon.web.pages.api import models
from daemon.web.request import Cost, Request
from daemon.web.routes import ROUTES, SAFE, find
from daemon.web.signed.flashes import read_flash, write_flash
from daemon.web.templating import COST, SHOWN_AT, Showing, render
from daemon.web.turning import address

_FLASH_SECONDS = 60
_RETRY_SECONDS = "5"
_TEXTS = ("text/html", "text/css", "text/javascript", "image/svg+xml")
_LEAST_BYTES = 1_400  # of a body that is compressed: fewer are one packet anyway
_OURS = re.compile(r"/(?![/\\])[!-~]*")  # else a browser may take it for another machine's


def response_to(asked: web.BaseRequest, request: Request, answer: Answer) -> web.Response:
    """The response that carries this answer."""
    match answer:
        case Page():
            return _page(asked, request, answer)
        case SeeOther():
            return _see_other(request, answer)
        case Elsewhere():
            return _elsewhere(request, answer)
        case File():
            return _file(answer)
        case Document():
            return _document(asked, request, answer)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request.

    Shape: `back` is the page of ours from which one goes on; "" for the first one.
    """

    status: int
    words: str
    hint: str = ""
    back: str = ""
    faults: Sequence[tuple[str, str]] = ()


def login_response(path: str) -> web.Response:
    """Where to log in; with the path of ours that was asked for, which is shown then."""
    to = "" if path == "/" else f"?to={quote(path, safe='/')}"
    return web.Response(status=303, headers={"Location": f"/login{to}"})


def problem_response(problem: Problem) -> web.Response:
    """What is wrong, for a program. Source: RFC 9457."""
    told = models.Problem(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.words,
        hint=problem.hint or None,
        errors=[models.WrongPart(pointer=at, detail=detail) for at, detail in problem.faults]
        or None,
    )
    body = told.model_dump_json(exclude_none=True).encode()
    kind = "application/problem+json"
    response = web.Response(body=body, status=problem.status, content_type=kind)
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def error_response(context: Context, asking: Asking | None, problem: Problem) -> web.Response:
    """A page that says what is wrong; it holds nothing that a foreign page must not read."""
    status = problem.status
    values = {
        "title": HTTPStatus(status).phrase,
        "status": status,
        "problem": problem.words,
        "hint": problem.hint,
        "path": "",
        "flash": None,
        "cost": "",
        "back": problem.back,
        "viewer": asking.viewer if asking else None,
        "admin": asking.admin if asking else None,
        "csrf": csrf.PLACE,
    }
    text = _rendered(context, Page("error.html", values, status), context.clock())
    secret = asking.secret if asking else b""
    response = _html(csrf.with_token(secret, text, problem.words), status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = _RETRY_SECONDS
    return response


def compress(asked: web.BaseRequest, response: web.Response) -> None:
    """Make the body of a response smaller that is text, for who takes it so.

    Source: RFC 9110 §8.4 (Content-Encoding), §12.5.3 (Accept-Encoding).
    """
    if response.content_type not in _TEXTS:
        return
    response.headers["Vary"] = "Accept-Encoding"
    body = response.body
    if not isinstance(body, bytes) or len(body) < _LEAST_BYTES or not _takes_gzip(asked):
        return
    # The cheapest level: 40 KB take it a third of a millisecond, and become 8.
    packer = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    response.body = packer.compress(body) + packer.flush()
    response.headers["Content-Encoding"] = "gzip"


def _takes_gzip(asked: web.BaseRequest) -> bool:
    for one in asked.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = (part.strip() for part in one.partition(";"))
        if name in ("gzip", "x-gzip"):
            return not re.fullmatch(r"q\s*=\s*0(\.0*)?", weight)
    return False


def _page(asked: web.BaseRequest, request: Request, answer: Page) -> web.Response:
    context, cookies = request.context, Cookies.of(request.config.web)
    kept, secret = asked.cookies.get(cookies.flash, ""), request.asking.secret
    values = {
        "address": address(request),
        "admin": request.asking.admin,
        "cost": COST if request.viewer.is_admin else "",
        "csrf": csrf.PLACE,
        "flash": read_flash(context.key, kept) if kept else None,
        "path": request.path,
        "viewer": request.asking.viewer,
        **answer.values,
    }
    values |= {
        "zone": request.preferences.time_zone or "",
        "changes": _changes(request.preferences),
    }
    text = _rendered(context, Page(answer.template, values), request.now, request.preferences)
    # What a browser has from before another login has other forms, if no other words.
    known_by = hashlib.blake2b(secret).digest()
    mark = hashlib.blake2b(text.encode(), digest_size=12, key=known_by).hexdigest()
    text = csrf.with_token(secret, text, mark).replace(COST, _told(request.cost))
    text = text.replace(SHOWN_AT, request.now.isoformat())
    response = _html(text, answer.status)
    if answer.has_secret:
        response.headers["Cache-Control"] = UNKEPT
        response.headers["X-Robots-Tag"] = "noindex"
    else:
        _keep_browser(request, response)
    if kept:
        response.set_cookie(cookies.flash, "", **cookies.kept(0, is_strict=True))
    elif not answer.has_secret and answer.status == HTTPStatus.OK and not response.cookies:
        # A weak one: what the page has cost is another number each time.
        response.etag = ETag(mark, is_weak=True)
        return _unless_known(asked, response, mark)
    return response


def _told(cost: Cost) -> str:
    """What a page has cost, in words."""
    return f"{count(cost.sent.number, 'statement')}, {cost.milliseconds:.0f} ms"


def _unless_known(asked: web.BaseRequest, response: web.Response, mark: str) -> web.Response:
    """The response, or that it is what the browser has already.

    Source: RFC 9110 §13.1.2 (If-None-Match).
    """
    if any(known.value in (mark, "*") for known in asked.if_none_match or ()):
        return web.Response(status=304, headers={"ETag": response.headers["ETag"]})
    return response


def _changes(preferences: PreferencesConfig) -> str:
    """The address of changes that matter enough to their viewer."""
    least = preferences.severity
    if least is None:
        return ""
    words = [one.value for one in ChangeType]  # least first
    return f"/changes?{urlencode([('severity', one) for one in words[words.index(least) :]])}"


def _rendered(
    context: Context, whole: Page, now: datetime, preferences: PreferencesConfig = USUAL
) -> str:
    viewer = whole.values["viewer"]
    labelled = [one for one in ROUTES if one.label and viewer and one.who.lets_in(viewer)]
    zone = ZoneInfo(preferences.time_zone) if preferences.time_zone else None
    secrets = context.masking.of(context.config())
    showing = Showing(now, secrets, zone, preferences.dates == "exact")
    return render(whole.template, {"routes": labelled, **whole.values}, showing)


def _html(text: str, status: int) -> web.Response:
    return web.Response(
        body=text.encode(), status=status, content_type="text/html", charset="utf-8"
    )


def _elsewhere(request: Request, answer: Elsewhere) -> web.Response:
    response = web.Response(status=303, headers={"Location": answer.location})
    _keep_browser(request, response)
    return response


def _keep_browser(request: Request, response: web.Response) -> None:
    """Have a browser that begins a login be known again when it goes on."""
    if request.asking.is_new_browser:
        cookies = Cookies.of(request.config.web)
        response.set_cookie(cookies.browser, request.asking.browser, **cookies.kept())


def keep_written(request: Request, response: web.Response, position: str) -> None:
    """Have other daemons know how far its standby must be for who has just written."""
    if position:
        cookies = Cookies.of(request.config.web)
        response.set_cookie(cookies.written, position, **cookies.kept(WRITTEN_SECONDS))


def _see_other(request: Request, answer: SeeOther) -> web.Response:
    path = _safe_path(answer.path) if answer.is_given else answer.path
    if not _OURS.fullmatch(path):
        raise ValueError("a form leads to a page of ours, and nowhere else")
    response = web.Response(status=303, headers={"Location": path})
    section = request.config.web
    cookies = Cookies.of(section)
    if answer.flash is not None:
        kept = write_flash(request.context.key, answer.flash)
        response.set_cookie(cookies.flash, kept, **cookies.kept(_FLASH_SECONDS, is_strict=True))
    if answer.session is not None:
        seconds = section.session_longest.total_seconds() if answer.session else 0
        response.set_cookie(cookies.session, answer.session, **cookies.kept(seconds))
    if answer.as_owner is not None:
        lasts = None if answer.as_owner else 0
        response.set_cookie(cookies.as_owner, answer.as_owner, **cookies.kept(lasts))
    return response


def _safe_path(path: str) -> str:
    """The path if it is of a page that only shows something to somebody, else the first page."""
    found = find("GET", path.partition("?")[0]) if _OURS.fullmatch(path) else None
    return path if found is not None and found[0].who is not Who.NOBODY else "/"


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


def _document(asked: web.BaseRequest, request: Request, answer: Document) -> web.Response:
    """The document, or that it is what the program has already.

    Source: RFC 9110 §8.8 (Last-Modified, ETag), §13.2.2 (which condition counts).
    """
    if answer.status == HTTPStatus.NO_CONTENT:
        return web.Response(status=answer.status)
    response = web.Response(
        body=answer.body, status=answer.status, content_type=answer.content_type, charset="utf-8"
    )
    mark = answer.mark
    response.etag = mark
    response.headers["X-Robots-Tag"] = "noindex"
    if answer.location:
        response.headers["Location"] = answer.location
    if asked.method not in SAFE:
        return response
    address = hashlib.blake2b(asked.rel_url.raw_path_qs.encode()).hexdigest()
    since = request.context.versions.unchanged_since(address, mark, request.context.clock())
    response.last_modified = since
    if asked.if_none_match is not None:
        return _unless_known(asked, response, mark)
    known_at = asked.if_modified_since
    if since is not None and known_at is not None and known_at >= since:
        return web.Response(status=304, headers={"ETag": response.headers["ETag"]})
    return response
