"""What templates put out: text stays text, and instants, links and sizes are said in one way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from jinja2.meta import find_referenced_templates

from daemon.redaction import KnownSecrets
from daemon.web import templating
from daemon.web.templating import Showing, compile_whole, environment, is_compiled
from tests.web.conftest import NOW

TEXTS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\x1b]0;x\x07\x00",
    "\u202etxt.exe\u2066",
    "&lt;b&gt;",
]


def filled(source: str, *secrets: str, **values: object) -> str:
    showing = Showing(NOW, KnownSecrets(secrets))
    return templating.filled(environment().from_string(source), values, showing)


@pytest.mark.parametrize("text", TEXTS)
def test_hostile_text_stays_text(text: str) -> None:
    shown = filled('<p title="{{ text }}">{{ text }}</p>', text=text)
    assert shown.count("<") == 2
    assert shown.count('"') == 2
    assert not {*"\x00\x1b\x07\u202e\u2066"} & {*shown}


def test_a_value_that_is_missing_is_a_bug() -> None:
    with pytest.raises(UndefinedError):
        filled("{{ missing }}")


def test_an_instant_is_told_from_now_with_the_exact_one() -> None:
    shown = filled("{{ at | moment }}", at=NOW - timedelta(hours=3))
    assert shown.startswith('<time datetime="2026-05-04T09:00:00.000Z" title="')
    assert shown.endswith(">3h ago</time>")
    assert ">in 5m<" in filled("{{ at | moment }}", at=NOW + timedelta(minutes=5))
    assert filled('{{ none | moment("not yet") }}') == "not yet"
    assert filled("{{ at }}", at=None) == "–"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//evil.test", "https://a.test/\u202ex", " https:"],
)
def test_only_web_addresses_are_linked(url: str) -> None:
    assert "<a" not in filled("{{ url | link }}", url=url)


def test_a_link_tells_nobody_where_it_was_followed() -> None:
    shown = filled("{{ url | link }}", url='https://a.test/?q="<b>')
    assert 'rel="noopener noreferrer nofollow"' in shown
    assert "<b>" not in shown


def test_an_address_with_a_secret_is_no_link() -> None:
    shown = filled("{{ url | link }}", url="https://a.test/?token=abcdef")
    assert shown == "<span>https://a.test/?token=***</span>"


def test_a_secret_of_the_configuration_is_nowhere_to_be_seen() -> None:
    source = "{% macro told(text) %}{{ text }}{% endmacro %}{{ told(text) }} {{ text | link }}"
    shown = filled(source, "hunter2", text="https://a.test/hunter2/x")
    assert shown == "https://a.test/***/x <span>https://a.test/***/x</span>"


@pytest.mark.parametrize("name", environment().list_templates())
def test_a_template_is_compiled_with_all_that_it_needs(name: str) -> None:
    compile_whole(name)
    assert is_compiled(name)
    for other in find_referenced_templates(environment().parse(source_of(name))):
        assert other is not None, "a template is named by a constant"
        assert is_compiled(other)


def source_of(name: str) -> str:
    return (Path(templating.__file__).with_name("templates") / name).read_text()


def test_this_very_moment_is_just_now() -> None:
    assert ">just now</time>" in filled("{{ at | moment }}", at=NOW)
