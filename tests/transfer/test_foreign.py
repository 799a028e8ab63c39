"""Files of other programs, written here after their documentation."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from daemon.model.errors import ConfigError
from daemon.model.request import Tls
from daemon.model.site import Rules, SiteSpec
from daemon.transfer.formats import translate
from daemon.transfer.formats.known import READERS, format_of
from daemon.transfer.importing import Imported
from daemon.transfer.sites import read_file
from tests.transfer.test_ours import CONFIG, brought

URL = "https://example.org/page"


def from_jobs(text: str) -> Imported:
    assert format_of(text.encode()) == "urlwatch"
    return brought(text, "webchanges")


def from_watches(*watches: dict[str, Any], **settings: Any) -> Imported:
    tree = {"watching": {f"uuid-{i}": one for i, one in enumerate(watches)}, "settings": settings}
    assert format_of(json.dumps(tree).encode()) == "changedetection"
    return brought(json.dumps(tree), "changedetection")


def the_site(result: Imported) -> SiteSpec:
    assert result.faults == []
    [site] = result.sites
    return site


def notes(result: Imported) -> str:
    return "\n".join(note.text for note in result.notes)


# urlwatch and webchanges


@pytest.mark.parametrize(
    ("filters", "rules"),
    [
        ("filter: html2text", Rules()),
        ("filter: 'css:div.main,html2text,strip'", Rules(include=("div.main",))),
        ("filter:\n  - css: ul#list > li\n  - html2text\n  - strip",
         Rules(include=("ul#list > li",))),
        ("filters:\n  - css:\n      selector: body\n      exclude: .ad",
         Rules(include=("body",), exclude=(".ad",))),
        ("filter:\n  - xpath: /html/body", Rules(include=("/html/body",))),
        ("filter:\n  - xpath:\n      path: //p\n      skip: 1\n      maxitems: 2",
         Rules(include=("(//p)[position() > 1 and position() <= 3]",))),
        ("filter:\n  - element-by-id: foot", Rules(include=('[id="foot"]',))),
        ("filter:\n  - element-by-class: a\"b", Rules(include=('[class~="a\\"b"]',))),
        ("filter:\n  - element-by-tag: article", Rules(include=("article",))),
        ("filter:\n  - grep: '^[A-Z]'", Rules(keep_lines=("^[A-Z]",))),
        ("filter:\n  - grep:\n      re: a|b", Rules(keep_lines=("a|b",))),
        ("filter:\n  - grepi: Copyright", Rules(drop_lines=("Copyright",))),
        ("filter:\n  - keep_lines_containing: 1.5", Rules(keep_lines=(r"1\.5",))),
        ("filter:\n  - delete_lines_containing:\n      re: '(?i)^warn'",
         Rules(drop_lines=("(?i)^warn",))),
        ("filter:\n  - sort", Rules(sort_lines=True)),
        ("filter:\n  - remove-duplicate-lines:", Rules(unique_lines=True)),
        ("filter:\n  - re.sub: '\\d+ views'", Rules(replace=(r"\d+ views ->",))),
        ("filter:\n  - re.sub: {pattern: a -> b, repl: c}", Rules(replace=("a[ ]->[ ]b -> c",))),
        ("filter:\n  - re.findall: 'v(\\d+)(?P<x>[a-z])'", Rules(extract=(r"v(?:\d+)(?:[a-z])",))),
        ("filter:\n  - absolute_links", Rules(links=True)),
        ("filter:\n  - jq: '.items[].name'", Rules(query="items[].name")),
        ("filter:\n  - jq: 'map(select(.a)) | length'",
         Rules(query="jq:map(select(.a)) | length")),
        ("filter:\n  - jq:\n      query: '.[] | \"\\(.name): \\(.stars)\"'",
         Rules(query='jq:.[] | "\\(.name): \\(.stars)"')),
        ("additions_only: true", Rules(additions_only=True)),
    ],
)  # fmt: skip
def test_filters_become_rules(filters: str, rules: Rules) -> None:
    result = from_jobs(f"name: Page\nurl: {URL}\n{filters}\n")
    assert the_site(result).rules == rules
    assert result.notes == []


@pytest.mark.parametrize(
    ("job", "told", "is_active"),
    [
        ("filter:\n  - shellpipe: tr a b", "paused: its filter `shellpipe` runs a program", False),
        ("filter:\n  - reverse", "without its filter `reverse`", True),
        ("filter:\n  - re.findall: {pattern: (a), repl: x}", "its filter `re.findall`", True),
        ("filter:\n  - re.findall: '(.)\\1'", "its filter `re.findall`", True),
        ("filter:\n  - css: a\n  - css: {selector: b, skip: 1}", "without its filter `css`", True),
        ("filter:\n  - jq: 'map(select(.a)'", "has to be written as `query`", False),
        ("filter:\n  - jq: '.[0]'\n  - jq: .a", "has to be written as `query`", False),
        ("filter:\n  - css: 'p['", "without include[0], which is not a selector", False),
        ("use_browser: true", "is rendered by a browser", True),
        ("diff_filter:\n  - grep: x", "without `diff_filter`", True),
        ("max_tries: 3", "without `max_tries`", True),
        ("headers:\n  Host: other.example", "is set by the fetcher itself", False),
    ],
)
def test_what_a_job_cannot_carry_over_is_told(job: str, told: str, is_active: bool) -> None:
    result = from_jobs(f"name: Page\nurl: {URL}\n{job}\n")
    assert told in notes(result)
    assert the_site(result).is_active is is_active


@pytest.mark.parametrize(
    ("job", "method", "body"),
    [
        ("data: a=b", "POST", "a=b"),
        ("data:\n  a: b c\n  d: 1", "POST", "a=b+c&d=1"),
        ("method: put\ndata: x", "PUT", "x"),
        ("http_method: DELETE", "DELETE", ""),
    ],
)
def test_a_job_keeps_its_method_and_its_data(job: str, method: str, body: str) -> None:
    request = the_site(from_jobs(f"name: Page\nurl: {URL}\n{job}\n")).request
    assert (request.method, request.body) == (method, body)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert dict(request.headers) == (form if body else {})


def test_a_job_keeps_its_timeout_its_encoding_and_its_tls() -> None:
    text = f"name: Page\nurl: {URL}\ntimeout: 45\nencoding: ISO-8859-2\nssl_no_verify: true\n"
    result = from_jobs(text)
    request = the_site(result).request
    assert (request.timeout_seconds, request.charset) == (45, "iso-8859-2")
    assert (request.tls, result.notes) == (Tls(verify=False), [])
    slow = from_jobs(f"name: Page\nurl: {URL}\ntimeout: 500\n")
    assert the_site(slow).request.timeout_seconds == 0
    assert "longest_timeout_seconds" in notes(slow)


@pytest.mark.parametrize("data", ["data: a=b", "data:\n  a: b\ndata_as_json: true"])
def test_a_job_that_sends_by_get_is_said_to_become_a_post(data: str) -> None:
    result = from_jobs(f"name: Page\nurl: {URL}\nmethod: GET\n{data}\n")
    assert the_site(result).request.method == "POST"
    assert "without its method GET" in notes(result)


def test_a_watch_that_sends_by_get_is_said_to_become_a_post() -> None:
    result = from_watches({"url": URL, "method": "GET", "body": "x"})
    assert the_site(result).request.method == "POST"
    assert "without its method GET" in notes(result)


@pytest.mark.parametrize("more", [{"method": "POST", "body": "x"}, {"body": "x"}])
def test_a_watch_keeps_its_method_and_its_body(more: dict[str, Any]) -> None:
    request = the_site(from_watches({"url": URL} | more)).request
    assert (request.method, request.body) == ("POST", "x")


JOBS = """\
# my pages
name: First
url: https://a.example/
headers:
  Accept: text/plain
cookies:
  session: abc
---
name: "Second"
navigate: https://b.example/
enabled: false
---
name: broken
  url: [
---
name: A command
command: date
---
- just
- words
---
url: https://d.example/
...
---
!!python/object/apply:os.system ["true"]
"""


def test_a_job_that_cannot_be_read_does_not_stop_the_others() -> None:
    result = from_jobs(JOBS)
    assert [(site.name, site.is_active) for site in result.sites] == [
        ("First", True),
        ("Second", False),
        ("d.example", True),
    ]
    assert result.sites[0].request.headers == {"Accept": "text/plain", "Cookie": "session=abc"}
    assert [fault.where for fault in result.faults] == [
        "line 14",
        "line 16",
        "line 19",
        "line 19",
        "line 25",
    ]
    assert "runs a program: not imported" in str(result.faults[1])


def test_yaml_that_multiplies_itself_is_refused() -> None:
    text = "url: &a [x, x]\nname: [" + ", ".join(["*a"] * 200) + "]\n"
    [fault] = brought(text, "urlwatch").faults
    assert "repeats itself by aliases too often" in str(fault)


@pytest.mark.parametrize("text", ["[" * 5_000, "a: " * 5_000, "\0", "? " * 10_000])
def test_yaml_that_is_deep_or_odd_is_told_and_ends_nothing(text: str) -> None:
    result = brought(f"url: https://a.example/\n---\n{text}", "urlwatch")
    assert len(result.sites) == len(result.faults) == 1


# changedetection.io


def test_a_watch_becomes_a_site() -> None:
    watch = {
        "url": URL,
        "title": "Page",
        "tags": ["t1"],
        "paused": False,
        "time_between_check": {"weeks": None, "days": 0, "hours": 3, "minutes": 30, "seconds": 0},
        "time_between_check_use_default": False,
        "include_filters": ["main", "xpath://article/p", "/html/body"],
        "subtractive_selectors": [".ad", "nav"],
        "ignore_text": ["Cookies (all)", "/seen \\d+/"],
        "headers": {"Accept-Language": "de"},
        "method": "GET",
        "fetch_backend": "system",
        "processor": "text_json_diff",
        "sort_text_alphabetically": True,
        "remove_duplicate_lines": True,
        "browser_steps": [{"operation": "Choose one", "selector": "", "optional_value": ""}],
    }
    tags = {"t1": {"title": "News"}}
    result = from_watches(watch, application={"tags": tags})
    site = the_site(result)
    assert (site.name, site.check_frequency, site.site_type) == ("Page", "210m", "news")
    assert site.request.headers == {"Accept-Language": "de"}
    assert site.rules == Rules(
        main_content=True,  # of the type
        include=("main", "//article/p", "/html/body"),
        exclude=(".ad", "nav"),
        ignore=(r"(?i).*(?:Cookies\ \(all\)).*", r"(?i).*(?:seen \d+).*"),
        sort_lines=True,
        unique_lines=True,
    )
    assert result.notes == []


@pytest.mark.parametrize(
    ("filters", "rules"),
    [
        (["json:$.items[*].name"], Rules(query="items[].name")),
        (["json:$..price"], Rules(query="jsonpath:$..price")),
        (['json:$.address[?(@.use="work")]'],
         Rules(query='jsonpath:$.address[?(@.use="work")]')),
        (["json:$..price", "json:$.stock"], Rules(query="jsonpath:$..price | $.stock")),
        (["jq:.items[].name"], Rules(query="items[].name")),
        (["jq:.[] | select(.free) | .id"], Rules(query="jq:.[] | select(.free) | .id")),
        (["jqraw:.[0] | keys"], Rules(query="jq:.[0] | keys")),
        (["jq:.a", "jqraw: .b | keys"], Rules(query="jq:(.a), (.b | keys)")),
        (["xpath://p[matches(., '^New')]"], Rules(include=("xpath2://p[matches(., '^New')]",))),
        (["//p[ends-with(@id, 'x')]"], Rules(include=("xpath2://p[ends-with(@id, 'x')]",))),
        (["xpath:string-join(//li, ', ')"], Rules(include=("xpath2:string-join(//li, ', ')",))),
        (["xpath1:count(//li)"], Rules(include=("xpath:count(//li)",))),
    ],
)  # fmt: skip
def test_filters_in_other_languages_are_carried_over(filters: list[str], rules: Rules) -> None:
    result = from_watches({"url": URL, "include_filters": filters})
    site = the_site(result)
    assert (site.rules, site.is_active, result.notes) == (rules, True, [])


def test_what_needs_a_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonpath_ng", None)
    result = from_watches({"url": URL, "include_filters": ["json:$..price"]})
    assert the_site(result).rules.query == "jsonpath:$..price"
    assert "JSONPath needs a library that is not installed: pip install" in notes(result)


WORKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


def limited(start: str, hours: int, *days: str, **more: Any) -> dict[str, Any]:
    """A watch with these hours on these days."""
    length = {"hours": str(hours), "minutes": "30"}
    day = {"enabled": True, "start_time": start, "duration": length}
    return {"time_schedule_limit": {"enabled": True, **dict.fromkeys(days, day), **more}}


@pytest.mark.parametrize(
    ("watch", "ours"),
    [
        (limited("08:00", 9, *WORKDAYS, timezone="Europe/Berlin"),
         ("08:00-17:30", "mon-fri", "Europe/Berlin")),
        (limited("22:00", 7, "friday", "saturday"), ("22:00-05:30", "fri, sat", "UTC")),
        (limited("09:00", 14, *WORKDAYS, "saturday", "sunday"), ("09:00-23:30", None, "UTC")),
        (limited("00:00", 23, "sunday"), ("00:00-23:30", "sun", "UTC")),
    ],
)  # fmt: skip
def test_weekly_hours_are_carried_over(
    watch: dict[str, Any], ours: tuple[str, str | None, str]
) -> None:
    result = from_watches({"url": URL, **watch})
    site = the_site(result)
    assert (site.hours, site.days, site.time_zone) == ours
    assert result.notes == []


def test_a_watch_without_an_interval_has_that_of_the_settings() -> None:
    watch = {"url": URL, "time_between_check_use_default": True}
    watch |= {"time_between_check": {"days": 9}}
    result = from_watches(watch, requests={"time_between_check": {"hours": 2}})
    assert the_site(result).check_frequency == "2h"


@pytest.mark.parametrize(
    ("more", "told", "is_active"),
    [
        ({"fetch_backend": "html_webdriver"}, "rendered by a browser", True),
        ({"browser_steps": [{"operation": "Click element"}]}, "without its browser steps", True),
        ({"webdriver_js_execute_code": "x()"}, "are not taken there without a browser", True),
        ({"include_filters": ["jq:.a | keys["]}, "has to be written as `query`", False),
        ({"include_filters": ["jq:.a", "json:$.b"]}, "has to be written as `query`", False),
        ({"include_filters": ["p["]}, "without include[0], which is not a selector", False),
        ({"ignore_text": ["/(/"]}, "without ignore[0], which is not a regular", True),
        ({"notification_urls": ["gets://x/{{a}}"]}, "its notification by gets, which", True),
        ({"notification_title": "x"}, "without its notification title", True),
        ({"a_new_key": "x"}, "without `a_new_key`", True),
        ({"filter_text_replaced": False}, "without its choice of lines that are not", True),
        (
            {"tags": ["8f3c2a10-1111-4aaa-8bbb-000000000001", "b"]},
            "without 1 of its tags, whose",
            True,
        ),
        ({"conditions": [{"a": 1}]}, "without its condition `", True),
        (
            {"url": f"source:{URL}", "include_filters": ["p"]},
            "without its watch of the source code",
            True,
        ),
        ({"time_schedule_limit": {"enabled": True}}, "without its hours of the week", True),
        (
            limited(
                "08:00", 9, "monday", tuesday=limited("9:00", 1, "x")["time_schedule_limit"]["x"]
            ),
            "without its hours of the week, which differ by day",
            True,
        ),
        (limited("8 am", 9, "monday"), "without its hours of the week", True),
        (limited("08:00", 9, "monday", timezone="Mars/Base"), "without its time zone", True),
    ],
)
def test_what_a_watch_cannot_carry_over_is_told(
    more: dict[str, Any], told: str, is_active: bool
) -> None:
    result = from_watches({"url": URL} | more)
    assert told in notes(result)
    assert the_site(result).is_active is is_active


def test_the_keys_of_an_untouched_watch_are_nothing_to_tell() -> None:
    watch = {
        "url": URL, "uuid": "x", "date_created": 1700000000, "content-type": "text/html",
        "check_count": 5, "fetch_backend": "system", "fetch_time": 0.2, "last_checked": 1700000000,
        "filter_failure_notification_send": True, "filter_text_replaced": True, "method": "GET",
        "filter_text_added": True, "filter_text_removed": True, "follow_price_changes": True,
        "has_ldjson_price_data": False, "in_stock_only": True, "notification_format": "HTML",
        "page_title": "A page", "previous_md5": "0" * 32, "processor": "text_json_diff",
        "remote_server_reply": "nginx", "conditions_match_logic": "ALL", "time_between_check": {},
        "time_between_check_use_default": True, "time_schedule_limit": {"enabled": False},
        "paused": False, "tags": [], "title": None, "trim_text_whitespace": False,
    }  # fmt: skip
    assert notes(from_watches(watch)) == ""


SECRET_URL = "tgram://123456:bot-token/987"


def test_whom_a_watch_told_goes_by_its_own_addresses_its_tag_and_the_settings() -> None:
    result = from_watches(
        {"url": f"{URL}/1", "title": "One", "notification_urls": [SECRET_URL]},
        {"url": f"{URL}/2", "title": "Two", "tags": ["t"]},
        {"url": f"{URL}/3", "title": "Three", "notification_urls": "posts://hook.example/x"},
        {"url": f"{URL}/4", "title": "Four"},
        {"url": f"{URL}/5", "title": "Five", "notification_muted": True},
        application={
            "notification_urls": ["mailto://me@example.org", SECRET_URL],
            "tags": {"t": {"title": "News", "notification_urls": ["ntfy://host/topic"]}},
        },
    )
    assert result.notified == {
        SECRET_URL: ["One", "Four"],
        "ntfy://host/topic": ["Two"],
        "https://hook.example/x": ["Three"],
        "mailto://me@example.org": ["Four"],
    }
    assert "bot-token" not in notes(result)


def test_what_the_settings_add_to_every_watch_is_added_here() -> None:
    result = from_watches(
        {"url": URL, "ignore_text": ["a"], "subtractive_selectors": ["nav"]},
        application={"global_ignore_text": ["b"], "global_subtractive_selectors": [".ad"]},
    )
    assert the_site(result).rules == Rules(
        exclude=("nav", ".ad"), ignore=(r"(?i).*(?:a).*", r"(?i).*(?:b).*")
    )


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"application": {"fetch_backend": "html_webdriver"}}, "rendered by a browser"),
        ({"application": {"notification_title": "x"}}, "without the notification title"),
        ({"application": {"notification_body": "x"}}, "without the notification text"),
        (
            {"requests": {"extra_proxies": [{"proxy_url": "secret"}]}},
            "without the proxies: write each as [[proxy]]",
        ),
        ({"requests": {"default_ua": {"html_requests": "x"}}}, "without the User-Agent"),
        ({"headers": {"X-Own": "secret"}}, "without the headers X-Own"),
        (
            {"application": {"tags": {"t": {"title": "News", "headers": {"X-Own": "secret"}}}}},
            "without headers of the tag 'News': write a [[group]]",
        ),
    ],
)
def test_settings_that_are_not_carried_over_are_told(settings: dict[str, Any], told: str) -> None:
    result = from_watches({"url": URL}, **settings)
    assert told in notes(result)
    assert "secret" not in notes(result)


def test_settings_without_effect_are_nothing_to_tell() -> None:
    requests = {"extra_proxies": [], "default_ua": {"html_requests": None}, "workers": 10}
    application = {"notification_title": None, "tags": {"t": {"title": "x"}}, "password": "x"}
    result = from_watches({"url": URL}, requests=requests, application=application)
    assert notes(result) == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("note: remember", "without `note`"),
        ("user_visible_url: https://x.example/", "without `user_visible_url`"),
    ],
)
def test_keys_of_a_job_that_are_not_carried_over_are_told(line: str, told: str) -> None:
    assert told in notes(from_jobs(f"name: Page\nurl: {URL}\n{line}\n"))


def test_the_settings_of_urlwatch_are_known_for_what_they_are() -> None:
    text = (
        "display: {new: true}\n"
        "report:\n  telegram: {enabled: true, bot_token: hidden}\n  email: {enabled: false}\n"
        "job_defaults:\n  all: {headers: {X: hidden}}\n  url: {}\n"
    )
    result = from_jobs(text)
    assert [str(one) for one in result.faults] == [
        "line 1: is the settings, not the jobs (import the jobs, or both as one with --- between)"
    ]
    assert notes(result).splitlines() == [
        "without the reporter 'telegram': see [[notify]]",
        "without job_defaults of 'all': see [site_types]",
    ]


def test_what_an_outline_says_besides_is_told() -> None:
    line = (
        f'<outline text="Blog" xmlUrl="{URL}" type="rss" htmlUrl="{URL}" description="x"'
        ' category="/Tech,/Home" frss:cssFullContent="main"/>'
    )
    text = f'<opml version="2.0" xmlns:frss="https://freshrss.org/opml"><body>{line}</body></opml>'
    result = brought(text, "opml")
    assert the_site(result).tags == ("tech", "home")
    assert "without `cssfullcontent`" in notes(result)
    assert "description" not in notes(result)


def test_filters_for_json_become_a_query() -> None:
    result = from_watches({"url": URL, "include_filters": ["json:$.offers[*].price"]})
    assert the_site(result).rules.query == "offers[].price"


def test_a_watch_of_stock_and_price_becomes_a_product() -> None:
    watch = {
        "url": "https://shop.example.org/lamp",
        "title": "Lamp",
        "processor": "restock_diff",
        "tags": ["t1"],
        "restock_settings": {
            "in_stock_processing": "all_changes",
            "follow_price_changes": True,
            "price_change_min": 19.9,
            "price_change_max": None,
            "price_change_threshold_percent": 5.0,
        },
    }
    result = from_watches(watch, application={"tags": {"t1": {"title": "Home"}}})
    [[product]] = result.products
    assert (product.name, product.category) == ("Lamp", "Home")
    assert product.target_price == Decimal("19.9")
    assert product.rules.drop_percent == Decimal("5.0")
    assert product.rules.out_of_stock
    assert result.sites == []


def spoilt(packed: bytes) -> bytes:
    """The same archive with nonsense where its first file begins."""
    start = 30 + len("url-watches.json")
    return packed[:start] + b"\xff" * 4 + packed[start + 4 :]


def zipped(files: dict[str, str], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


FILES = {
    "changedetection.json": json.dumps(
        {"settings": {"requests": {"time_between_check": {"hours": 5}}}}
    ),
    "1111/watch.json": json.dumps({"url": URL, "time_between_check_use_default": True}),
    "1111/history.txt": "1700000000,abc.txt",
    "2222/watch.json": "{broken",
    "../../3333/watch.json": json.dumps({"url": "https://example.org/3", "title": "Third"}),
}


def test_a_backup_with_a_file_for_each_watch_is_read() -> None:
    result = imported_bytes(zipped(FILES))
    assert [(site.request.url, site.check_frequency) for site in result.sites] == [
        (URL, "5h"),
        ("https://example.org/3", "5h"),
    ]
    [fault] = result.faults
    assert fault.where == "2222/watch.json"


def imported_bytes(data: bytes) -> Imported:
    from daemon.transfer.importing import choose, usable

    result = Imported()
    choose(usable(READERS[format_of(data)](data), CONFIG, {}, result), CONFIG, [], [], result)
    return result


def test_a_data_folder_is_read(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name.removeprefix("../../")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    format_, read = read_file(tmp_path, None)
    assert format_ == "changedetection"
    assert len(list(read)) == 3


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 damaged",
        zipped({"url-watches.json": "{broken"}),
        zipped({"url-watches.json": " " * (65 * 2**20)}),
        spoilt(zipped({"url-watches.json": "{}" * 100})),
        zipped({"url-watches.json": "{}"}, zipfile.ZIP_BZIP2),
        b'{"nothing": "known"}',
        b"{" * 100_000,
        b"<html></html>",
        "<opml/>".encode("utf-16"),
        b"[[site]]\nname = ",
        b"no idea what this is",
        b"",
    ],
    ids=range(12),
)
def test_a_file_that_cannot_be_read_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"FILE|url-watches"):
        imported_bytes(data)


# OPML, CSV and lists


OPML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE opml [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>
<opml version="1.0"><head><title>Mine</title></head><body>
  <outline text="News" title="News">
    <outline text="A &amp; B" type="rss" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/"/>
    <outline text="Unknown folder"><outline text="C" xmlUrl="https://c.example/feed"/></outline>
  </outline>
  <outline text="Page" type="link" url="https://d.example/" category="/docs,/other"/>
  <outline text="Bad" xmlUrl="feed:nonsense"/>
  <outline text="&b;" xmlUrl="https://e.example/feed"/>
</body></opml>
"""


def test_feeds_come_with_their_folders_as_types() -> None:
    result = brought(OPML, "opml")
    found = {site.request.url: site for site in result.sites}
    assert found["https://a.example/feed"].name == "A & B"
    assert found["https://a.example/feed"].site_type == "news"
    assert found["https://a.example/feed"].rules.kind == "feed"
    assert found["https://c.example/feed"].site_type is None
    assert found["https://c.example/feed"].tags == ("news", "unknown folder")
    assert found["https://d.example/"].site_type == "docs"
    assert found["https://d.example/"].tags == ("other",)
    assert len(found) == 4
    assert [fault.where for fault in result.faults] == ["line 9"]


def test_what_is_left_of_a_broken_outline_is_imported() -> None:
    text = '<opml><body>\n<outline text="A" xmlUrl="https://a.example/"/>\n<outline text="B & C"'
    result = brought(text, "opml")
    assert [site.name for site in result.sites] == ["A"]
    assert str(result.faults[0]).startswith("line 3: is not XML: ")


def test_a_sheet_from_elsewhere_is_read_by_the_names_of_its_columns() -> None:
    text = "Title;Link;Colour;paused\nA;https://a.example/;red;yes\n;https://b.example/;;\n;;;\n"
    assert format_of(text.encode()) == "csv"
    result = brought(text, "csv")
    assert [(site.name, site.is_active) for site in result.sites] == [
        ("A", False),
        ("b.example", True),
    ]
    assert notes(result) == "without the column colour"


def test_the_same_again_is_known_and_taken_names_step_aside() -> None:
    result = from_watches(
        {"url": URL, "title": "Page"},
        {"url": URL, "title": "Page"},
        {"url": URL, "title": "Page", "include_filters": ["main"]},
    )
    assert [site.name for site in result.sites] == ["Page", "Page (2)"]
    assert result.known == 1
    assert notes(result) == "called 'Page (2)': 'Page' is taken"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (".", "@"),
        (".a.b", "a.b"),
        (".a[0].b[]", "a[0].b[]"),
        ('.a["b-c"]', 'a."b-c"'),
        (".[]", "[]"),
        (".a | length", None),
        ("..a", None),
        ("", None),
    ],
)
def test_plain_paths_of_jq_are_translated(path: str, query: str | None) -> None:
    assert translate.query_from_jq(path) == query


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("$", "@"),
        ("$.a.b", "a.b"),
        ("$.a[0]['b c'].*", 'a[0]."b c"[]'),
        ("$[*].x", "[].x"),
        ("$..a", None),
        ("$.a[?(@.b)]", None),
        ("a", None),
    ],
)
def test_plain_paths_of_jsonpath_are_translated(path: str, query: str | None) -> None:
    assert translate.query_from_jsonpath(path) == query


@pytest.mark.parametrize("value", ["!!int ''", "!!float ''", "!!bool x", "!!timestamp x"])
def test_a_job_with_a_value_that_its_tag_belies_is_told_and_stops_no_other(value: str) -> None:
    result = from_jobs(f"url: {URL}\nname: {value}\n---\nurl: {URL}b\n")
    assert [site.request.url for site in result.sites] == [f"{URL}b"]
    assert "is not YAML" in result.faults[0].problem


def test_an_opml_file_of_endless_folders_is_told_and_keeps_the_rest() -> None:
    deep = "<outline>" * 1500 + f'<outline url="{URL}deep"/>' + "</outline>" * 1500
    text = f'<opml><body><outline url="{URL}" text="Page"/>{deep}</body></opml>'
    result = brought(text, "opml")
    assert [site.request.url for site in result.sites] == [URL]
    assert "too many folders" in result.faults[0].problem


def test_a_watch_of_the_source_code_and_extracted_text_come_as_such() -> None:
    watch = {"url": f"source:{URL}", "extract_text": ["/v(\\d+)/", "free"]}
    site = the_site(from_watches(watch))
    assert site.request.url == URL
    assert site.rules == Rules(raw=True, extract=("(?i)v(\\d+)", "(?i)free"))


def test_tags_of_a_watch_and_of_a_job_are_tags() -> None:
    watch = {"url": URL, "tags": ["t1", "b, c", "News"]}
    result = from_watches(watch, application={"tags": {"t1": {"title": "Odd  One"}}})
    assert (the_site(result).site_type, the_site(result).tags) == ("news", ("odd one", "b c"))
    assert "tag" not in notes(result)
    result = brought("url: https://a.example/\ntags: [' ', a, -b, A]\n", "urlwatch")
    assert the_site(result).tags == ("a", "b")
