"""Steps in the configuration: what fits, what they become, and that what is typed stays secret."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from daemon.config import load
from daemon.config.doubts import doubts
from daemon.model.errors import ConfigError
from daemon.model.request import BROWSER, HTTP, WHOLE_PAGE, Request, Step, screenshot_of
from daemon.store.core.requests import columns_of, request_of
from daemon.store.sealing.keyring import Keyring

_SITE = '[[site]]\nname = "Members"\nurl = "https://example.org/members"\n'


def _loaded(tmp_path: Path, text: str) -> Request:
    file = tmp_path / "config.toml"
    file.write_text(_SITE + text)
    return load(file, environ={}).sites[0].request()


def test_steps_become_a_rendered_request(tmp_path: Path) -> None:
    request = _loaded(tmp_path, """
[[site.step]]
banner = "accept"
[[site.step]]
type = "correct horse"
in = "#password"
at = "login.example.com"
login = true
[[site.step]]
wait = "2s"
[[site.step]]
scroll = 3
optional = true
""")  # fmt: skip
    assert (request.renderer, request.keep_cookies, request.has_secrets) == (BROWSER, True, True)
    assert request.steps == (
        Step("banner", value="accept"),
        Step("type", "#password", "correct horse", is_login=True, host="login.example.com"),
        Step("wait", value="2"),
        Step("scroll", value="3", is_optional=True),
    )
    assert "horse" not in f"{request!r}{[str(step) for step in request.steps]}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step = [{ }]", "says nothing to do"),
        ('step = [{ click = "a", press = "Enter" }]', "is given beside click"),
        ('step = [{ type = "x" }]', "does not say where"),
        ('step = [{ click = "a", in = "b" }]', "does not belong to click"),
        ('step = [{ click = "a", at = "example.com" }]', "is for what is typed alone"),
        ('step = [{ clik = "a" }]', 'did you mean "click"'),
        ('step = [{ banner = "agree" }]', "accept"),
        ('step = [{ wait = "2s", login = true }]', "do not say how one who is logged out is known"),
        ('render = "auto"\nstep = [{ click = "a" }]', "is given beside steps"),
        ('render = "never"\nstep = [{ click = "a" }]', 'render is "never"'),
        ('render = "auto"\nkeep_cookies = true', 'is given beside render = "auto"'),
        ('method = "POST"\nstep = [{ click = "a" }]', "by GET"),
        ("step = [" + '{ click = "a" },' * 51 + "]", "at most 50 are taken"),
    ],
)
def test_steps_that_do_not_fit_are_refused_with_their_place(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _loaded(tmp_path, text)
    assert said in str(caught.value)
    assert "config.toml:" in str(caught.value)


def test_a_picture_is_of_all_of_a_page_or_of_an_element(tmp_path: Path) -> None:
    asked = [
        _loaded(tmp_path, text)
        for text in (
            "screenshot = true",
            'screenshot = "#chart"',
            'kind = "picture"',
            'kind = "picture"\nscreenshot = "#chart"',
        )
    ]
    assert [one.pictured for one in asked] == [WHOLE_PAGE, "#chart", WHOLE_PAGE, "#chart"]
    assert {one.renderer for one in asked} == {BROWSER}
    plain = _loaded(tmp_path, "screenshot = false")
    assert (plain.pictured, plain.renderer) == ("", HTTP)
    assert screenshot_of(asked[0]) is True
    with pytest.raises(ConfigError, match='is given beside kind = "picture"'):
        _loaded(tmp_path, 'kind = "picture"\nrender = "auto"')
    with pytest.raises(ConfigError, match="which has no text"):
        _loaded(tmp_path, 'kind = "picture"\ninclude = ["main"]')


def test_what_is_typed_is_encrypted_at_rest(tmp_path: Path) -> None:
    text = 'step = [{ type = "correct horse", in = "#p" }, { click = "#go" }]'
    request = _loaded(tmp_path, text)
    keyring = Keyring([b"k" * 32])
    columns = columns_of(request, keyring)
    assert "horse" not in str(columns)
    row: Any = SimpleNamespace(**columns, page_url=request.url)
    assert request_of(row, keyring) == request


def test_a_page_that_is_rendered_more_often_than_it_may_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(_SITE + 'render = "always"\ncheck_frequency = "5m"\n')
    told = [str(flaw) for flaw in doubts(load(file, environ={}), {})]
    assert any('"5m" is shorter than browser.minimum_interval, which is 15m' in one for one in told)
    file.write_text(_SITE + 'render = "auto"\ncheck_frequency = "5m"\n')
    told = [str(flaw) for flaw in doubts(load(file, environ={}), {})]
    assert any("which is 15m: where it is rendered, checked every 15m" in one for one in told)
    file.write_text(_SITE + 'render = "always"\ncheck_frequency = "15m"\n')
    assert not any("minimum_interval" in str(flaw) for flaw in doubts(load(file, environ={}), {}))


def test_what_a_page_needs_and_is_not_here_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(_SITE + "screenshot = true\n")
    config = load(file, environ={})
    told = [f"{one.path}: {one.problem}" for one in doubts(config, {})]
    assert told == [
        "('browser', 'socket'): \"Members\" is to be rendered, and no browser is set up"
    ]
    monkeypatch.setitem(sys.modules, "PIL", None)  # as where it is not installed
    assert any("needs Pillow" in one.problem for one in doubts(config, {}))
