"""Fails a PostgreSQL over to its standby again and again, under daemons at work.

Two servers, the second a synchronous copy of the first. Each time all pages have something new, at
a random moment the primary ends, a random while later its standby is promoted, and the dead one
comes back as a copy. Printed are the seconds until a check is stored again, and what was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.failing_over import Scene, failing_over  # noqa: E402
from tests.replicas import paired  # noqa: E402

_AT_WORK_SECONDS = 2.0  # at most, from new pages to the end of the primary
_SEED = 20260701


@dataclass(frozen=True)
class Failover:
    """The seconds from the end of the primary, and from the promotion, until work went on."""

    since_end: float
    since_promotion: float


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--failovers", type=int, default=20)
    parser.add_argument("--daemons", type=int, default=2)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--longest", type=float, default=5.0, help="seconds until the promotion")
    parser.add_argument("--frozen", action="store_true", help="the primary stops, and is not dead")
    asyncio.run(run(parser.parse_args()))


async def run(arguments: argparse.Namespace) -> None:
    """Fail over, and print what came of it."""
    dice, done = random.Random(_SEED), []
    with paired() as pair, tempfile.TemporaryDirectory(prefix="changelogger-") as folder:
        async with failing_over(pair, Path(folder), arguments.pages, arguments.daemons) as scene:
            for number in range(arguments.failovers):
                found = await fail_over(scene, dice, arguments)
                done.append(found)
                print(f"{number + 1:3}  {found.since_end:5.1f} s  {found.since_promotion:5.1f} s")
            for life in scene.lives:
                assert await life.stop() == 0
            print(await scene.figures())
            said = ("database_in_trouble", "database_recovered", "lease_lost")
            print(*(f"{name}: {len(scene.events(name))}" for name in said), sep="\n")
            levels = [line for life in scene.lives for line in life.said]
            worse = [line for line in levels if line.get("level") in {"error", "critical"}]
            print(f"errors in the log: {len(worse)}", *worse[:10], sep="\n")
    print_times("since the end of the primary", [one.since_end for one in done])
    print_times("since the promotion", [one.since_promotion for one in done])


async def fail_over(scene: Scene, dice: random.Random, arguments: argparse.Namespace) -> Failover:
    """One failover, until all is told of and both servers are well again."""
    scene.move_on()
    await asyncio.sleep(dice.uniform(0, _AT_WORK_SECONDS))
    await (scene.freeze() if arguments.frozen else scene.kill())
    ended_at, worked = time.monotonic(), scene.worked()
    await asyncio.sleep(dice.uniform(0, arguments.longest))
    await scene.promote()
    promoted_at = time.monotonic()
    await scene.until_at_work(worked)
    at = time.monotonic()
    await scene.until_told()
    await scene.rejoin()
    return Failover(at - ended_at, at - promoted_at)


def print_times(name: str, seconds: Sequence[float]) -> None:
    """The median and the longest."""
    print(f"{name}: median {statistics.median(seconds):.1f} s, longest {max(seconds):.1f} s")


if __name__ == "__main__":
    main()
