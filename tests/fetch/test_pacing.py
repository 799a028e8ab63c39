"""Bodies leave the event loop to others, however they come."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from daemon.config import FetchConfig
from daemon.fetch.client import Fetcher
from daemon.fetch.connection.pacing import Pacer
from daemon.fetch.connection.wire import MAX_EXCESS_FRAMING_BYTES, PIECE_BYTES
from daemon.model.errors import FetchError
from daemon.model.request import Request
from daemon.model.status import ErrorClass
from tests import hostile
from tests.hostile import Behaviour, Exchange, chunks, encoded, page, running, says

SETTINGS = FetchConfig(
    allow_networks=("127.0.0.0/8",), total_timeout_seconds=20, respect_robots=False
)
LINES = b"".join(b"<p>line %d of a long page</p>\n" % number for number in range(30_000))
LETTERS = [LINES[at : at + 1] for at in range(16_000)]
SPENT = 0.0  # seconds of a turn in which nothing more is begun


class Turns:
    """How often the event loop has come round."""

    def __init__(self) -> None:
        self.count = 0

    @asynccontextmanager
    async def counted(self) -> AsyncIterator[None]:
        async def count() -> None:
            while True:
                self.count += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            counting = group.create_task(count(), name="count")
            yield
            counting.cancel()


async def fetched(behave: Behaviour, pacer: Pacer) -> bytes:
    async with running(behave) as site, Fetcher(SETTINGS, pacer=pacer) as fetcher:
        return (await fetcher.fetch(Request(site.url()))).document.body


async def test_the_loop_comes_round_between_pieces_of_a_page_in_tiny_chunks() -> None:
    turns = Turns()
    answer = chunks(*LETTERS)
    async with turns.counted():
        body = await fetched(says(answer, then="keep"), Pacer(SPENT))
    assert body == LINES[: len(LETTERS)]
    assert turns.count >= len(answer) // PIECE_BYTES


async def test_the_loop_comes_round_between_steps_of_decoding() -> None:
    turns = Turns()
    async with turns.counted():
        body = await fetched(encoded("gzip", hostile.gzip_bomb(8)), Pacer(SPENT))
    assert len(body) == 8 * 2**20
    assert turns.count >= 2 * 8 * 4  # a step is a quarter of a mebibyte: decoded, then hashed


@pytest.mark.parametrize(
    "behave",
    [
        page(LINES),
        says(chunks(*(LINES[at : at + 5000] for at in range(0, len(LINES), 5000))), then="keep"),
        says(chunks(LINES)),
        says(b"HTTP/1.1 200 OK\r\n\r\n" + LINES),
        encoded("gzip", gzip.compress(LINES)),
    ],
    ids=["with a length", "in chunks", "in one chunk, then closed", "until closed", "packed"],
)
@pytest.mark.parametrize("seconds", [SPENT, 1.0])
async def test_a_body_is_whole_however_short_a_turn_is(behave: Behaviour, seconds: float) -> None:
    assert await fetched(behave, Pacer(seconds)) == LINES


async def test_a_connection_with_bytes_not_parsed_yet_is_not_used_again() -> None:
    poisoned = chunks(hostile.PAGE) + b"HTTP/1.1 200 OK\r\nX: " + b"y" * 3 * PIECE_BYTES
    async with (
        running(says(poisoned, then="keep")) as site,
        Fetcher(SETTINGS, pacer=Pacer(SPENT)) as fetcher,
    ):
        for _ in range(3):
            response = await fetcher.fetch(Request(site.url()))
            assert response.document.body == hostile.PAGE
    assert site.connections == 3


async def test_those_who_wait_for_a_turn_go_on_in_order() -> None:
    pacer, seen = Pacer(SPENT), []

    async def work(name: str) -> None:
        for _ in range(3):
            await pacer.share()
            seen.append(name)

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(work(name), name=name)
    assert "".join(seen) == "abcabcabc"


async def test_one_who_leaves_the_line_holds_nobody_up() -> None:
    pacer = Pacer(SPENT)
    async with asyncio.TaskGroup() as group:
        leaver = group.create_task(pacer.share(), name="leaver")
        stayer = group.create_task(pacer.share(), name="stayer")
        await asyncio.sleep(0)
        leaver.cancel()
    assert leaver.cancelled()
    assert stayer.done()


async def test_a_turn_that_is_not_spent_makes_nobody_wait() -> None:
    pacer = Pacer(seconds=1.0, clock=lambda: 0.0)
    for _ in range(100):
        sharing = pacer.share()
        with pytest.raises(StopIteration):
            sharing.send(None)


@pytest.mark.parametrize(
    "name",
    [
        *("tiny chunks", "chunks with extensions", "endless chunk extension"),
        *("endless trailers", "endless trailer line"),
    ],
)
async def test_an_answer_of_framing_is_a_protocol_fault(name: str) -> None:
    async with running(hostile.ENDLESS[name]) as site, Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url()))
    assert caught.value.error_class is ErrorClass.PROTOCOL
    assert site.sent_bytes < 8 * 2**20  # most of it lies in the sockets of this machine


@pytest.mark.parametrize("name", ["tiny chunks", "endless chunk extension"])
async def test_the_words_name_framing_and_body(name: str) -> None:
    async with running(hostile.ENDLESS[name]) as site, Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError, match=r"framing: \d+ bytes of it for \d+ bytes of body"):
            await fetcher.fetch(Request(site.url()))


@pytest.mark.parametrize(
    "rest",
    [b"zz\r\nabc\r\n", b"2\r\nabcdef\r\n", b"0\r\nX: " + b"y" * 70_000],
    ids=["no chunk size", "too small a size", "endless trailer"],
)
async def test_what_stops_being_http_in_its_middle_ends_at_once(rest: bytes) -> None:
    async def behave(exchange: Exchange) -> None:
        await exchange.send(chunks(b"x", end=b""))
        await exchange.gone(0.05)  # the head has its own packet
        await exchange.send(rest)
        await exchange.gone()

    async with running(behave) as site, Fetcher(SETTINGS) as fetcher:
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(Request(site.url()))
    assert caught.value.error_class is ErrorClass.PROTOCOL


@pytest.mark.parametrize("tail", [b"0\r\n\r\n", b"0\r\nX-A: b\r\n\r\n"])
async def test_framing_within_the_limit_is_let_pass(tail: bytes) -> None:
    # Four bytes more framing than body for each chunk.
    count = MAX_EXCESS_FRAMING_BYTES // 4 - 20
    answer = chunks(*[b"x"] * count, end=tail)
    assert await fetched(says(answer, then="keep"), Pacer()) == b"x" * count


async def test_small_chunks_of_a_long_page_are_no_fault() -> None:
    pieces = [LINES[at : at + 6] for at in range(0, 600_000, 6)]
    body = await fetched(says(chunks(*pieces), then="keep"), Pacer())
    assert body == LINES[:600_000]
