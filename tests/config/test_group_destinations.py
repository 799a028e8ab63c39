"""Destinations that groups name: the same as tags in the tables of these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.config import Config, load
from daemon.config.doubts import doubts
from daemon.config.reading.loading import placed, unplaced
from daemon.config.reading.origins import origins_of
from daemon.model.errors import ConfigError
from daemon.operations.channels import told_of
from daemon.operations.installation.described import routes_of

SITE = '[[site]]\nname = "{0}"\nurl = "https://example.org/{0}"\n'
HOOK = '[[notify]]\nname = "{0}"\nurl = "https://hooks.example/{0}"\n'
WORK = '[[group]]\ntag = "work"\nnotify = ["phone"]\n'
Write = Callable[[str], Config]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def loaded(text: str) -> Config:
        Path("config.toml").write_text(text)
        return load(Path("config.toml"), {})

    return loaded


def told(config: Config) -> list[str]:
    found = placed(ConfigError(unplaced(doubts(config, {}))), Path("config.toml"), {})
    return [str(fault) for fault in found.faults]


def names_told(config: Config, *tags: str) -> list[str]:
    return [one.name for one in told_of(config.notify, "local", "a", None, tags)]


def test_a_group_routes_as_tags_in_the_destination_do(write: Write) -> None:
    by_group = routes_of(write(WORK + HOOK.format("phone") + HOOK.format("all")))
    by_tags = routes_of(write(HOOK.format("phone") + 'tags = ["work"]\n' + HOOK.format("all")))
    assert by_group == by_tags
    assert by_group["local"][0].tags == ("work",)


def test_the_destinations_of_a_group_add_to_others(write: Write) -> None:
    config = write(WORK + HOOK.format("phone") + HOOK.format("all"))
    assert names_told(config, "work") == ["phone", "all"]
    assert names_told(config) == ["all"]


def test_the_tags_of_several_groups_and_of_its_own_add_up(write: Write) -> None:
    config = write(
        WORK + '[[group]]\ntag = "Play"\nnotify = ["phone"]\n' + HOOK.format("phone")
        + 'tags = ["home", "play"]\n'
    )  # fmt: skip
    assert config.notify[0].tags == ("home", "play", "work")


def test_an_unknown_destination_is_a_fault(write: Write) -> None:
    with pytest.raises(ConfigError) as raised:
        write('[[group]]\ntag = "work"\nnotify = ["phone", "phoen"]\n' + HOOK.format("phone"))
    assert [str(one) for one in raised.value.faults] == [
        'config.toml:3: group[0].notify[1]: there is no [[notify]] "phoen" (did you mean "phone"?)'
    ]


def test_every_tag_says_which_group_gave_it(write: Write) -> None:
    text = WORK + HOOK.format("phone") + HOOK.format("all")
    origins = origins_of(write(text), Path("config.toml"), {})
    assert origins.of_destination("phone", ["work"]) == "group work, config.toml:3"
    assert origins.of_destination("all", ["work"]) == "config.toml:7"
    assert origins.of("notify", "phone", "tags") == "group work, config.toml:3"


def test_what_nobody_hears_of_any_more_is_doubted(write: Write) -> None:
    sites = SITE.format("a") + 'tags = ["work"]\n' + SITE.format("b")
    [said] = told(write(sites + WORK + HOOK.format("phone")))
    assert said == (
        'config.toml:10: group[0].notify[0]: leaves "phone" nothing but "work": nobody is told of '
        '"b" (add a [[notify]] for these; if it is meant, write the tags into that of "phone")'
    )
    assert told(write(sites + WORK + HOOK.format("phone") + HOOK.format("all"))) == []
    # Said in its own table, it is meant.
    assert told(write(sites + WORK + HOOK.format("phone") + 'tags = ["work"]\n')) == []


def test_a_tag_that_its_owner_does_not_use_is_doubted_in_the_group(write: Write) -> None:
    owners = "".join(f'[[owner]]\nid = "{n}"\nemail = "{n}@a.example"\n' for n in ("ada", "bob"))
    text = owners + SITE.format("a") + 'tags = ["work"]\n' + WORK
    text += HOOK.format("phone") + 'owner = "bob"\n'
    [said] = told(write(text))
    assert said.startswith(
        'config.toml:13: group[0].notify[0]: "bob" has no site or product with the tag "work"'
    )
