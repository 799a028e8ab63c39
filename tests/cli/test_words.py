"""What every command has in common: help, version, suggestions, exit codes, documentation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import daemon
from daemon.cli.root import root
from daemon.cli.terminal.command import Group, let_go
from tests.cli.conftest import Cli

DOCS = (Path(daemon.__file__).parent.parent / "docs" / "commands.md").read_text()


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


ALL = dict(commands(root))


@pytest.mark.parametrize("name", ALL)
def test_every_command_explains_itself(name: str, cli: Cli) -> None:
    done = cli(*name.split(), "--help")
    assert done.code == 0
    assert "Usage: changelogger" in done.out
    assert "--config" in done.out


@pytest.mark.parametrize("name", ALL)
def test_every_command_is_documented(name: str) -> None:
    assert f"`{name}" in DOCS


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_documented(name: str) -> None:
    shown = (p for p in ALL[name].params if isinstance(p, click.Option) and not p.hidden)
    options = {option for one in shown for option in one.opts}
    assert [option for option in options if option not in DOCS] == []


@pytest.mark.parametrize("group", [root, *(c for c in ALL.values() if isinstance(c, Group))])
def test_the_list_of_commands_says_what_they_say_themselves(group: Group) -> None:
    context = click.Context(group)
    for name in group.lazy:
        command = group.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help


def test_help_loads_no_heavy_library() -> None:
    code = (
        "import sys; from daemon.cli.root import run_words; run_words(['--help']);"
        "print(*{m.partition('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    heavy = {"aiohttp", "alembic", "apscheduler", "asyncio", "lxml", "pydantic", "regex", "rich"}
    assert loaded & (heavy | {"sqlalchemy", "structlog", "tomllib"}) == set()


def loaded_by(folder: Path, *words: str) -> tuple[set[str], str]:
    """The libraries that a command has loaded at its end, and what it said on stderr."""
    code = (
        f"import sys; from daemon.cli.root import run_words; run_words({list(words)});"
        "print(*{m.partition('.')[0] for m in sys.modules})"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("CHANGELOGGER")}
    environ.pop("XDG_CONFIG_HOME", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**environ, "PYTHONPATH": str(Path(daemon.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(done.stdout.splitlines()[-1].split()), done.stderr


def test_status_loads_neither_pydantic_nor_the_event_loop(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[health]\nport = 1\n")
    loaded, said = loaded_by(tmp_path, "status")
    assert "no daemon answers at 127.0.0.1:1" in said
    assert loaded & {"asyncio", "pydantic", "aiohttp", "rich"} == set()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sites", "list"], "no sites"),
        (["sites", "pause", "Blog"], "there is no site or product 'Blog'"),
        (["products", "list"], "no products"),
        (["changes"], "no changes"),
        (["notices"], "no notices"),
    ],
)
def test_what_is_stored_is_listed_without_readers_and_judges_of_pages(
    cli: Cli, folder: Path, words: list[str], says: str
) -> None:
    assert cli("db", "upgrade").code == 0
    loaded, said = loaded_by(folder, *words)
    assert says in said
    assert loaded & {"aiohttp", "alembic", "lxml", "rapidfuzz", "regex"} == set()


def test_the_version_is_told(cli: Cli) -> None:
    assert cli("--version").out == f"changelogger {daemon.__version__}\n"


def test_no_words_are_a_call_for_help(cli: Cli) -> None:
    assert cli().out == cli("--help").out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["chekc"], "check"),
        (["sites", "ad", "x"], "add"),
        (["db", "upgrad"], "upgrade"),
        (["check", "--dryrun", "x"], "--dry-run"),
    ],
)
def test_a_wrong_word_brings_the_nearest_right_one(words: list[str], hint: str, cli: Cli) -> None:
    done = cli(*words)
    assert done.code == 2
    assert hint in done.err


@pytest.mark.parametrize("place", ["before", "after"])
def test_config_may_stand_before_and_after_a_command(place: str, cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text("nonsense = 1\n")
    words = ["config", "check"]
    option = ["--config", str(path)]
    done = cli(*option, *words) if place == "before" else cli(*words, *option)
    assert done.code == 2
    assert "nonsense: is not a known option" in done.out


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    (folder / "config.toml").write_text("")
    command = f"{sys.executable} -m daemon config show | true; exit ${{PIPESTATUS[0]}}"
    environ = {**os.environ, "PYTHONPATH": str(Path(daemon.__file__).parent.parent)}
    done = subprocess.run(
        ["bash", "-c", command], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_what_waits_for_a_reader_that_is_gone_troubles_no_exit() -> None:
    reading, writing = os.pipe()
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - of a descriptor
        stream.write("last words")
        os.close(reading)
        let_go(stream)
        stream.write("and more")
