"""URLs of places that lead nowhere, before anything is sent there."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from daemon.config import Config
from daemon.model.errors import ConfigError
from daemon.notify.schemes import problem_with
from daemon.runtime.live_config.template_check import refuse_untellable

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Apprise's own


@pytest.mark.parametrize(
    ("url", "problem", "hint"),
    [
        ("htps://hooks.example/abc", 'the scheme "htps"', 'did you mean "https"?'),
        ("ntfyy://ntfy.sh/topic", 'the scheme "ntfyy"', 'did you mean "ntfy"?'),
        ("SLAK://hunter2/b/c", 'the scheme "slak"', 'did you mean "slack"?'),
        ("gopher-and-more://x", 'the scheme "gopher-and-more"', "lists what Apprise knows"),
        ("hunter2 a b c://x", "the scheme that it begins with", "lists what Apprise knows"),
        ("slack://hunter2", "is no whole slack:// URL", "services/slack"),
        ("ntfy://hunter2.ntfy.sh", "is no whole ntfy:// URL", "services/ntfy"),
        ("ntfys://", "is no whole ntfys:// URL", "services/ntfy"),
        ("bark://hunter2.example", "is no whole bark:// URL", "services/bark"),
    ],
)
def test_a_url_that_no_channel_can_use_is_told(
    url: str, problem: str, hint: str, caplog: pytest.LogCaptureFixture
) -> None:
    found = problem_with(url)
    assert found is not None
    assert problem in found[0]
    assert hint in found[1]
    assert "hunter2" not in f"{found} {caplog.text}"


@pytest.mark.parametrize("url", ["ntfy://ntfy.sh/topic", "NTFY://ntfy.sh/a", "json://a.example"])
def test_a_url_that_apprise_can_use_is_fine(url: str) -> None:
    assert problem_with(url) is None


@pytest.fixture
def without_apprise(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def partial(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "apprise":
            raise ImportError(name)
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", partial)


@pytest.mark.usefixtures("without_apprise")
def test_what_is_not_installed_is_said() -> None:
    found = problem_with("ntfy://ntfy.sh/topic")
    assert found == ("needs Apprise, which is not installed", "pip install 'changelogger[notify]'")
    found = problem_with("htps://hooks.example/")
    assert found is not None
    assert found[1] == 'did you mean "https"?'


async def test_all_places_that_lead_nowhere_are_told_at_once() -> None:
    urls = ("htps://a.example/", "https://a.example/", "ntfyy://a/b", "mailto:me@a.example")
    places = [{"name": url, "url": url} for url in urls]
    mail = {"host": "m.example", "sender": "me@a.example"}
    broken = {"name": "x", "url": "https://b.example/", "template": "{{ nope.x.y }}"}
    config = Config.model_validate({"notify": [*places, broken], "mail": mail})
    with pytest.raises(ConfigError) as raised:
        await refuse_untellable(config)
    assert [one.key_path for one in raised.value.faults] == [
        "notify[0].url",
        "notify[2].url",
        "notify[4].template",
    ]
