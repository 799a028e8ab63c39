"""The one way in: hosts, origins and limits before a handler, a page for whatever goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from daemon.display.words import count
from daemon.logs.logger import get_logger
from daemon.model.errors import (
    AmbiguousError,
    ConflictError,
    InputError,
    NotAllowedError,
    NotFoundError,
    RequestError,
    StoreError,
    UrlError,
)
from daemon.monitoring.host_guard import known_hosts, refuse_foreign_host
from daemon.operations.installation.opening import counting
from daemon.operations.viewers import local_owner
from daemon.web import csrf
from daemon.web.answers import Answer, Page
from daemon.web.context import Context
from daemon.web.forms import Fields, parse_fields, refuse_unknown
from daemon.web.memory.visits import Visits
from daemon.web.request import Cost, Request
from daemon.web.responses import compress, error_response, response_to
from daemon.web.routes import SAFE, Route, find, methods_of
from daemon.web.templating import compile_whole, is_compiled

log = get_logger(__name__)

BODY_BYTES = 64 * 1024
_ANSWER_SECONDS = 10.0
_FORM = "application/x-www-form-urlencoded"
# The first that fits; every error that people cause has one.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (NotAllowedError, 403),
    (AmbiguousError, 409),
    (ConflictError, 409),
    (RequestError, 400),
    (UrlError, 400),
)


_NONE: Mapping[str, str] = {}


class _RefusedError(Exception):
    """A request that reaches no handler."""

    def __init__(
        self,
        status: int,
        problem: str,
        hint: str = "",
        headers: Mapping[str, str] = _NONE,
        back: str = "",
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.hint = hint
        self.headers = headers
        self.back = back

    @classmethod
    def of(cls, exc: RequestError | UrlError, back: str = "") -> _RefusedError:
        """As what a person caused is refused."""
        status = next(status for kind, status in _STATUSES if isinstance(exc, kind))
        return cls(status, str(exc), getattr(exc, "hint", ""), back=back)


class Edge:
    """Answers every request, whatever it holds and whatever happens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._visits = Visits(context.config().web.requests_per_second)
        self._hosts = known_hosts(context.config().web.allowed_hosts)

    async def answer(self, asked: web.BaseRequest) -> web.Response:
        """The response to a request, a page that says what is wrong if need be.

        Errors: none but cancellation.
        """
        with counting() as sent:
            cost = Cost(time.perf_counter(), sent)
            response = await self._answer_or_report(asked, cost)
            compress(asked, response)
            # Browsers show it among the figures of a request. Source: W3C Server Timing.
            response.headers["Server-Timing"] = f"page;dur={cost.milliseconds:.1f}"
            return response

    async def _answer_or_report(self, asked: web.BaseRequest, cost: Cost) -> web.Response:
        """The response to a request, whatever happens."""
        try:
            return await self._answer_or_excuse(asked, cost)
        # The bulkhead: a page that breaks is told, and the daemon goes on.
        except Exception:
            log.exception("page_broken", path=asked.path)
            hint = "the log says why: please report it"
            return error_response(self._context, 500, "this page is broken", hint)

    async def _answer_or_excuse(self, asked: web.BaseRequest, cost: Cost) -> web.Response:
        """As `answer`, but bugs are raised."""
        context = self._context
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self._answer(asked, cost)
        except _RefusedError as exc:
            return self._refused(asked, exc)
        except web.HTTPException as exc:  # of the host guard, or of a body that is too large
            return error_response(context, exc.status, exc.text or exc.reason)
        except (RequestError, UrlError) as exc:
            return self._refused(asked, _RefusedError.of(exc))
        except TimeoutError:
            return self._unanswered(asked.path, "it took too long")
        except StoreError as exc:
            if not exc.is_transient:
                raise
            return self._unanswered(asked.path, str(exc))

    def _refused(self, asked: web.BaseRequest, why: _RefusedError) -> web.Response:
        back = why.back or _way_back(asked, why.status)
        response = error_response(self._context, why.status, str(why), why.hint, back)
        response.headers.update(why.headers)
        return response

    def _unanswered(self, path: str, reason: str) -> web.Response:
        log.warning("page_not_shown", path=path, reason=reason)
        hint = "checks go on meanwhile; try again in a moment"
        return error_response(self._context, 503, f"there is no answer: {reason}", hint)

    async def _answer(self, asked: web.BaseRequest, cost: Cost) -> web.Response:
        if wait := self._visits.wait_seconds(asked.remote, time.monotonic()):
            told, headers = "too many requests come from your address", {"Retry-After": str(wait)}
            raise _RefusedError(429, told, f"try again in {count(wait, 'second')}", headers)
        refuse_foreign_host(asked, self._hosts, "web.allowed_hosts")
        route, parts = _found(asked)
        query = parse_fields(asked.rel_url.raw_query_string, self._context.key, "query")
        refuse_unknown(query, route.takes)
        form = await self._form(asked) if route.is_unsafe else Fields()
        request = Request(
            context=self._context,
            viewer=local_owner(self._context.config()),
            now=self._context.clock(),
            database=self._context.database if route.is_unsafe else self._context.reading,
            path=asked.path,
            origin=f"http://{asked.host}",
            parts=Fields(parts.items(), self._context.key),
            query=query,
            form=form,
            cost=cost,
        )
        try:
            return response_to(asked, request, await self._shown(request, route))
        except (RequestError, UrlError) as exc:
            raise _RefusedError.of(exc, _named_back(form)) from exc

    async def _shown(self, request: Request, route: Route) -> Answer:
        """What the handler answers; a page with the head that all have."""
        answer, head = await route.handler(request), self._context.head
        if route.is_unsafe:
            head.forget()
        if not isinstance(answer, Page):
            return answer
        if not is_compiled(answer.template):
            # Once for each page: the event loop must not stand still meanwhile.
            await asyncio.to_thread(compile_whole, answer.template)
        counts = await head.counts(self._context.reading, request.viewer, request.now)
        return replace(answer, values={**counts, **answer.values})

    async def _form(self, asked: web.BaseRequest) -> Fields:
        """The fields of a form, which must be one of ours."""
        if not csrf.is_from_us(asked.headers):
            raise _RefusedError(403, "this form was sent by a page that is not ours")
        if asked.content_type != _FORM:
            raise _RefusedError(415, "only forms are taken here")
        try:
            encoded = (await asked.read()).decode("ascii")
        except UnicodeDecodeError:
            raise _RefusedError(400, "the form cannot be read") from None
        fields = parse_fields(encoded, self._context.key, "form")
        if not csrf.is_token(self._context.key, fields.text(csrf.FIELD)):
            hint = "go back, reload that page, and send it again"
            raise _RefusedError(403, "this form is older than the daemon's last start", hint)
        return fields


def _found(asked: web.BaseRequest) -> tuple[Route, Mapping[str, str]]:
    path = asked.rel_url.raw_path
    if (found := find(asked.method, path)) is not None:
        return found
    if allowed := methods_of(path):
        told = f"{asked.method} does nothing here"
        raise _RefusedError(405, told, headers={"Allow": ", ".join(allowed)})
    raise _RefusedError(404, "there is no such page")


def _named_back(form: Fields) -> str:
    """The page that a form was sent from, as it says; "" when it names none of ours."""
    try:
        return form.path("back", "/") if form.text("back") else ""
    except InputError:
        return ""


def _way_back(asked: web.BaseRequest, status: int) -> str:
    """The page of ours from which one goes on after what was wrong with a request.

    Shape: the nearest one above its address; the page itself where only its query is at fault. Of
           what is not there, the list that it would be in. "" for the first page.
    """
    path = asked.rel_url.raw_path
    if status != 404 and asked.method in SAFE and asked.query_string and find("GET", path):
        return path
    while path := path.rpartition("/")[0]:
        found = find("GET", path)
        if found is not None and not (status == 404 and found[1]):
            return path
    return ""
