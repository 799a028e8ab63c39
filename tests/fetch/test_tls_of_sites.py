"""Certificates, keys and authorities of single sites, against servers that ask for them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from daemon.config import Config
from daemon.fetch.client import Fetcher
from daemon.model.errors import CertificateError, FetchError
from daemon.model.request import Request, Tls
from daemon.model.response import Response
from daemon.model.status import ErrorClass
from daemon.system import tls as contexts
from daemon.system.tls import TlsContexts
from tests.authority import Authority
from tests.hostile import page, redirect, running
from tests.loopback import SETTINGS


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def asking(url: str, **options: Any) -> Request:
    """The request of a site of the configuration with these options."""
    table = {"name": "a", "url": url, **{name: str(value) for name, value in options.items()}}
    if "verify_tls" in options:
        table["verify_tls"] = options["verify_tls"]
    return Config.model_validate({"site": [table]}).sites[0].request()


VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


@contextmanager
def strict(authority: Authority, version: ssl.TLSVersion) -> Iterator[str]:
    """A server that wants a certificate, and says what is wrong with one as OpenSSL does."""
    context = authority.server(asks=True)
    context.maximum_version = version

    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            self.request = context.wrap_socket(
                self.request, server_side=True, do_handshake_on_connect=False
            )
            try:
                self.request.do_handshake()
            except ssl.SSLError:
                # Closed with something unread, it would be reset, and its alert lost.
                self.request.shutdown(socket.SHUT_WR)
                while self.request.recv(4096):
                    pass
            super().setup()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"fine")

        def finish(self) -> None:
            super().finish()
            self.request.close()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


async def fetched(request: Request) -> Response:
    async with Fetcher(SETTINGS) as fetcher:
        return await fetcher.fetch(request)


async def refused(request: Request) -> str:
    """Why it ended in a failure of TLS."""
    with pytest.raises(FetchError) as caught:
        await fetched(request)
    assert caught.value.error_class is ErrorClass.TLS
    return caught.value.detail


async def test_an_authority_of_its_own_is_trusted_for_one_site_alone(authority: Authority) -> None:
    async with running(page(), tls=authority.server(asks=False)) as site, Fetcher(SETTINGS) as f:
        own = asking(site.url(), ca_file=authority.file)
        assert (await f.fetch(own)).certificate is not None
        with pytest.raises(FetchError) as caught:
            await f.fetch(Request(site.url()))
        assert caught.value.error_class is ErrorClass.TLS
        assert (await f.fetch(own)).status == 200


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_that_asks_for_a_certificate_gets_it(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    client = authority.issue("client")
    key, ca = client.with_suffix(".key"), authority.file
    with strict(authority, version) as url:
        request = asking(url, ca_file=ca, client_certificate=client, client_key=key)
        assert (await fetched(request)).status == 200
        told = await refused(asking(url, ca_file=ca))
    # TLS 1.2 has no word for it but that the handshake failed.
    assert "wants a certificate" in told or version is ssl.TLSVersion.TLSv1_2


async def test_certificate_and_key_may_share_a_file(authority: Authority, tmp_path: Path) -> None:
    client = authority.issue("client")
    both = tmp_path / "both.pem"
    both.write_bytes(client.read_bytes() + client.with_suffix(".key").read_bytes())
    async with running(page(), tls=authority.server(asks=True)) as site:
        request = asking(site.url(), ca_file=authority.file, client_certificate=both)
        assert (await fetched(request)).status == 200


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", ["expired", "of another authority"])
async def test_a_certificate_that_the_server_refuses_is_told(
    authority: Authority, tmp_path: Path, case: str, version: ssl.TLSVersion
) -> None:
    (elsewhere := tmp_path / "other").mkdir()
    client = (
        authority.issue("old", days=-1)
        if case == "expired"
        else Authority(elsewhere).issue("stranger")
    )
    options = {"client_certificate": client, "client_key": client.with_suffix(".key")}
    with strict(authority, version) as url:
        told = await refused(asking(url, ca_file=authority.file, **options))
    assert "the server refused the connection" in told
    assert ("has ended" if case == "expired" else "authority") in told


async def test_without_verification_one_site_is_open_and_no_other(authority: Authority) -> None:
    async with running(page(), tls=authority.server(asks=False)) as site, Fetcher(SETTINGS) as f:
        assert (await f.fetch(asking(site.url(), verify_tls=False))).certificate is None
        with pytest.raises(FetchError):
            await f.fetch(Request(site.url()))


async def test_what_holds_for_a_site_holds_for_its_robots_txt(authority: Authority) -> None:
    settings = SETTINGS.model_copy(update={"respect_robots": True})
    server = running(page(), tls=authority.server(asks=False))
    async with server as site, Fetcher(settings) as fetcher:
        request = asking(site.url(), ca_file=authority.file)
        assert (await fetcher.fetch(request)).status == 200
    assert site.asked[0][0] == "/robots.txt"


async def test_no_other_host_of_a_redirect_is_shown_the_certificate(authority: Authority) -> None:
    client = authority.issue("client")
    async with running(page(), tls=authority.server(asks=True)) as other:
        away = other.url().replace("127.0.0.1", "localhost")
        async with running(redirect(away), tls=authority.server(asks=True)) as site:
            options = {"client_certificate": client, "client_key": client.with_suffix(".key")}
            await refused(asking(site.url(), ca_file=authority.file, **options))
    assert not other.asked


async def test_a_file_that_has_gone_is_the_state_of_its_site_alone(authority: Authority) -> None:
    async with running(page(), tls=authority.server(asks=False)) as site:
        request = asking(site.url(), ca_file=authority.file)
        authority.file.unlink()
        assert "ca_file: cannot read" in await refused(request)


def test_contexts_are_few_and_follow_their_files(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "MOST_CONTEXTS", 2)
    known = TlsContexts(verify=True)
    own = Tls(ca_file=str(authority.file))
    first = known.of(own)
    assert known.of(own) is first
    authority.file.write_text(authority.file.read_text() + "\n")
    second = known.of(own)
    assert second is not first
    assert known.of(Tls(verify=False)).verify_mode is ssl.CERT_NONE
    known.of(Tls(verify=True))
    assert known.of(own) is not second
    assert TlsContexts(verify=False).of(own).verify_mode is ssl.CERT_NONE


def test_a_file_that_is_no_certificate_is_refused_by_name(authority: Authority) -> None:
    client, other = authority.issue("client"), authority.issue("other")
    locked = authority.issue("locked", passphrase=b"hunter2")
    key = client.with_suffix(".key")
    own = Tls(str(client), str(key))
    none = str(authority.folder / "none")
    faults = {
        "client_certificate: cannot read": replace(own, client_certificate=none),
        "client_key: cannot read": replace(own, client_key=none),
        "ca_file: cannot read": Tls(ca_file=none),
        "client_certificate: holds no certificate": replace(own, client_certificate=str(key)),
        "client_certificate: holds no private key": replace(own, client_key=""),
        "client_key: holds no private key": replace(own, client_key=str(client)),
        "client_key: is not the key of the certificate": replace(
            own, client_key=str(other.with_suffix(".key"))
        ),
        "client_key: is encrypted with a passphrase": Tls(
            str(locked), str(locked.with_suffix(".key"))
        ),
        "ca_file: holds no certificate": Tls(ca_file=str(key)),
    }
    for told, tls in faults.items():
        with pytest.raises(CertificateError) as caught:
            contexts.refuse_unusable(tls)
        option, _, problem = told.partition(": ")
        assert (caught.value.option, told) == (option, told)
        assert problem in caught.value.problem
        assert "hunter2" not in str(caught.value)


async def test_a_timeout_and_a_charset_of_its_own() -> None:
    body = "<p>Grüße</p>".encode("cp1252")
    headers = {"Content-Type": "text/html; charset=utf-8"}
    async with running(page(body, headers=headers)) as site:
        response = await fetched(
            asking(site.url(), charset="Windows-1252", user_agent="me/{version}")
        )
        assert response.document.charset == "=windows-1252"
        assert site.asked[0][1]["user-agent"].startswith("me/")
