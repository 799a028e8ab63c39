"""Jobs of urlwatch and webchanges: chains of filters, defaults and all options."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.extract import read
from daemon.model.request import Rendering
from daemon.model.response import Document
from daemon.model.site import Rules
from tests.transfer.test_foreign import URL, from_jobs, notes, the_site
from tests.transfer.test_ours import brought

PAGE = (
    b"<html><body><div class='main new'><p>Open: <b>3</b> seats</p><p>open air</p>"
    b"<ul><li>first<li class=old>second</ul></div><ul><li>elsewhere</ul></body></html>"
)


def read_by(filters: Any) -> str:
    rules = the_site(brought(json.dumps({"url": URL, "filter": filters}), "urlwatch")).rules
    return read(Document(PAGE, "text/html", None, URL), rules).text


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ([{"css": "div.main"}, {"css": "li"}], "  • first\n  • second"),
        ([{"css": "div.main"}, {"css": "div.new > p"}], "Open: 3 seats\n\nopen air"),
        ([{"css": "div"}, {"xpath": "//li[@class='old']"}], "  • second"),
        ([{"xpath": "//div"}, {"css": "b, li.old"}], "3\n\n  • second"),
        ([{"element-by-class": "main"}, {"element-by-tag": "ul"}, {"css": "li"}],
         "  • first\n  • second"),
        ([{"css": "div"}, {"css": {"selector": "ul", "exclude": ".old"}}], "  • first"),
        ([{"grep": "(?i)OPEN"}, {"grep": "seats$"}], "Open: 3 seats"),
        ([{"grep": "first|second|air"}, {"keep_lines_containing": "s"}], "  • first\n  • second"),
        ([{"keep_lines_containing": ["air", "seats"]}], "Open: 3 seats\nopen air"),
    ],
)  # fmt: skip
def test_a_chain_reads_what_each_filter_leaves_of_the_one_before(filters: Any, text: str) -> None:
    found = read_by(filters)
    assert [line for line in found.split("\n") if line] == [
        line for line in text.split("\n") if line
    ]


@pytest.mark.parametrize(
    "filters",
    [
        [{"css": "div"}, {"xpath": "//li[1]"}],
        [{"css": "div"}, {"xpath": "/html/body"}],
        [{"css": "div"}, {"css": {"selector": "li", "maxitems": 1}}],
        [{"grep": r"(.)\1"}, {"grep": "x"}],
    ],
)
def test_a_chain_that_cannot_be_one_rule_is_told(filters: Any) -> None:
    result = brought(json.dumps({"url": URL, "filter": filters}), "urlwatch")
    kind = next(iter(filters[1]))
    assert f"without its filter `{kind}`" in notes(result)
    the_site(result)


@pytest.mark.parametrize("exclude", ["//@onclick", "//a/@href", "//comment()"])
def test_what_is_not_read_anyway_needs_no_exclude(exclude: str) -> None:
    filters = [{"xpath": {"path": "//div", "exclude": exclude}}]
    result = brought(json.dumps({"url": URL, "filter": filters}), "urlwatch")
    assert the_site(result).rules == Rules(include=("//div",))
    assert result.notes == []
    assert "Open" in read_by(filters)


def test_text_cannot_be_excluded_and_is_told() -> None:
    filters = [{"xpath": {"path": "//div", "exclude": "//p/text()"}}]
    result = brought(json.dumps({"url": URL, "filter": filters}), "urlwatch")
    assert "without what its `exclude` '//p/text()' takes from elements" in notes(result)
    assert "Open" in read_by(filters)


def test_a_job_is_asked_as_it_was() -> None:
    result = from_jobs(
        f"name: P\nurl: {URL}?a=b\nno_redirects: true\nhttp_credentials: ada:hidden\n"
        "params: {q: x y}\nreferer: https://r.example/\nignore_https_errors: true\n"
        "data: {a: [1, null]}\ndata_as_json: true\n"
    )
    site = the_site(result)
    request = site.request
    assert request.url == f"{URL}?a=b&q=x+y"
    assert (request.method, json.loads(request.body)) == ("POST", {"a": [1, None]})
    assert dict(request.headers) == {
        "Referer": "https://r.example/",
        "Authorization": "Basic YWRhOmhpZGRlbg==",
        "Content-Type": "application/json",
    }
    assert site.rules.follow == "none"
    assert request.tls is not None
    assert request.tls.verify is False
    assert result.notes == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("note: mine", "without `note`: a site has its name and its tags"),
        ("user_visible_url: https://x.example/", "`user_visible_url`: the address is shown"),
        ("url_for_human: https://x.example/", "`url_for_human`: the address is shown"),
        ("max_tries: 3", "without `max_tries`: see `failures` in [notices]"),
        ("retries: 3", "without `retries`: see `failures` in [notices]"),
        ("ignore_connection_errors: true", "`ignore_connection_errors`: see `failures`"),
        ("ignore_http_error_codes: 5xx", "`ignore_http_error_codes`: see `failures`"),
        ("deletions_only: true", "`deletions_only`: what is added is told, too"),
        ("diff_filter:\n  - grep: x", "`diff_filter`: choose before comparing"),
        ("differ: table", "`differ`: changes are shown in one way"),
        ("use_browser: true\nwait_until: load", "`wait_until`: see `wait_for` and `wait`"),
        ("something_new: 1", "without `something_new`"),
    ],
)
def test_an_option_without_its_like_is_named_with_the_reason(line: str, told: str) -> None:
    result = from_jobs(f"name: P\nurl: {URL}\n{line}\n")
    assert told in notes(result)
    assert the_site(result).is_active


def test_a_job_of_a_browser_is_rendered_and_waits_as_it_did() -> None:
    options = "wait_for_selector: {selector: '#list li'}\nwait_for_timeout: 3\n"
    result = from_jobs(
        f"name: P\nurl: {URL}\nuse_browser: true\n{options}block_elements: [stylesheet, script]\n"
        "encoding: latin-1\n"
    )
    request = the_site(result).request
    assert request.renderer == "browser"
    assert request.rendering == Rendering(selector="#list li", seconds=3.0, block=("stylesheet",))
    assert the_site(result).is_active
    assert notes(result) == "is rendered by a browser, once one is set up: docs/rendering.md"


def test_a_job_whose_script_comes_before_the_pages_own_is_paused() -> None:
    result = from_jobs(f"name: P\nurl: {URL}\nuse_browser: true\ninit_script: x()\n")
    assert "paused: its `init_script` works with the page in a browser" in notes(result)
    assert the_site(result).is_active is False


def test_an_option_that_is_off_is_nothing_to_tell() -> None:
    options = "ignore_connection_errors: false\nnote: ''\ndeletions_only: null\n"
    assert from_jobs(f"name: P\nurl: {URL}\n{options}").notes == []


def test_versions_that_are_compared_are_no_loss() -> None:
    [note] = from_jobs(f"name: P\nurl: {URL}\ncompared_versions: 3\n").notes
    assert (note.text, note.is_loss) == (
        "a state that comes back is no news: see `flap_hold`",
        False,
    )


def test_the_defaults_of_the_settings_are_those_of_the_jobs_beside_them() -> None:
    result = from_jobs(
        "report:\n  telegram: {enabled: true, bot_token: hidden}\n"
        "job_defaults:\n"
        "  all: {headers: {X-All: a, X-Own: a}, timeout: 9}\n"
        "  url: {timeout: 30}\n"
        "  browser: {timeout: 60}\n"
        "---\n"
        "name: First\nurl: https://a.example/\nheaders: {X-Own: b}\n"
        "---\n"
        "name: Second\nnavigate: https://b.example/\n"
        "---\n"
        "name: Third\nurl: https://c.example/\ntimeout: 5\n"
    )
    assert result.faults == []
    first, second, third = (site.request for site in result.sites)
    assert dict(first.headers) == {"X-All": "a", "X-Own": "b"}
    assert [one.timeout_seconds for one in (first, second, third)] == [30, 60, 5]
    assert notes(result).splitlines() == [
        "without the reporter 'telegram': see [[notify]]",
        "is rendered by a browser, once one is set up: docs/rendering.md",
    ]


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("latin-1", "iso8859-1"),
        ("LATIN1", "latin1"),
        ("utf_8", "utf-8"),
        ("iso8859-15", "iso8859-15"),
        ("cp1252", "cp1252"),
    ],
)
def test_the_names_that_python_has_for_an_encoding_are_understood(
    encoding: str, charset: str
) -> None:
    result = brought(json.dumps({"url": URL, "encoding": encoding}), "urlwatch")
    assert the_site(result).request.charset == charset
    assert result.notes == []


def test_latin_1_is_what_browsers_mean_by_it() -> None:
    charset = the_site(
        brought(json.dumps({"url": URL, "encoding": "latin-1"}), "urlwatch")
    ).request.charset
    page = Document("<p>20 €</p>".encode("cp1252"), "text/html", charset, URL)
    assert read(page, Rules()).text == "20 €"


def test_an_encoding_that_the_web_does_not_know_is_told() -> None:
    result = brought(json.dumps({"url": URL, "encoding": "cp437"}), "urlwatch")
    assert "without charset, which is not a charset of the web" in notes(result)
