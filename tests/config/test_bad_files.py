"""A folder of files that are refused, each beside what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config import load
from daemon.model.errors import ConfigError

FOLDER = Path(__file__).parent / "bad"
FILES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def complaints(path: Path, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as raised:
        load(path, environ or {})
    return str(raised.value)


@pytest.fixture(autouse=True)
def in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_with_every_fault(name: str):
    expected = FOLDER.joinpath(f"{name}.txt").read_text(encoding="utf-8")
    assert complaints(Path(f"{name}.toml")).splitlines() == expected.splitlines()


@pytest.mark.parametrize("name", FILES)
def test_no_complaint_shows_a_secret(name: str):
    assert "hunter2" not in complaints(Path(f"{name}.toml"))


def test_a_missing_file_is_a_fault():
    assert complaints(Path("none.toml")).startswith("none.toml: there is no such file")


def test_a_directory_is_a_fault(tmp_path: Path):
    assert "is a directory" in complaints(tmp_path)


def test_a_name_that_cannot_be_a_file_is_a_fault():
    assert "cannot be read: not a file name" in complaints(Path("a\0b"))


def test_a_file_without_an_end_is_a_fault():
    assert "is larger than 64 MiB" in complaints(Path("/dev/zero"))


def test_a_file_that_may_not_be_read_is_a_fault(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    # The test may run as root, whom no mode stops.
    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read by this user" in complaints(Path("urls.toml"))


def test_faults_of_a_broken_file_and_of_the_environment_come_together():
    said = complaints(Path("syntax_quote.toml"), {"CHANGELOGGER__FETCH__PER_HOST": "many"})
    assert [line.split(":")[0] for line in said.splitlines()] == [
        "syntax_quote.toml",
        "CHANGELOGGER__FETCH__PER_HOST",
    ]


def test_a_file_in_the_working_directory_is_named_without_its_folder():
    assert complaints(FOLDER / "sqlite_password.toml").startswith("sqlite_password.toml:2: ")
