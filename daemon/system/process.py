"""Process control: signals, systemd, locks, and limits."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import resource
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from daemon.logs.logger import get_logger
from daemon.model.errors import LockedError, StoreError

_STATUS_CHARACTERS = 200
_OPEN_FILES = 65_536  # more only costs memory in programs that size tables by it
_PINGS_PER_TIMEOUT = 3
_OWN_FILES = 44  # libraries, database, workers, log, endpoint and its clients
_GONE = (errno.ENXIO, errno.EIO)  # errors of opening /dev/tty without a terminal
_FILES_PER_FETCH = 5  # its connection, and four that are kept idle

log = get_logger(__name__)


class ServiceManager:
    """Reports the daemon's state to systemd; does nothing without it, never raises.

    Source: sd_notify(3).
    """

    def __init__(self, address: str | None) -> None:
        self._address = _socket_address(address)
        self._is_broken = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ServiceManager:
        """The manager that started this process, if any."""
        return cls(environment.get("NOTIFY_SOCKET"))

    def ready(self) -> None:
        """Report that the daemon checks pages, at first or again after `reloading`."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Report that the configuration is being reloaded; `ready` must follow."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """Report that the daemon is stopping."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Ping the watchdog."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Set the line in `systemctl status`."""
        line = " ".join(text.split())
        self._send(f"STATUS={line[:_STATUS_CHARACTERS]}")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto("\n".join(lines).encode(errors="replace"), self._address)
            self._is_broken = False
        except OSError as exc:
            if not self._is_broken:
                log.warning("service_manager_not_reached", address=self._address, reason=str(exc))
            self._is_broken = True


def ping_seconds(environment: Mapping[str, str], pid: int) -> float | None:
    """How often the watchdog expects a ping of this process; None when it does not.

    Units:  a third of the time after which the manager would kill this process.
    Source: sd_watchdog_enabled(3).
    """
    desired_state_of = environment.get("WATCHDOG_PID", str(pid))
    microseconds = environment.get("WATCHDOG_USEC", "")
    if desired_state_of != str(pid) or not microseconds.isascii() or not microseconds.isdecimal():
        return None
    return int(microseconds) / 1e6 / _PINGS_PER_TIMEOUT or None


async def keep_watchdog(
    manager: ServiceManager, every_seconds: float, makes_progress: Callable[[], bool]
) -> None:
    """Ping for ever from the event loop, as long as work makes progress.

    Shape: `makes_progress` says whether the scheduler has run lately; it must not depend on the
           database, whose outage a restart would not fix.
    """
    while True:
        if makes_progress():
            manager.alive()
        await asyncio.sleep(every_seconds)


class Signals:
    """The handlers of the signals that stop the daemon, until `restore`."""

    def __init__(
        self, stop: Callable[[signal.Signals], object], end: Callable[[int], object]
    ) -> None:
        self.received: signal.Signals | None = None
        self._is_asked = False  # a second signal ends the process at once
        self._stop = stop
        self._end = end
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGTERM, signal.SIGINT)
        }

    def restore(self) -> None:
        """Restore the previous signal handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # A closing terminal sends several signals, which are not a second request.
        if number != signal.SIGHUP:
            if self._is_asked:
                self._end(128 + number)
                return
            self._is_asked = True
        if self.received is None:
            self.received = signal.Signals(number)
            self._stop(self.received)


def install_signals(
    loop: asyncio.AbstractEventLoop,
    main: asyncio.Task[object],
    end: Callable[[int], object] = os._exit,
) -> Signals:
    """Let the first SIGTERM or SIGINT cancel the main task, and the second end the process.

    Shape: `received` holds the first signal, to distinguish a requested end from an error.
    """

    def leave(received: signal.Signals) -> None:
        log.info("stopping", signal=received.name)
        main.cancel()

    # Python's handlers, not the loop's: the second signal must work when the loop is stuck.
    def stop(received: signal.Signals) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process is already ending
            loop.call_soon_threadsafe(leave, received)

    return Signals(stop, end)


def on_hangup(ask: Callable[[], object]) -> None:
    """Call `ask` on SIGHUP, at any moment of this process; many at once count as one.

    Shape: if the terminal in which this process was started has gone, SIGHUP acts like SIGTERM,
           unless it was ignored at the start, as by `nohup`.
    """
    is_bound = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _terminal() == 0

    def handle(number: int, frame: FrameType | None) -> None:
        if is_bound and _terminal() in _GONE:
            _end_as_told(number, frame)
        else:
            ask()

    signal.signal(signal.SIGHUP, handle)


def _terminal() -> int:
    """0 while there is a controlling terminal, or the errno of opening it.

    Source: tty(4), credentials(7).
    """
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError as exc:
        return exc.errno or errno.EIO
    return 0


def _end_as_told(number: int, frame: FrameType | None) -> None:
    """Act as on SIGTERM."""
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(number, frame)
        return
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


@contextmanager
def hold_lock(database: Path) -> Iterator[None]:
    """Lock this SQLite file for one daemon, through the file `….lock` beside it.

    Errors: LockedError when another process holds it; StoreError when no lock can be created.
    """
    path = Path(f"{database.resolve()}.lock")
    descriptor = _open_lock(path)
    _held.add(descriptor)
    try:
        _lock(descriptor, path, database)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Disk:
    """The space on the disk under a path."""

    free_bytes: int
    total_bytes: int


def disk(path: Path) -> Disk:
    """The disk space where this path is or will be.

    Errors: StoreError when the system cannot say.
    """
    existing = next(place for place in (path, *path.resolve().parents) if place.exists())
    try:
        usage = shutil.disk_usage(existing)
    except OSError as exc:
        raise StoreError(f"cannot measure the disk at {existing}: {exc.strerror}") from exc
    return Disk(free_bytes=usage.free, total_bytes=usage.total)


def raise_open_files(wanted: int = _OPEN_FILES) -> int:
    """Raise the limit of open files as far as allowed, up to `wanted`; returns the new limit.

    Shape: never lowers a limit.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if target <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    except (OSError, ValueError) as exc:
        log.warning("open_files_limit_not_raised", limit=soft, reason=str(exc))
        return soft
    return target


def affordable_fetches(wanted: int, open_files: int) -> int:
    """How many concurrent fetches so many open files allow, after endpoint and database.

    Shape: at least one.
    """
    return max(1, min(wanted, (open_files - _OWN_FILES) // _FILES_PER_FETCH))


def open_files_limit() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def is_in_container(root: Path = Path("/")) -> bool:
    """Whether this machine is a container of Docker or Podman, by the files that they leave."""
    return any((root / name).exists() for name in (".dockerenv", "run/.containerenv"))


def keep_files_private() -> None:
    """Make files created from now on accessible to this user only."""
    os.umask(0o077)


_held: set[int] = set()


def _close_held_locks() -> None:
    while _held:
        os.close(_held.pop())


# A forked child shares the lock: one that outlives us must not block the next daemon.
os.register_at_fork(after_in_child=_close_held_locks)


def _socket_address(address: str | None) -> str | None:
    if not address or address[0] not in "/@":
        return None
    return "\0" + address[1:] if address[0] == "@" else address


def _open_lock(path: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags, 0o600)
    except OSError as exc:
        raise StoreError(f"cannot open the lock file {path}: {exc.strerror}") from exc


def _lock(descriptor: int, path: Path, database: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        pid = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise LockedError(
            f"{database} is in use by another changelogger (process {pid}); stop it first"
        ) from exc
    except OSError as exc:
        raise StoreError(f"cannot lock {path}: {exc.strerror}") from exc
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
