"""Every server that misbehaves ends as one class of the closed list, in time, within bounds."""

from __future__ import annotations

import asyncio
import resource

import pytest

from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.model.errors import FetchError
from daemon.model.request import Request
from daemon.model.status import ErrorClass
from tests import hostile
from tests.hostile import Behaviour, Site, running
from tests.living import PATIENCE_SECONDS

MEBIBYTE = 1024 * 1024
SETTINGS = FetchConfig(
    allow_networks=("127.0.0.1/32", "::1/128"),
    total_timeout_seconds=PATIENCE_SECONDS,
    respect_robots=False,
)
# Where nothing but the clock ends it.
HASTY = SETTINGS.model_copy(update={"total_timeout_seconds": 0.4})


async def failure(behave: Behaviour, settings: FetchConfig = SETTINGS) -> tuple[FetchError, Site]:
    """How the check of a site that behaves so fails."""
    async with running(behave) as site, Fetcher(settings) as fetcher:
        with pytest.raises(FetchError) as caught:
            # Far above the total timeout: this asks that the check ends, not how quick it is.
            async with asyncio.timeout(2 * PATIENCE_SECONDS):
                await fetcher.fetch(Request(site.url()))
        assert_is_sentence(caught.value)
        return caught.value, site


def assert_is_sentence(error: FetchError) -> None:
    assert 0 < len(error.detail) <= 300
    assert error.detail.isprintable()


@pytest.mark.parametrize("name", hostile.TIMEOUTS)
async def test_a_server_that_never_ends_is_a_timeout(name: str) -> None:
    error, _ = await failure(hostile.TIMEOUTS[name], HASTY)
    assert error.error_class is ErrorClass.TIMEOUT


@pytest.mark.parametrize("name", hostile.ENDLESS)
async def test_an_endless_answer_is_cut_off(name: str) -> None:
    error, site = await failure(hostile.ENDLESS[name], HASTY)
    assert error.error_class in {ErrorClass.TOO_LARGE, ErrorClass.PROTOCOL, ErrorClass.TIMEOUT}
    assert site.sent_bytes <= 24 * MEBIBYTE


@pytest.mark.parametrize("name", hostile.BOMBS)
async def test_a_bomb_takes_no_more_memory_than_the_limit(name: str) -> None:
    bomb = hostile.BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error, _ = await failure(bomb)
    grown_kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert error.error_class is ErrorClass.TOO_LARGE
    assert grown_kibibytes < 64 * 1024


@pytest.mark.parametrize("name", hostile.TRUNCATED)
async def test_an_incomplete_body_is_truncated(name: str) -> None:
    error, _ = await failure(hostile.TRUNCATED[name])
    assert error.error_class in {ErrorClass.TRUNCATED, ErrorClass.CONNECT}


@pytest.mark.parametrize("name", hostile.BROKEN_CODINGS)
async def test_a_broken_coding_is_an_encoding_fault(name: str) -> None:
    error, _ = await failure(hostile.BROKEN_CODINGS[name])
    assert error.error_class is ErrorClass.ENCODING


@pytest.mark.parametrize("name", hostile.NOT_HTTP)
async def test_what_is_not_http_is_a_protocol_fault(name: str) -> None:
    error, _ = await failure(hostile.NOT_HTTP[name])
    assert error.error_class in {ErrorClass.PROTOCOL, ErrorClass.CONNECT}


@pytest.mark.parametrize("name", hostile.BAD_REDIRECTS)
async def test_a_redirect_that_leads_nowhere_ends(name: str) -> None:
    error, site = await failure(hostile.BAD_REDIRECTS[name])
    assert error.error_class is ErrorClass.REDIRECT
    assert len(site.asked) <= SETTINGS.max_redirects + 1


@pytest.mark.parametrize("target", hostile.FORBIDDEN_TARGETS)
async def test_a_redirect_to_what_is_never_fetched_is_blocked(target: str) -> None:
    error, site = await failure(hostile.redirect(target))
    assert error.error_class is ErrorClass.BLOCKED
    assert len(site.asked) == 1
    assert "hunter2" not in str(error)
