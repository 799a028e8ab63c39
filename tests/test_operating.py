"""The files that people run it with: units, image and compose file, held against the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from daemon.cli.terminal import exits
from daemon.config.reading.environment import read_environment
from daemon.config.reading.references import Revealed

ROOT = Path(__file__).parent.parent
UNITS = sorted((ROOT / "systemd").glob("*.service"))
BROWSER = ROOT / "systemd" / "changelogger-browser.service"
# What tells one of several daemons on PostgreSQL from the only one on a file.
ITS_OWN = ("Environment", "LoadCredential", "StateDirectory", "WorkingDirectory")


def settings(unit: Path) -> list[str]:
    text = unit.read_text().partition("[Service]")[2].partition("[Install]")[0]
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_both_units_have_the_same_walls() -> None:
    first, second = (
        [line for line in settings(unit) if line.partition("=")[0] not in ITS_OWN]
        for unit in UNITS
        if unit != BROWSER
    )
    assert first == second


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_wrong_configuration_is_not_tried_again(unit: Path) -> None:
    assert f"RestartPreventExitStatus={exits.USAGE}" in settings(unit)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_journal_tags_its_lines_by_the_unit(unit: Path) -> None:
    assert "SyslogIdentifier=%N" in settings(unit)


@pytest.mark.parametrize(
    "path",
    [*UNITS, ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted((ROOT / "docs").glob("*.md"))],
    ids=lambda path: path.name,
)
def test_every_variable_that_is_named_is_an_option(path: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("word")
    found = re.findall(r"\bCHANGELOGGER__[A-Z0-9_]*[A-Z0-9]\b", path.read_text())
    named = {name for name in found if "__SECTION__" not in name}
    values = {name: str(secret) for name in named}
    faults = read_environment(values, Revealed()).faults
    assert [fault.where for fault in faults if "no option" in fault.problem] == []


def test_the_compose_file_locks_the_daemon_in() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    daemon = services["changelogger"]
    assert daemon["read_only"] is True
    assert daemon["cap_drop"] == ["ALL"]
    assert daemon["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in services["database"]


def test_daemons_that_share_a_database_share_one_key_that_stays() -> None:
    """A key made in the folder of one daemon is not there for the others, or after a restart."""
    option = "CHANGELOGGER__DATABASE__ENCRYPTION_KEY_FILE"
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    daemon = compose["services"]["changelogger"]
    assert daemon["environment"][option] == "/run/secrets/encryption_key"
    assert "encryption_key" in daemon["secrets"]
    assert "encryption_key" in compose["secrets"]
    unit = (ROOT / "systemd" / "changelogger@.service").read_text()
    assert f"Environment={option}=%d/encryption_key" in unit
    assert "LoadCredential=encryption_key:/etc/changelogger/secrets/encryption_key" in unit


def test_the_image_is_made_of_what_is_locked() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in text
    images = {one.partition("\n")[0]: one for one in text.split("\nFROM ")}
    assert next(reversed(images)) == "daemon"  # what is built unless another target is named
    for name in ("daemon", "browser"):
        [image] = [body for head, body in images.items() if head.endswith(f" AS {name}")]
        assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", image, re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    allowed = (ROOT / ".dockerignore").read_text()
    for source in " ".join(copied).split():
        assert f"!{source.split('/')[0]}" in allowed
