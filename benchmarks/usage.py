"""What a command and all the processes that it starts use: CPU, memory, time (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SAMPLE_SECONDS = 0.1
_GRACE_SECONDS = 10.0
_PR_SET_CHILD_SUBREAPER = 36


class Usage(NamedTuple):
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    exit_code: int
    output: str


class Place(NamedTuple):
    """Where a command runs, and how long it may."""

    folder: Path
    environment: Mapping[str, str]
    timeout_seconds: float


def measure(
    command: Sequence[str], place: Place, meanwhile: Callable[[int], None] | None = None
) -> Usage:
    """Run a command to its end, with what its process tree used, orphans included.

    `meanwhile` gets the process id once the command has started, and may tell it to end.
    """
    _adopt_orphans()
    others = set(_children(os.getpid()))
    output = place.folder / "stdout.txt"
    with output.open("wb") as out, (place.folder / "stderr.txt").open("wb") as err:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=place.folder,
            env=place.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        with _bounded(process.pid, place.timeout_seconds), _peak(process.pid) as peak:
            if meanwhile is not None:
                meanwhile(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        cpu_seconds = used.ru_utime + used.ru_stime + _end_orphans(others)
        wall_seconds = time.monotonic() - began
    text = output.read_text(errors="replace")
    return Usage(wall_seconds, cpu_seconds, max(peak), process.returncode, text)


def measure_start(command: Sequence[str], place: Place) -> Usage:
    """Run a service until it says that it is ready, then tell it to stop."""
    path = place.folder / "ready"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
        ready.bind(str(path))
        ready.settimeout(place.timeout_seconds)

        def stop_when_ready(pid: int) -> None:
            with contextlib.suppress(TimeoutError):
                while b"READY=1" not in ready.recv(4096):
                    pass
            os.kill(pid, signal.SIGTERM)

        environment = {**place.environment, "NOTIFY_SOCKET": str(path)}
        usage = measure(command, place._replace(environment=environment), stop_when_ready)
    path.unlink()
    return usage


def _adopt_orphans() -> None:
    """Make what a command leaves behind our own child, so that it can be counted and ended."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def _end_orphans(others: set[int]) -> float:
    """The CPU seconds of what outlives its command; what does not end soon is killed."""
    cpu_seconds = 0.0
    while orphans := set(_children(os.getpid())) - others:
        for pid in orphans:
            with _bounded(pid, _GRACE_SECONDS):
                used = os.wait4(pid, 0)[2]
            cpu_seconds += used.ru_utime + used.ru_stime
    return cpu_seconds


@contextlib.contextmanager
def _bounded(pid: int, timeout_seconds: float) -> Iterator[None]:
    """Kill the tree when time is up, or when this process is told to stop."""
    timer = threading.Timer(timeout_seconds, _kill, (pid,))
    timer.start()
    try:
        yield
    except BaseException:
        _kill(pid)
        raise
    finally:
        timer.cancel()


def _kill(pid: int) -> None:
    for member in tree(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


@contextlib.contextmanager
def _peak(pid: int) -> Iterator[list[int]]:
    """The memory that a tree holds at once, as samples of its sum and its root's own mark."""
    samples = [0]
    done = threading.Event()

    def sample() -> None:
        while not done.wait(_SAMPLE_SECONDS):
            samples.append(max(sum(map(resident, tree(pid))), _high_water(pid)))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield samples
    finally:
        done.set()
        sampler.join()


def cpu_seconds(pid: int) -> float:
    """What a process and all below it have used so far, of which those that have ended, too."""
    total = 0
    for member in tree(pid):
        with contextlib.suppress(OSError, IndexError):
            fields = (Path("/proc") / str(member) / "stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))  # of itself, and of children waited for
    return total / os.sysconf("SC_CLK_TCK")


def tree(pid: int) -> list[int]:
    """A process and all that it has started, and they."""
    found = [pid]
    for member in found:
        found += _children(member)
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # a process may end while it is being read
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def resident(pid: int) -> int:
    """Bytes in memory; 0 for a process that is gone."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    return 0


def _high_water(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
