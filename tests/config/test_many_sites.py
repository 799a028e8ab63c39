"""What is read for each of many sites is only what it states."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from daemon.config import load, placed
from daemon.model.errors import ConfigError, Fault


def test_a_site_without_certificates_makes_no_tls_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    class Counted(ssl.SSLContext):
        def __new__(cls, *args: int) -> Counted:
            made.append(args)
            return super().__new__(cls, *args)

    monkeypatch.setattr(ssl, "SSLContext", Counted)
    path = tmp_path / "config.toml"
    path.write_text('[[site]]\nname = "a"\nurl = "https://a.test/"\n')
    load(path, {})
    assert made == []
    path.write_text(path.read_text() + 'ca_file = "/nowhere"\n')
    with pytest.raises(ConfigError, match="ca_file"):
        load(path, {})
    assert len(made) == 1


def test_files_are_read_again_only_for_faults_without_a_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[fetch]\n")
    told = ConfigError([Fault("config.toml:3", "site[0].url", "is odd", "")])
    assert placed(told, tmp_path / "config.toml", {}) is told
