"""Shells complete our words: run in the shells themselves, where they are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import daemon
from tests.cli.conftest import Cli

Ask = Callable[..., list[str]]
ROOT = Path(daemon.__file__).parent.parent
SHELLS = ("bash", "zsh", "fish")
BASH = """
eval "$(changelogger completion bash)"
COMP_WORDS=(changelogger "$@")
COMP_CWORD=$#
_changelogger_completion changelogger
printf '%s\\n' "${COMPREPLY[@]}"
"""
ODD = "heise.de: it's (new), *hot* $x"


def shell(name: str, script: str, *words: str) -> list[str]:
    """What a script prints in this shell, with a `changelogger` on its path."""
    if (path := shutil.which(name)) is None:
        pytest.skip(f"there is no {name} here")
    Path("changelogger").write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -P -m daemon "$@"\n'
    )
    Path("changelogger").chmod(0o755)
    done = subprocess.run(
        [path, "-c", script, *words],
        env={**os.environ, "PATH": f"{Path.cwd()}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.fixture
def watched(cli: Cli, configured: Callable[..., Path]) -> None:
    configured(more='[[notify]]\nname = "my phone"\nurl = "ntfy://ntfy.example.org/x"\n')
    cli("sites", "add", "https://example.org/blog", "--name", "Example blog")
    cli("sites", "add", "https://example.org/odd", "--name", ODD)
    cli("products", "add", "https://example.org/lamp", "--name", "Example lamp")


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["resto"], ["restore"]),
        (["sites", "mu"], ["mute"]),
        (["changes", "--sig"], ["--significant"]),
        (["changes", "show", "--js"], ["--json"]),
        (["check", "Exam"], [r"Example\ blog", r"Example\ lamp"]),
        (["check", "nothing"], [""]),
        (["changes", r"Example\ b"], [r"Example\ blog"]),
        (["sites", "pause", "exam"], [r"Example\ blog"]),
        (["products", "history", "Ex"], [r"Example\ lamp"]),
        (["notify", "test", "m"], [r"my\ phone"]),
        (["--config", "other.toml", "check", "Exam"], [""]),
        (["completion", "f"], ["fish"]),
    ],
    ids=" ".join,
)
def test_bash_completes_commands_options_and_names(words: list[str], offered: list[str]) -> None:
    Path("other.toml").write_text('[database]\nurl = "sqlite:///other.db"\n')
    assert shell("bash", BASH, "bash", *words) == offered


@pytest.mark.usefixtures("watched")
def test_what_bash_is_given_is_one_word_again() -> None:
    [offered] = shell("bash", BASH, "bash", "history", "heise")
    assert shell("bash", f"printf '%s\\n' {offered}") == [ODD]


@pytest.mark.usefixtures("watched")
def test_fish_completes_names() -> None:
    script = 'changelogger completion fish | source; complete -C "changelogger check Exam"'
    assert shell("fish", script) == ["Example blog", "Example lamp"]


@pytest.mark.parametrize("name", SHELLS)
def test_each_shell_takes_its_script(name: str, cli: Cli, folder: Path) -> None:
    made = cli("completion", name)
    assert made.code == 0
    (folder / "script").write_text(made.out)
    assert shell(name, f"{name} -n script") == []


def test_a_broken_configuration_leaves_the_line_alone(folder: Path) -> None:
    (folder / "config.toml").write_text("nonsense = 1\n")
    assert shell("bash", BASH, "bash", "check", "E") == [""]


def test_a_terminal_is_told_how_to_install_it(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli("completion", "fish").err == ""
    monkeypatch.setattr("daemon.cli.commands.completion.is_terminal", lambda: True)
    assert "> ~/.config/fish/completions/changelogger.fish" in cli("completion", "fish").err
