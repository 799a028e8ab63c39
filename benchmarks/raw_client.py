"""The least that a check can cost: download every URL of a file with aiohttp, and hash it.

python benchmarks/raw_client.py URLS --concurrency 100
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp


async def download(urls: list[str], concurrency: int) -> int:
    """How many URLs answered with a page."""
    waiting, hashes = iter(urls), list[bytes]()
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_work(session, waiting, hashes))
    return len(hashes)


async def _work(
    session: aiohttp.ClientSession, waiting: Iterator[str], hashes: list[bytes]
) -> None:
    for url in waiting:
        async with session.get(url) as response:
            response.raise_for_status()
            hashes.append(hashlib.blake2b(await response.read(), digest_size=16).digest())


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        from uvloop import new_event_loop
    except ImportError:
        return asyncio.new_event_loop
    return new_event_loop


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("urls", type=Path)
    parser.add_argument("--concurrency", type=int, default=100)
    options = parser.parse_args()
    urls = options.urls.read_text().split()
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        count = runner.run(download(urls, options.concurrency))
    print(count)
    return 0 if count == len(urls) else 1


if __name__ == "__main__":
    raise SystemExit(main())
