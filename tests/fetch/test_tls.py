"""TLS: verified unless told otherwise, and every fault of it has one class."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from daemon.errors import FetchError
from daemon.fetch.client import Fetcher
from daemon.fetch.settings import FetchSettings
from daemon.model import ErrorClass, Request
from tests.hostile import Behaviour, never_answers, page, running, says

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
SETTINGS = FetchSettings(
    allow_networks=("127.0.0.1/32",), total_timeout_seconds=5, respect_robots=False
)


def certificate(folder: Path, name: str, *, days: str = "2") -> Path:
    """A self-signed certificate with its key, in one file."""
    key, cert, both = (folder / f"{name}.{end}" for end in ("key", "crt", "pem"))
    # A start in the past needs a newer openssl than many systems have; a negative life does not.
    subprocess.run(
        [
            *(OPENSSL or "openssl", "req", "-x509", "-newkey", "ec", "-nodes"),
            *("-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", days),
            *("-subj", f"/CN={name}", "-addext", f"subjectAltName={name}"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_text(key.read_text() + cert.read_text())
    return both


def context(pem: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem)
    return made


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"), "IP:127.0.0.1")


async def refused(url: str, settings: FetchSettings = SETTINGS) -> FetchError:
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(url))
        return caught.value


async def test_a_self_signed_certificate_is_refused(pem: Path) -> None:
    async with running(page(), tls=context(pem)) as site:
        error = await refused(site.url())
        assert error.error_class is ErrorClass.TLS
        assert "self-signed" in error.detail.replace("self signed", "self-signed")
        assert not site.asked


async def test_a_trusted_certificate_is_accepted(
    pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with running(page(), tls=context(pem)) as site, Fetcher(SETTINGS) as fetcher:
        assert (await fetcher.fetch(Request(site.url()))).status == 200


async def test_a_certificate_for_another_host_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = certificate(tmp_path, "DNS:other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    async with running(page(), tls=context(other)) as site:
        assert (await refused(site.url())).error_class is ErrorClass.TLS


async def test_without_verification_any_certificate_is_accepted(pem: Path) -> None:
    settings = replace(SETTINGS, verify_tls=False)
    async with running(page(), tls=context(pem)) as site, Fetcher(settings) as fetcher:
        assert (await fetcher.fetch(Request(site.url()))).status == 200


async def test_old_protocols_are_refused(pem: Path) -> None:
    old = context(pem)
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.maximum_version = ssl.TLSVersion.TLSv1
    async with running(page(), tls=old) as site:
        assert (await refused(site.url())).error_class in {ErrorClass.TLS, ErrorClass.CONNECT}


RAW: dict[str, tuple[Behaviour, set[ErrorClass]]] = {
    "plain HTTP": (says(b"HTTP/1.1 400 Bad\r\n\r\n"), {ErrorClass.TLS}),
    "garbage": (says(b"\x16\x03\x01" + b"\xff" * 200), {ErrorClass.TLS}),
    "closes": (says(b""), {ErrorClass.TLS, ErrorClass.CONNECT}),
    "resets": (says(b"", then="reset"), {ErrorClass.TLS, ErrorClass.CONNECT}),
    "stalls": (never_answers, {ErrorClass.TIMEOUT}),
}


@pytest.mark.parametrize("name", RAW)
async def test_what_is_no_handshake_ends_in_time(name: str) -> None:
    behave, classes = RAW[name]
    async with running(behave, answers_at_once=True) as site:
        settings = replace(SETTINGS, total_timeout_seconds=0.5)
        error = await refused(site.url().replace("http:", "https:"), settings)
    assert error.error_class in classes


async def test_a_handshake_that_stalls_ends_with_the_connect_timeout() -> None:
    async with running(never_answers, answers_at_once=True) as site:
        settings = replace(SETTINGS, connect_timeout_seconds=0.2)
        error = await refused(site.url().replace("http:", "https:"), settings)
    assert error.error_class is ErrorClass.TIMEOUT
    assert "connect timeout" in error.detail
