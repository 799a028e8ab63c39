"""What is done on a page before it is read, and logins that are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from daemon.browser.renderer import Renderer
from daemon.browser.sessions import session_of
from daemon.model.errors import FetchError
from daemon.model.request import Request, Step
from daemon.model.status import ErrorClass
from tests.rendering.members_site import Members, members_site

_PASSWORD = "correct horse"


def _login(password: str) -> tuple[Step, ...]:
    return (
        Step("type", "#user", "anna", is_login=True),
        Step("type", "text:Password", password, is_login=True),
        Step("click", "text:Log in", is_login=True),
    )


@pytest.fixture
async def site() -> AsyncIterator[Members]:
    async with members_site() as one:
        yield one


async def test_a_login_is_made_once_and_kept(renderer: Renderer, site: Members) -> None:
    asked = Request(f"{site.url}/members", steps=_login(_PASSWORD), keep_cookies=True)
    kept = ""
    for visit in (1, 2, 3):
        response = await renderer.render(asked, kept)
        kept = response.cookies or ""
        assert f"Visit {visit}".encode() in response.document.body  # of what the page stores
        assert _PASSWORD.encode() not in response.document.body
    assert site.logins == [_PASSWORD]
    site.sessions.clear()  # the server ends it
    await renderer.render(asked, kept)
    assert len(site.logins) == 2


async def test_a_login_that_fails_is_counted_and_at_last_not_tried(
    renderer: Renderer, site: Members
) -> None:
    asked = Request(f"{site.url}/members", steps=_login("wrong"), keep_cookies=True)
    with pytest.raises(FetchError, match="did not work: #user is still there") as caught:
        await renderer.render(asked)
    assert caught.value.error_class is ErrorClass.STEP
    failed = session_of(caught.value.cookies or "")
    assert (failed.failed_logins, site.logins) == (1, ["wrong"])
    now = datetime.now(UTC)
    thrice = failed.after_login_failed(now).after_login_failed(now)
    with pytest.raises(FetchError, match="none is tried before") as caught:
        await renderer.render(asked, thrice.text())
    assert session_of(caught.value.cookies or "").failed_logins == 3  # they go on resting
    assert site.logins == ["wrong"]
    assert thrice.no_login_before(now + timedelta(days=1)) is None
    assert failed.no_login_before(now) is None


async def test_a_login_is_not_lost_by_what_fails_after_it(
    renderer: Renderer, site: Members
) -> None:
    steps = (*_login(_PASSWORD), Step("click", "#nowhere", is_optional=False))
    asked = Request(f"{site.url}/members", steps=steps, keep_cookies=True, timeout_seconds=20)
    kept = ""
    for _ in range(2):
        with pytest.raises(FetchError, match=r"step 4 \(click #nowhere\)") as caught:
            await renderer.render(asked, kept)
        kept = caught.value.cookies or ""
    assert site.logins == [_PASSWORD]


async def test_a_login_of_which_nothing_could_be_kept_counts_as_failed(
    renderer: Renderer, site: Members
) -> None:
    steps = (*_login(_PASSWORD), Step("script", value="while (true) {}"))
    asked = Request(f"{site.url}/members", steps=steps, keep_cookies=True, timeout_seconds=5)
    with pytest.raises(FetchError, match="it did not end") as caught:
        await renderer.render(asked)
    assert session_of(caught.value.cookies or "").failed_logins == 1


async def test_a_banner_is_accepted_or_removed(renderer: Renderer, site: Members) -> None:
    url = f"{site.url}/news"
    accepted = await renderer.render(Request(url, steps=(Step("banner", value="accept"),)))
    removed = await renderer.render(Request(url, steps=(Step("banner", value="remove"),)))
    assert b"Rain tomorrow" in accepted.document.body
    assert b"Rain tomorrow" not in removed.document.body
    assert b"use cookies" not in removed.document.body
    without = await renderer.render(
        Request(f"{site.url}/start", steps=(Step("banner", value="accept"),))
    )
    assert b"Start" in without.document.body


_FORM = """<!doctype html><input id=q placeholder="Search"><select id=city><option>Berlin
<option value=b>Paris</select><label><input type=checkbox id=terms> Terms</label>
<button class=more>More</button><button class=more>Less</button><p id=out></p>
<div class=ad>Buy</div><iframe srcdoc="<button id=inner>Inside</button>"></iframe><script>
const out = document.getElementById('out');
const say = () => out.textContent = [q.value, city.value, terms.checked].join(' ');
addEventListener('input', say); addEventListener('change', say);
q.onkeydown = event => { if (event.key === 'Enter') document.body.append('entered ') };
for (const one of document.querySelectorAll('.more')) one.onclick = () =>
  document.body.append(one.textContent + ' clicked ');
document.querySelector('iframe').onload = event => event.target.contentDocument
  .getElementById('inner').onclick = () => document.body.append('inside clicked ');
</script>"""


async def test_every_step_does_what_it_says(renderer: Renderer, site: Members) -> None:
    site.pages["/form"] = _FORM
    steps = (
        Step("type", "text:Search", "shoes"),
        Step("press", "#q", "Enter"),
        Step("choose", "#city", "Paris"),
        Step("check", "text:Terms"),
        Step("click", "text:Less"),
        Step("click", "#inner"),
        Step("click", ".nowhere", is_optional=True),
        Step("hover", "//p"),
        Step("remove", ".ad"),
        Step("script", value="const two = await 2; document.body.append('ran ' + two)"),
        Step("wait_for", "text:ran 2"),
        Step("wait", value="0.1"),
        Step("scroll", value="2"),
    )
    asked = Request(f"{site.url}/form", steps=steps, timeout_seconds=30)
    text = (await renderer.render(asked)).document.body.decode()
    for said in ("entered", "shoes b true", "Less clicked", "inside clicked", "ran 2"):
        assert said in text
    assert "Buy" not in text


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step("click", ".nothing"), "step 1 (click .nothing): nothing that is shown matches"),
        (Step("click", ".more"), "2 elements match"),
        (Step("click", "div["), "its selector is unreadable"),
        (Step("press", value="Foo"), "Unknown key"),
        (Step("script", value="throw new Error('my own')"), "my own"),
        (Step("go", value="http://127.0.0.1:9/"), "could not open it: ERR_UNSAFE_PORT"),
        (Step("script", value="confirm('Sure?') || document.body.remove()"), ""),
    ],
)
async def test_a_step_that_cannot_be_taken_says_which_and_why(
    renderer: Renderer, site: Members, step: Step, said: str
) -> None:
    site.pages["/form"] = _FORM
    asked = Request(f"{site.url}/form", steps=(step,), timeout_seconds=15)
    if not said:  # a dialog is dismissed
        await renderer.render(asked)
        return
    with pytest.raises(FetchError, match=said.replace("(", r"\(").replace(")", r"\)")):
        await renderer.render(asked)


async def test_a_secret_is_typed_on_the_sites_own_pages_alone(
    renderer: Renderer, site: Members
) -> None:
    site.pages["/form"] = _FORM
    elsewhere = f"{site.url}/form".replace("127.0.0.1", "localhost")
    steps = (Step("go", value=elsewhere), Step("type", "#q", "s3cret-value"))
    with pytest.raises(FetchError, match="nothing is typed there without `at`") as caught:
        await renderer.render(Request(f"{site.url}/start", steps=steps, timeout_seconds=8))
    assert "s3cret" not in str(caught.value)


async def test_a_step_that_does_not_end_is_named(renderer: Renderer, site: Members) -> None:
    endless = Step("script", value="await new Promise(() => {})")
    asked = Request(f"{site.url}/start", steps=(endless,), timeout_seconds=3)
    with pytest.raises(FetchError, match=r"step 1 \(script\): it did not end within") as caught:
        await renderer.render(asked)
    assert caught.value.error_class is ErrorClass.STEP


async def test_a_click_that_leads_to_a_file_is_told_as_such(
    renderer: Renderer, site: Members
) -> None:
    site.pages["/list"] = """<!doctype html><p>Reports</p>
      <a download="report.pdf" href="data:application/pdf;base64,JVBERi0=">Report</a>"""
    asked = Request(f"{site.url}/list", steps=(Step("click", "text:Report"),))
    with pytest.raises(FetchError, match=r"starts a download \(report.pdf\)") as caught:
        await renderer.render(asked)
    assert caught.value.error_class is ErrorClass.STEP
    passing = Step("click", "text:Report", is_optional=True)
    response = await renderer.render(Request(f"{site.url}/list", steps=(passing,)))
    assert b"Reports" in response.document.body
