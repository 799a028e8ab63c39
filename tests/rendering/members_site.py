"""A site with a login, a cookie banner and lists that grow, as people watch them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

_LOGIN = """<!doctype html><title>Log in</title><h1>Members</h1>
<form method=post action=/login><label>Name <input id=user name=user></label>
<label>Password <input id=password name=password type=password></label>
<button>Log in</button></form>"""
_MEMBERS = """<!doctype html><title>Members</title><h1>Hello {user}</h1><p>Invoice 17 is paid.</p>
<script>localStorage.setItem('seen', Number(localStorage.getItem('seen') || 0) + 1);
document.body.insertAdjacentHTML('beforeend', '<p>Visit ' + localStorage.getItem('seen'))</script>
"""
_BANNER = """<!doctype html><title>News</title><style>html { overflow: hidden }
#wall { position: fixed; inset: 0; background: white }</style>
<main><h1>News</h1><div id=story></div></main>
<div id=wall><div role=dialog><p>We and our partners use cookies to improve your visit.</p>
<button id=no>Settings</button> <button id=yes>Accept all</button></div></div><script>
document.getElementById('yes').onclick = () => { document.getElementById('wall').remove();
fetch('/story').then(r => r.text()).then(text => document.getElementById('story').append(text)) }
</script>"""


@dataclass(slots=True)
class Members:
    """The site as it runs, and what was done to it."""

    url: str = ""
    logins: list[str] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)
    pages: dict[str, str] = field(default_factory=dict)

    async def page(self, request: web.Request) -> web.Response:
        """Any other page, as a test gives it."""
        return web.Response(text=self.pages[request.path], content_type="text/html")

    async def members(self, request: web.Request) -> web.Response:
        """The page of members, or the login."""
        if request.cookies.get("session") not in self.sessions:
            raise web.HTTPFound("/login")
        return web.Response(text=_MEMBERS.format(user="anna"), content_type="text/html")

    async def login(self, request: web.Request) -> web.Response:
        """The form, and what it sends."""
        if request.method == "GET":
            return web.Response(text=_LOGIN, content_type="text/html")
        form = await request.post()
        self.logins.append(str(form["password"]))
        if form["password"] != "correct horse":
            return web.Response(text=_LOGIN + "<p>Wrong password</p>", content_type="text/html")
        token = f"s{len(self.logins)}"
        self.sessions.add(token)
        answer = web.HTTPFound("/start")
        answer.set_cookie("session", token, httponly=True)
        raise answer


@asynccontextmanager
async def members_site() -> AsyncIterator[Members]:
    """The site on a free port of this machine."""
    site = Members(pages={"/start": "<!doctype html><p>Start", "/news": _BANNER})
    site.pages["/story"] = "Rain tomorrow"
    app = web.Application()
    app.router.add_get("/members", site.members)
    app.router.add_route("*", "/login", site.login)
    app.router.add_get("/{name}", site.page)
    runner = web.AppRunner(app)
    await runner.setup()
    server = web.TCPSite(runner, "127.0.0.1", 0)
    await server.start()
    port = runner.addresses[0][1]
    site.url = f"http://127.0.0.1:{port}"
    try:
        yield site
    finally:
        await runner.cleanup()
