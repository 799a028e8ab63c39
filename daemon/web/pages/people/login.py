"""Logging in, and out."""

from __future__ import annotations

from daemon.login.provider import Provider
from daemon.logs.logger import get_logger
from daemon.model.errors import LoginRefusedError, NotFoundError
from daemon.operations.people import logins, provided, sessions
from daemon.operations.people.users import UserView
from daemon.web.access.methods import login_methods
from daemon.web.answers import Answer, Elsewhere, Page, logged_in, logged_out, page, see_other
from daemon.web.request import Request

log = get_logger(__name__)


async def show_login(request: Request) -> Answer:
    """How to log in."""
    if not request.config.web.has_logins:
        return see_other("/")
    return _login(request, request.query.path("to", "/"))


async def take_password(request: Request) -> Answer:
    """Log in by a name and a password."""
    if not login_methods(request.config).password:
        raise NotFoundError("page", request.path)
    name, to = request.form.text("user", most=255), request.form.path("to", "/")
    visit = request.asking.visit("password")
    try:
        user = await logins.user_of_password(
            request.database,
            name,
            request.form.secret("password"),
            visit,
            request.context.passwords,
            request.now,
        )
    except LoginRefusedError as exc:
        log.warning("login_refused", reason=exc.reason, address=visit.address)
        return _login(request, to, 429 if exc.is_for_now else 403, str(exc))
    return await _begin(request, user, "password", to)


async def show_link(request: Request) -> Answer:
    """Ask before a link is used up: programs that look at links in messages open them as well."""
    if not request.config.web.has_logins:
        return see_other("/")
    token = request.parts.text("token")
    is_usable = await logins.is_link(request.database, token, request.now)
    return page("login_link.html", 200 if is_usable else 404, is_usable=is_usable)


async def follow_link(request: Request) -> Answer:
    """Log in by a link, once."""
    if not request.config.web.has_logins:
        return see_other("/")
    try:
        token = request.parts.text("token")
        user = await logins.follow_link(request.database, token, request.now)
    except LoginRefusedError as exc:
        log.warning("login_refused", reason=exc.reason, address=request.asking.address)
        return page("login_link.html", 404, is_usable=False)
    return await _begin(request, user, "link", "/")


async def go_to_provider(request: Request) -> Answer:
    """Begin a login at a provider; whom a foreign page has led here is asked first."""
    if request.asking.viewer is not None:
        return see_other("/")
    provider, to = _provider(request), request.query.path("to", "/")
    if not request.is_from_us:
        return _login(request, to)
    database, attempt = request.context.database, _attempt(request, provider)
    try:
        location = await provided.begin(database, attempt, to, request.now)
    except LoginRefusedError as exc:
        return _refused(request, provider, exc, to)
    return Elsewhere(location)


async def come_from_provider(request: Request) -> Answer:
    """End a login with what the browser brings back from a provider."""
    if request.asking.viewer is not None:
        return see_other("/")
    provider = _provider(request)
    how = f"{provider.section.kind}:{provider.section.name}"
    answer = {name: request.query.text(name) for name in ("code", "error", "iss", "state")}
    try:
        proved = await provided.end(
            request.context.database,
            _attempt(request, provider),
            answer,
            request.asking.visit(how),
            request.now,
        )
    except LoginRefusedError as exc:
        return _refused(request, provider, exc, "/")
    return await _begin(request, proved.user, how, proved.return_to)


def _provider(request: Request) -> Provider:
    found = request.context.providers.get(request.parts.text("provider"))
    if found is None:
        raise NotFoundError("page", request.path)
    return found


def _attempt(request: Request, provider: Provider) -> provided.Attempt:
    callback = f"{request.origin}/login/{provider.section.name}/callback"
    return provided.Attempt(provider, callback, request.asking.browser)


def _refused(request: Request, provider: Provider, exc: LoginRefusedError, to: str) -> Answer:
    reason = f"{provider.section.name}: {exc.reason}"
    log.warning("login_refused", reason=reason, address=request.asking.address)
    return _login(request, to, 503 if exc.is_for_now else 403, str(exc))


async def log_out(request: Request) -> Answer:
    """End the session of this browser."""
    asking = request.asking
    if asking.session:
        await sessions.end(request.database, asking.actor, asking.session, request.now)
    return logged_out("/login" if request.config.web.has_logins else "/")


async def _begin(request: Request, user: UserView, how: str, to: str) -> Answer:
    """Begin a session of this user in this browser, in place of one that it had."""
    begun = await sessions.begin(
        request.context.database,  # also where a page of ours only reads
        user.id,
        request.asking.visit(how),
        request.config.web,
        request.now,
        request.asking.session,
    )
    return logged_in(begun.secret, to)


def _login(request: Request, to: str, status: int = 200, problem: str = "") -> Page:
    methods = login_methods(request.config)
    return page("login.html", status, methods=methods, to=to, problem=problem)
