"""The TLS context of all who say nothing of TLS: one, until the authorities are others."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from daemon.fetch.connection.connector import usual_tls
from daemon.system.tls import usual_context


def test_the_context_is_made_once() -> None:
    assert usual_context(verify=True) is usual_context(verify=True)
    assert usual_context(verify=True) is not usual_context(verify=False)
    assert usual_context(verify=True).verify_mode is ssl.CERT_REQUIRED
    assert usual_context(verify=False).verify_mode is ssl.CERT_NONE


def test_other_authorities_make_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = usual_context(verify=True)
    bundle = tmp_path / "authorities.pem"
    bundle.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    first = usual_context(verify=True)
    bundle.write_text("# renewed\n")
    assert len({before, first, usual_context(verify=True)}) == 3


def test_what_the_library_has_read_is_not_read_again_until_it_is_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert usual_tls(verify=True) is True
    assert usual_tls(verify=False) is usual_context(verify=False)
    bundle = tmp_path / "authorities.pem"
    bundle.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    assert usual_tls(verify=True) is usual_context(verify=True)
