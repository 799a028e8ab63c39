"""The steps of other programs in a browser, as they are taken over."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.model.request import Step
from tests.transfer.test_foreign import URL, from_jobs, from_watches, notes, the_site


def _watch(*steps: tuple[str, str, str]) -> dict[str, Any]:
    names = ("operation", "selector", "optional_value")
    tables = [dict(zip(names, step, strict=True)) for step in steps]
    return {"url": URL, "fetch_backend": "html_webdriver", "browser_steps": tables}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (("Check checkbox", "#a", ""), Step("check", ":nth-match(#a, 1)")),
        (("Uncheck checkbox", "//input", ""), Step("uncheck", "(//input)[1]")),
        (("Click element", "xpath://b", ""), Step("click", "(//b)[1]")),
        (
            ("Click element if exists", "a.x, b", ""),
            Step("click", ":nth-match(a.x, b, 1)", is_optional=True),
        ),
        (("Click element containing text", "", "More"), Step("click", "text:More")),
        (
            ("Click element containing text if exists", "", "More"),
            Step("click", "text:More", is_optional=True),
        ),
        (
            ("Click X,Y", "", "12, 30"),
            Step("script", value="document.elementFromPoint(12, 30).click()"),
        ),
        (("Enter text in field", "#q", "${shoes}"), Step("type", ":nth-match(#q, 1)", "${shoes}")),
        (("Execute JS", "", "go()"), Step("script", value="go()")),
        (("Goto URL", "", "https://example.org/b"), Step("go", value="https://example.org/b")),
        (("Goto site", "", ""), Step("go", value=URL)),
        (("Press Enter", "", ""), Step("press", value="Enter")),
        (("Select by label", "#c", "Berlin"), Step("choose", ":nth-match(#c, 1)", "Berlin")),
        (("Scroll down", "", ""), Step("scroll", value="1")),
        (("Wait for seconds", "", "2.5"), Step("wait", value="3")),
        (("Wait for text", "", "Price"), Step("wait_for", "text:Price")),
        (("Wait for text in element", "#p", "EUR"), Step("wait_for", '#p:has-text("EUR")')),
        (("Remove elements", ".ad", ""), Step("remove", ".ad", is_optional=True)),
    ],
)
def test_a_step_of_a_watch_is_one_of_ours(theirs: tuple[str, str, str], ours: Step) -> None:
    site = the_site(from_watches(_watch(("Choose one", "", ""), theirs)))
    assert site.request.steps == (ours,)
    assert (site.is_active, site.request.renderer) == (True, "browser")


def test_a_step_that_is_none_of_ours_pauses_the_watch_and_keeps_the_others() -> None:
    result = from_watches(_watch(("Juggle", "#a", ""), ("Click element", "#b", "")))
    assert "paused: its browser step 1 'Juggle' is none of ours" in notes(result)
    assert the_site(result).request.steps == (Step("click", ":nth-match(#b, 1)"),)


def test_a_watch_that_logs_in_says_how_that_is_kept() -> None:
    result = from_watches(_watch(("Enter text in field", "#password", "correct horse")))
    assert "with `login = true`" in notes(result)
    assert the_site(result).request.typed == ("correct horse",)


def test_a_script_of_a_watch_runs_first() -> None:
    watch = _watch(("Press Enter", "", "")) | {"webdriver_js_execute_code": "first()"}
    steps = the_site(from_watches(watch)).request.steps
    assert [step.value for step in steps] == ["first()", "Enter"]


def test_what_a_job_has_a_browser_do_is_taken_over() -> None:
    options = (
        "initialization_url: https://example.org/start\ninitialization_js: enter()\n"
        "wait_for_function: () => window.ready\nevaluate: document.title\n"
    )
    result = from_jobs(f"name: P\nurl: {URL}\nuse_browser: true\n{options}")
    steps = the_site(result).request.steps
    assert the_site(result).is_active
    assert [step.action for step in steps] == ["go", "script", "go", "script", "script"]
    assert (steps[0].value, steps[1].value, steps[2].value) == (
        "https://example.org/start",
        "enter()",
        URL,
    )
    assert "window.ready" in steps[3].value
    assert "document.title" in steps[4].value


def test_what_is_waited_for_comes_before_a_script_takes_the_pages_place() -> None:
    waits = "wait_for_selector: h1\nwait_for_timeout: 2\n"
    text = f"name: P\nurl: {URL}\nuse_browser: true\nevaluate: document.title\n{waits}"
    request = the_site(from_jobs(text)).request
    assert [step.action for step in request.steps] == ["wait_for", "wait", "script"]
    assert request.rendering is None
