"""Pages as a browser shows them: what scripts make of them, and what goes wrong."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from pathlib import Path

import pytest
from aiohttp import web
from multidict import CIMultiDictProxy

from daemon.browser.renderer import Renderer
from daemon.browser.service import processes
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.request import Rendering, Request
from daemon.model.status import ErrorClass
from tests.loopback import serving
from tests.rendering.conftest import SETTINGS, Started, started

_LIST = """<!doctype html><title>Shows</title><ul id=list></ul><script>
fetch('/data').then(r => r.text()).then(text => { for (const one of text.split(','))
  document.getElementById('list').insertAdjacentHTML('beforeend', '<li>' + one) })</script>"""


async def test_what_a_script_makes_of_a_page_is_its_text(renderer: Renderer) -> None:
    async with serving(page=_LIST, data="Monday,Tuesday") as site:
        response = await renderer.render(Request(site.url()))
    text = response.document.body.decode()
    assert "<li>Monday</li><li>Tuesday</li>" in text
    assert (response.status, response.renderer) == (200, "browser")
    assert response.validators.etag is None
    assert response.document.url == site.url()
    assert site.agents == {SETTINGS.user_agent}


async def test_open_shadow_trees_are_part_of_what_people_see(renderer: Renderer) -> None:
    page = """<!doctype html><div id=host></div><script>
      document.getElementById('host').attachShadow({mode: 'open'}).innerHTML = '<p>Inside</p>'
      </script>"""
    async with serving(page=page) as site:
        response = await renderer.render(Request(site.url()))
    assert b"<p>Inside</p>" in response.document.body


async def test_it_waits_for_what_its_owner_names(renderer: Renderer) -> None:
    page = """<!doctype html><p>Loading</p><script>setInterval(() => fetch('/data'), 50);
      setTimeout(() => document.body.innerHTML = '<p class=ready>Sold out</p>', 900)</script>"""
    async with serving(page=page, data="x") as site:
        for how in (Rendering(selector=".ready"), Rendering(text="Sold out")):
            response = await renderer.render(Request(site.url(), rendering=how))
            assert b"Sold out" in response.document.body


async def test_a_page_that_never_rests_is_taken_as_it_stands(renderer: Renderer) -> None:
    page = "<!doctype html><p>Ticker</p><script>setInterval(() => fetch('/data'), 50)</script>"
    async with serving(page=page, data="x") as site:
        response = await renderer.render(Request(site.url(), timeout_seconds=6))
    assert b"Ticker" in response.document.body


async def test_a_list_grows_as_far_as_it_is_scrolled(renderer: Renderer) -> None:
    page = """<!doctype html><div id=list></div><script>let n = 0;
      const more = () => { for (let i = 0; i < 10; i++) document.getElementById('list')
        .insertAdjacentHTML('beforeend', `<p style="height:200px">row ${++n}</p>`) };
      more(); addEventListener('scroll', () => { if (n < 40) more() })</script>"""
    async with serving(page=page) as site:
        short = await renderer.render(Request(site.url()))
        long = await renderer.render(Request(site.url(), rendering=Rendering(scrolls=30)))
    assert len(re.findall(rb"row \d", short.document.body)) == 10
    assert len(re.findall(rb"row \d", long.document.body)) == 40


async def test_images_are_not_asked_for_unless_they_are_wanted(renderer: Renderer) -> None:
    page = '<!doctype html><p>Text</p><img src="/picture">'
    async with serving(page=page, picture="") as site:
        await renderer.render(Request(site.url()))
        assert site.asked["/picture"] == 0
        await renderer.render(Request(site.url(), rendering=Rendering(block=())))
        assert site.asked["/picture"] == 1


async def test_secrets_go_to_the_pages_own_origin_alone(renderer: Renderer) -> None:
    secrets = {"Authorization": "Bearer s3cret", "X-Key": "k3y", "Cookie": "session=abc"}
    seen: dict[str, CIMultiDictProxy[str]] = {}
    origins: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen[request.path] = request.headers
        script = f"fetch('/data'); fetch('{origins[-1]}/away', {{mode: 'no-cors'}})"
        page = f"<!doctype html><p>Text</p><script>{script}</script>"
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        for _ in range(2):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
        origins.extend(f"http://{host}:{port}" for host, port in runner.addresses)
        # Another port is another origin; the page's own port and the usual ones may be asked.
        await renderer.render(Request(f"{origins[0]}/page", headers=secrets))
    finally:
        await runner.cleanup()
    for path in ("/page", "/data"):
        assert {name: seen[path].get(name) for name in secrets} == secrets
    assert "/away" not in seen or not {"Authorization", "X-Key"} & set(seen["/away"])


_FAULTS = {
    "a selector that never comes": (
        "<!doctype html><p>Text</p>",
        Rendering(selector="#never"),
        (ErrorClass.SELECTOR, "'#never' did not come"),
    ),
    "a redirect in script to a private address": (
        "<!doctype html><script>location = 'http://10.0.0.1/'</script>",
        Rendering(seconds=1),
        (ErrorClass.BLOCKED, "10.0.0.1 is not a public address"),
    ),
    "a document that grows beyond all bounds": (
        "<!doctype html><script>document.write('x'.repeat(2000000))</script>",
        None,
        (ErrorClass.TOO_LARGE, "once it is rendered"),
    ),
    "a script without end": (
        "<!doctype html><p>Text</p><script>for (;;) {}</script>",
        None,
        (ErrorClass.TIMEOUT, ""),
    ),
}


@pytest.mark.parametrize("name", _FAULTS)
async def test_a_page_that_cannot_be_shown_says_why(browser: Started, name: str) -> None:
    page, how, (error_class, words) = _FAULTS[name]
    settings = SETTINGS.model_copy(update={"max_body_bytes": 1_000_000})
    async with serving(page=page) as site, Fetcher(settings) as fetcher:
        renderer = Renderer(fetcher, browser.socket)
        with pytest.raises(FetchError) as failed:
            await renderer.render(Request(site.url(), timeout_seconds=3, rendering=how))
        assert failed.value.error_class is error_class
        assert words in failed.value.detail
        site.bodies["/page"] = _LIST
        assert b"Shows" in (await renderer.render(Request(site.url()))).document.body


async def test_a_page_may_make_so_many_requests_and_what_is_blocked_counts_for_none(
    browser: Started,
) -> None:
    page = """<!doctype html><p>Text</p><script>for (let n = 0; n < 30; n++) WHAT</script>"""
    image = "document.body.append(Object.assign(new Image(), {src: '/x' + n}))"
    async with serving(page=page.replace("WHAT", image)) as site, Fetcher(SETTINGS) as fetcher:
        renderer = Renderer(fetcher, browser.socket, 10)
        assert (await renderer.render(Request(site.url()))).stopped_requests == 0
        site.bodies["/page"] = page.replace("WHAT", "fetch('/data' + n)")
        response = await renderer.render(Request(site.url()))
        assert response.stopped_requests == 21
        assert "21 of its requests were stopped: it made more" in " ".join(response.notes)
        wait = Rendering(selector="#never")
        with pytest.raises(FetchError, match=r"'#never' did not come .* 21 of its requests were"):
            await renderer.render(Request(site.url(), timeout_seconds=4, rendering=wait))


async def test_what_is_no_page_is_left_to_a_plain_fetch(renderer: Renderer) -> None:
    async with serving(page="{}") as site:
        site.content_type = "application/json"
        with pytest.raises(FetchError, match="it is no page but application/json"):
            await renderer.render(Request(site.url()))
        site.headers["Content-Disposition"] = "attachment"
        with pytest.raises(FetchError, match="a download") as failed:
            await renderer.render(Request(site.url()))
    assert failed.value.error_class is ErrorClass.UNSUPPORTED


async def test_dialogs_frames_and_windows_hold_nothing_up(renderer: Renderer) -> None:
    page = """<!doctype html><p>Text</p><script>alert('x'); confirm('y'); open('/page');
      if (top === self || location.hash.length < 9) document.body.insertAdjacentHTML('beforeend',
        `<iframe src="/page#${location.hash.slice(1)}x"></iframe>`.repeat(3))</script>"""
    async with serving(page=page) as site:
        response = await renderer.render(Request(site.url(), timeout_seconds=15))
    assert b"Text" in response.document.body


async def test_a_status_is_told_as_without_a_browser(renderer: Renderer) -> None:
    async with serving(page="<!doctype html><p>Gone</p>") as site:
        site.status = 404
        with pytest.raises(FetchError, match="404") as failed:
            await renderer.render(Request(site.url()))
    assert failed.value.error_class is ErrorClass.HTTP_4XX


async def test_a_page_that_goes_elsewhere_by_script_is_what_it_went_to(renderer: Renderer) -> None:
    leads = "<!doctype html><script>location = '/other'</script>"
    async with serving(page=leads, other="<!doctype html><p>There</p>") as site:
        response = await renderer.render(Request(site.url()))
        assert b"There" in response.document.body
        assert response.document.url == site.url("/other")
        del site.bodies["/other"]
        with pytest.raises(FetchError, match="404"):
            await renderer.render(Request(site.url()))


async def test_a_browser_that_dies_costs_its_page_and_no_other(browser: Started) -> None:
    async with Fetcher(SETTINGS) as fetcher, serving(page=_LIST, data="one") as site:
        renderer = Renderer(fetcher, browser.socket)
        await renderer.render(Request(site.url()))
        _kill_browsers(browser.process.pid)
        with contextlib.suppress(FetchError):  # what was asked before its end was noticed
            await renderer.render(Request(site.url()))
        response = await renderer.render(Request(site.url()))
    assert b"<li>one</li>" in response.document.body


def _kill_browsers(root: int) -> None:
    for pid in processes.below(root):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if "chrom" in Path(f"/proc/{pid}/comm").read_text():
                os.kill(pid, signal.SIGKILL)


async def test_without_its_process_the_owner_learns_what_is_missing(tmp_path: Path) -> None:
    async with Fetcher(SETTINGS) as fetcher:
        for path, words in (
            (None, "no browser is set up"),
            (tmp_path / "none.sock", "cannot be reached at"),
        ):
            with pytest.raises(FetchError, match=words) as failed:
                await Renderer(fetcher, path).render(Request("http://127.0.0.1:1/"))
            assert failed.value.error_class is ErrorClass.BROWSER


async def test_a_page_whose_connection_fails_is_told_in_the_words_of_a_fetch(
    renderer: Renderer,
) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(FetchError, match="refused") as failed:
            await renderer.render(Request(f"http://127.0.0.1:{taken.getsockname()[1]}/"))
    assert failed.value.error_class is ErrorClass.CONNECT


async def test_a_browser_that_does_not_start_is_told_as_such(
    tmp_path: Path, browser: Started
) -> None:
    """Beside one that does, without which nothing is rendered here at all."""
    async with (
        started(tmp_path, executable="/bin/false") as broken,
        Fetcher(SETTINGS) as fetcher,
    ):
        with pytest.raises(FetchError, match="the browser does not start") as failed:
            await Renderer(fetcher, broken.socket).render(Request("http://127.0.0.1:9/"))
    assert failed.value.error_class is ErrorClass.BROWSER
    assert browser.process.returncode is None
