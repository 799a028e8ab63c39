"""The one way in: hosts, origins and limits before a handler, a page for whatever goes wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from aiohttp import web

from daemon.config.sections import PreferencesConfig
from daemon.display.words import count
from daemon.login.trusted_header import UntrustedHeaderError
from daemon.logs.logger import get_logger
from daemon.model.errors import (
    InputError,
    LoginRefusedError,
    RequestError,
    StoreError,
    UrlError,
)
from daemon.model.viewer import Scope
from daemon.monitoring.host_guard import known_hosts, refuse_foreign_host
from daemon.operations.installation.opening import counting
from daemon.operations.people.preferences import USUAL, preferences_of
from daemon.web import csrf
from daemon.web.access.asking import Asked, Asking, address_of, who_asks
from daemon.web.access.own_writes import (
    is_given_up,
    note_written,
    source_of,
    source_of_head,
)
from daemon.web.access.programs import JSON_TYPES, is_acceptable, lacks, program_asks
from daemon.web.access.refusal import RefusedError
from daemon.web.access.who import Who
from daemon.web.answers import Answer, Page, SeeOther
from daemon.web.context import Context
from daemon.web.forms import Fields, parse_fields, refuse_unknown
from daemon.web.headers import STRICT_TRANSPORT
from daemon.web.memory.visits import Visits
from daemon.web.request import Cost, Request
from daemon.web.responses import (
    Problem,
    compress,
    error_response,
    keep_written,
    login_response,
    problem_response,
    response_to,
)
from daemon.web.routes import SAFE, SECRET_PREFIXES, Route, find, methods_of
from daemon.web.templating import compile_whole, is_compiled

log = get_logger(__name__)

BODY_BYTES = 64 * 1024
_ANSWER_SECONDS = 10.0
_PAGE_SECONDS = 60.0  # where a browser may have to show a page first
_ASKING = web.RequestKey("asking", Asking)
_FORM = "application/x-www-form-urlencoded"


class Edge:
    """Answers every request, whatever it holds and whatever happens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._visits = Visits(context.config().web.requests_per_second)
        self._hosts = known_hosts(context.config().web.hosts)
        self._is_encrypted = context.config().web.is_encrypted

    async def answer(self, asked: web.BaseRequest) -> web.Response:
        """The response to a request, a page that says what is wrong if need be.

        Errors: none but cancellation.
        """
        with counting() as sent:
            cost = Cost(time.perf_counter(), sent)
            response = await self._answer_or_report(asked, cost)
            compress(asked, response)
            if (asking := asked.get(_ASKING)) is not None and asking.viewer is not None:
                # Browsers show it among the figures of a request. Source: W3C Server Timing.
                response.headers["Server-Timing"] = f"page;dur={cost.milliseconds:.1f}"
            if self._is_encrypted:
                response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
            return response

    async def _answer_or_report(self, asked: web.BaseRequest, cost: Cost) -> web.Response:
        """The response to a request, whatever happens."""
        try:
            return await self._answer_or_excuse(asked, cost)
        # The bulkhead: a page that breaks is told, and the daemon goes on.
        except Exception:
            log.exception("page_broken", path=_shown_path(asked))
            hint = "the log says why: please report it"
            return self._error(asked, 500, "this page is broken", hint)

    async def _answer_or_excuse(self, asked: web.BaseRequest, cost: Cost) -> web.Response:
        """As `answer`, but bugs are raised."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS) as limit:
                return await self._answer(asked, cost, limit)
        except RefusedError as exc:
            return self._refused(asked, exc)
        except web.HTTPException as exc:  # of the host guard, or of a body that is too large
            return self._error(asked, exc.status, exc.text or exc.reason)
        except (RequestError, UrlError) as exc:
            return self._refused(asked, RefusedError.of(exc))
        except TimeoutError:
            return self._unanswered(asked, "it took too long")
        except StoreError as exc:
            if not exc.is_transient:
                raise
            return self._unanswered(asked, str(exc))

    def _refused(self, asked: web.BaseRequest, why: RefusedError) -> web.Response:
        back = why.back or _way_back(asked, why.status)
        response = self._told(asked, Problem(why.status, str(why), why.hint, back, why.faults))
        response.headers.update(why.headers)
        return response

    def _unanswered(self, asked: web.BaseRequest, reason: str) -> web.Response:
        log.warning("page_not_shown", path=_shown_path(asked), reason=reason)
        hint = "checks go on meanwhile; try again in a moment"
        return self._error(asked, 503, f"there is no answer: {reason}", hint)

    def _error(
        self, asked: web.BaseRequest, status: int, problem: str, hint: str = ""
    ) -> web.Response:
        return self._told(asked, Problem(status, problem, hint))

    def _told(self, asked: web.BaseRequest, problem: Problem) -> web.Response:
        if _is_of_program(asked):
            return problem_response(problem)
        return error_response(self._context, asked.get(_ASKING), problem)

    async def _answer(
        self, asked: web.BaseRequest, cost: Cost, limit: asyncio.Timeout
    ) -> web.Response:
        if wait := self._visits.wait_seconds(self._address(asked), time.monotonic()):
            told, headers = "too many requests come from your address", {"Retry-After": str(wait)}
            raise RefusedError(429, told, f"try again in {count(wait, 'second')}", headers)
        refuse_foreign_host(asked, self._hosts, "web.allowed_hosts")
        found = find(asked.method, asked.rel_url.raw_path)
        is_open = found is not None and found[0].who is Who.NOBODY
        scope = found[0].scope if found is not None else Scope.READ
        asking = await self._who_asks(asked, scope, must_know=not is_open)
        if asking.viewer is None and _is_of_program(asked):
            raise lacks(scope)
        if asking.viewer is None and not is_open:
            return _login_needed(asked, is_page=found is not None)
        if found is None or not found[0].who.lets_in(asking.viewer):
            raise _nothing_for(asked, asking)
        if asking.admin is not None and not found[0].is_for_who_looks:
            told = f"this is for {asking.viewer and asking.viewer.user_id} alone"
            raise RefusedError(403, told, "go on as yourself first, at the top of the page")
        request, route = await self._request(asked, asking, found, cost)
        if route.waits_for_a_page:
            limit.reschedule(asyncio.get_running_loop().time() + _PAGE_SECONDS)
        try:
            answer = await self._shown(request, route)
            response = response_to(asked, request, answer)
            if route.is_unsafe or isinstance(answer, SeeOther):  # a login is begun by a link, too
                written = await note_written(self._context, asking.viewer)
                keep_written(request, response, written)
            return response
        except (RequestError, UrlError) as exc:
            raise RefusedError.of(exc, _named_back(request.form)) from exc

    async def _request(
        self,
        asked: web.BaseRequest,
        asking: Asking,
        found: tuple[Route, Mapping[str, str]],
        cost: Cost,
    ) -> tuple[Request, Route]:
        """The request for the handler of a route."""
        route, parts = found
        key = asking.cursor_key or self._context.key
        query = parse_fields(asked.rel_url.raw_query_string, key, "query")
        if not route.takes_anything:
            refuse_unknown(query, route.takes)
        is_of_program = route.who is Who.PROGRAM
        if is_of_program and not is_acceptable(asked.headers.get("Accept", "")):
            raise RefusedError(406, "all answers here are JSON", "accept application/json")
        form = await self._form(asked, asking) if route.is_form else Fields()
        body = await self._body(asked, asking) if route.is_unsafe and is_of_program else b""
        request = Request(
            context=self._context,
            asking=asking,
            preferences=await self._preferences(asking),
            now=self._context.clock(),
            database=self._context.database
            if route.is_unsafe
            else source_of(self._context, asking.viewer, asked.cookies),
            path=asked.path,
            origin=self._context.config().web.public_url or f"http://{asked.host}",
            parts=Fields(parts.items(), self._context.key),
            query=query,
            form=form,
            body=body,
            known=None if asked.if_match is None else [one.value for one in asked.if_match],
            cost=cost,
            is_from_us=csrf.is_from_us(asked.headers, self._context.config().web.public_url),
        )
        return request, route

    async def _preferences(self, asking: Asking) -> PreferencesConfig:
        """What the viewer prefers, as it was a few seconds ago; what is usual before a login."""
        context, viewer = self._context, asking.viewer
        if viewer is None:
            return USUAL
        find = partial(preferences_of, context.reading, context.config(), viewer.user_id)
        return await context.recent.found(("preferences", viewer.user_id), context.clock(), find)

    async def _shown(self, request: Request, route: Route) -> Answer:
        """What the handler answers; a page with the head that all have."""
        answer, head = await self._handled(request, route), self._context.head
        if route.is_unsafe:
            self._context.forget()
        if not isinstance(answer, Page):
            return answer
        if not is_compiled(answer.template):
            # Once for each page: the event loop must not stand still meanwhile.
            await asyncio.to_thread(compile_whole, answer.template)
        if request.asking.viewer is None:
            return answer
        source = source_of_head(self._context, request.database)
        counts = await head.counts(source, request.viewer, request.now)
        await asyncio.sleep(0)  # what else waits goes between the values of a page and its text
        return replace(answer, values={**counts, **answer.values})

    async def _handled(self, request: Request, route: Route) -> Answer:
        """What the handler answers; by the primary, where a standby fails meanwhile."""
        try:
            return await route.handler(request)
        except StoreError as exc:
            if not is_given_up(self._context, request.database, exc):
                raise
        return await route.handler(replace(request, database=self._context.reading))

    def _address(self, asked: web.BaseRequest) -> str:
        """Where a request comes from, behind the proxies that are trusted."""
        return address_of(self._context.config().web, asked.remote or "", asked.headers)

    async def _who_asks(self, asked: web.BaseRequest, scope: Scope, *, must_know: bool) -> Asking:
        agent = asked.headers.get("User-Agent", "")
        told = Asked(asked.remote or "", asked.headers, agent, asked.cookies)
        try:
            if _is_of_program(asked):
                asking = await program_asks(self._context, told, scope)
            else:
                now = self._context.clock()
                asking = await who_asks(self._context, told, now, must_know=must_know)
        except (UntrustedHeaderError, LoginRefusedError) as exc:
            reason = exc.reason if isinstance(exc, LoginRefusedError) else str(exc)
            log.warning("login_refused", reason=reason, address=self._address(asked))
            raise RefusedError(403, "nobody is let in by this login") from None
        asked[_ASKING] = asking
        return asking

    async def _body(self, asked: web.BaseRequest, asking: Asking) -> bytes:
        """What a program has sent, which is JSON if it is anything.

        Shape: who needs no token is known by where they are, as a page that their browser shows
               would be.
        """
        is_ours = csrf.is_from_us(asked.headers, self._context.config().web.public_url)
        if asking.how == "local" and not is_ours:
            raise RefusedError(403, "this was sent by a page that is not ours")
        raw = await asked.read()
        if raw and asked.content_type not in JSON_TYPES:
            accepted = {"Accept": ", ".join(JSON_TYPES)}
            told = f"{asked.content_type} is not taken here"
            raise RefusedError(415, told, "send Content-Type: application/json", accepted)
        return raw

    async def _form(self, asked: web.BaseRequest, asking: Asking) -> Fields:
        """The fields of a form, which must be one of ours."""
        if not csrf.is_from_us(asked.headers, self._context.config().web.public_url):
            raise RefusedError(403, "this form was sent by a page that is not ours")
        if asked.content_type != _FORM:
            raise RefusedError(415, "only forms are taken here")
        try:
            encoded = (await asked.read()).decode("ascii")
        except UnicodeDecodeError:
            raise RefusedError(400, "the form cannot be read") from None
        fields = parse_fields(encoded, self._context.key, "form")
        if not csrf.is_token(asking.secret, fields.text(csrf.FIELD)):
            hint = "go back, reload that page, and send it again"
            told = "this form is older than your login, or not one of ours"
            raise RefusedError(403, told, hint)
        return fields


def _is_of_program(asked: web.BaseRequest) -> bool:
    """Whether a program asks, which is let in by a token and told everything as JSON."""
    return asked.rel_url.raw_path.startswith("/api/v")


def _login_needed(asked: web.BaseRequest, *, is_page: bool) -> web.Response:
    """Where to log in, and then what was asked for; the same for what is not there.

    Errors: RefusedError for a form.
    """
    if asked.method not in SAFE:
        raise RefusedError(401, "nobody is logged in here", "log in, and send it again")
    return login_response(asked.rel_url.raw_path_qs if is_page else "/")


def _nothing_for(asked: web.BaseRequest, asking: Asking) -> RefusedError:
    """What a request is told for which there is nothing, or nothing that its viewer may see."""
    allowed = methods_of(asked.rel_url.raw_path, asking.viewer)
    if allowed and asked.method not in allowed:
        told = f"{asked.method} does nothing here"
        return RefusedError(405, told, headers={"Allow": ", ".join(allowed)})
    return RefusedError(404, "there is no such page")


def _shown_path(asked: web.BaseRequest) -> str:
    """The path for the log, without the secret of a link or a feed, also of one that is wrong."""
    path = asked.rel_url.raw_path
    secret = next((one for one in SECRET_PREFIXES if path.startswith(one)), "")
    return f"{secret}{{token}}" if secret else asked.path


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
