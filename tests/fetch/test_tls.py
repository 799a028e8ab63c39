"""TLS: verified unless told otherwise, and every fault of it has one class."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.request import Request
from daemon.model.response import Certificate, Validity
from daemon.model.status import ErrorClass
from tests.hostile import Behaviour, never_answers, page, redirect, running, says
from tests.living import PATIENCE_SECONDS

SETTINGS = FetchConfig(
    allow_networks=("127.0.0.1/32",), total_timeout_seconds=PATIENCE_SECONDS, respect_robots=False
)
GOOD = Validity(datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC))


CERTIFICATES = Path(__file__).parents[1] / "certificates"
HERE, ELSEWHERE, EXPIRED = (
    CERTIFICATES / f"{name}.pem" for name in ("loopback", "elsewhere", "expired")
)


def context(pem: Path = HERE) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(pem)
    return made


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificates here are those of an authority that is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(HERE))


async def refused(url: str, settings: FetchConfig = SETTINGS) -> FetchError:
    async with Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(url))
        return caught.value


async def test_a_self_signed_certificate_is_refused() -> None:
    async with running(page(), tls=context()) as site:
        error = await refused(site.url())
        assert error.error_class is ErrorClass.TLS
        assert "self-signed" in error.detail.replace("self signed", "self-signed")
        assert not site.asked


@pytest.mark.usefixtures("trusting")
async def test_a_trusted_certificate_is_accepted() -> None:
    async with running(page(), tls=context()) as site, Fetcher(SETTINGS) as fetcher:
        assert (await fetcher.fetch(Request(site.url()))).status == 200


@pytest.mark.parametrize(
    ("pem", "told"), [(ELSEWHERE, "IP address mismatch"), (EXPIRED, "certificate has expired")]
)
async def test_a_certificate_that_is_not_good_here_is_refused(
    pem: Path, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with running(page(), tls=context(pem)) as site:
        error = await refused(site.url())
    assert error.error_class is ErrorClass.TLS
    assert told in error.detail


@pytest.mark.usefixtures("trusting")
async def test_every_answer_says_how_long_its_certificate_is_good() -> None:
    async with running(page(), tls=context()) as site, Fetcher(SETTINGS) as fetcher:
        answers = [await fetcher.fetch(Request(site.url())) for _ in range(3)]
    host = site.url().split("/")[2]
    assert {answer.certificate for answer in answers} == {Certificate(host, GOOD)}


@pytest.mark.usefixtures("trusting")
async def test_a_redirect_into_the_open_keeps_the_certificate_of_its_first_step() -> None:
    async with running(page()) as plain:
        leave = redirect(plain.url())
        async with running(leave, tls=context()) as site, Fetcher(SETTINGS) as fetcher:
            answer = await fetcher.fetch(Request(site.url()))
    assert answer.certificate is not None
    assert answer.certificate.host in site.url()


async def test_without_encryption_or_verification_there_is_no_certificate() -> None:
    settings = SETTINGS.model_copy(update={"verify_tls": False})
    async with (
        running(page(), tls=context()) as site,
        running(page()) as plain,
        Fetcher(settings) as fetcher,
    ):
        found = [await fetcher.fetch(Request(one.url())) for one in (site, plain)]
    assert [answer.certificate for answer in found] == [None, None]


async def test_without_verification_any_certificate_is_accepted() -> None:
    settings = SETTINGS.model_copy(update={"verify_tls": False})
    async with running(page(), tls=context()) as site, Fetcher(settings) as fetcher:
        assert (await fetcher.fetch(Request(site.url()))).status == 200


async def test_old_protocols_are_refused() -> None:
    old = context()
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
        settings = SETTINGS.model_copy(update={"total_timeout_seconds": 0.5})
        error = await refused(site.url().replace("http:", "https:"), settings)
    assert error.error_class in classes


async def test_a_handshake_that_stalls_ends_with_the_connect_timeout() -> None:
    async with running(never_answers, answers_at_once=True) as site:
        settings = SETTINGS.model_copy(update={"connect_timeout_seconds": 0.2})
        error = await refused(site.url().replace("http:", "https:"), settings)
    assert error.error_class is ErrorClass.TIMEOUT
    assert "connect timeout" in error.detail
