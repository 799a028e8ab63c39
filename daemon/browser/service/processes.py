"""The processes below this one: how many, how large, and their end.

A browser starts its parts in groups of their own, so a signal to one group misses the others. This
process adopts orphans (PR_SET_CHILD_SUBREAPER), so all of them stay below it. Source: proc(5).
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ROUNDS = 50  # of killing, while new ones appear


@dataclass(frozen=True, slots=True)
class Family:
    """All processes below this one. Units: `private_bytes` leaves out what they share."""

    pids: tuple[int, ...]
    private_bytes: int


def family() -> Family:
    """The processes below this one, now."""
    pids = tuple(below(os.getpid()))
    return Family(pids, sum(map(_private, pids)))


def children() -> frozenset[int]:
    """The processes that have this one as their parent."""
    me = os.getpid()
    return frozenset(pid for pid, parent, _ in _all() if parent == me)


def is_any_alive(pids: Collection[int]) -> bool:
    """Whether one of these processes runs still, and is no zombie."""
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            if _state_and_parent(_PROC / str(pid))[0] != "Z":
                return True
    return False


def kill_all() -> int:
    """Kill every process below this one, and those that they start meanwhile; returns how many."""
    killed = 0
    for _ in range(_ROUNDS):
        pids = tuple(below(os.getpid()))
        if not pids:
            break
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


def reap(but: Collection[int]) -> None:
    """Take the exit statuses of adopted children, so that they do not stay as zombies.

    Shape: `but` are children that somebody else waits for.
    """
    me = os.getpid()
    for pid, parent, is_zombie in _all():
        if is_zombie and parent == me and pid not in but:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def below(root: int) -> Iterator[int]:
    """The processes that this one has started, and those that they have."""
    by_parent: dict[int, list[int]] = {}
    for pid, parent, is_zombie in _all():
        if not is_zombie:
            by_parent.setdefault(parent, []).append(pid)
    waiting = [root]
    while waiting:
        for pid in by_parent.get(waiting.pop(), ()):
            waiting.append(pid)
            yield pid


def _all() -> Iterator[tuple[int, int, bool]]:
    """Each process, its parent, and whether it is a zombie."""
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = _state_and_parent(entry)
            yield int(entry.name), int(parent), state == "Z"


def _state_and_parent(process: Path) -> tuple[str, str]:
    # The name is in parentheses, and may hold any of them.
    state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
    return state, parent


def _private(pid: int) -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        resident, shared = (_PROC / str(pid) / "statm").read_text().split()[1:3]
        return (int(resident) - int(shared)) * _PAGE_BYTES
    return 0
