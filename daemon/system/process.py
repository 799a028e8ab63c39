"""What the daemon asks of the machine, and the machine of it: signals, systemd, locks, limits."""

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
_OWN_FILES = 44  # libraries, database, workers, log, endpoint and its callers
_GONE = (errno.ENXIO, errno.EIO)  # what opening /dev/tty says without a terminal behind it
_FILES_PER_FETCH = 5  # its connection, and four that are kept a while for the next

log = get_logger(__name__)


class ServiceManager:
    """Tells systemd how the daemon is; silent where there is no systemd, never raises.

    Source: sd_notify(3).
    """

    def __init__(self, address: str | None) -> None:
        self._address = _socket_address(address)
        self._is_broken = False

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ServiceManager:
        """The manager that started this process, if one did."""
        return cls(environment.get("NOTIFY_SOCKET"))

    def ready(self) -> None:
        """The daemon checks pages from now on, or again after `reloading`."""
        self._send("READY=1")

    def reloading(self) -> None:
        """The configuration is being read again; `ready` must follow."""
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={microseconds}")

    def stopping(self) -> None:
        """The daemon finishes what it has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """The event loop has come round again."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
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
    """How often the watchdog wants to hear from this process; None when it does not.

    Units:  a third of the time after which the manager would end us.
    Source: sd_watchdog_enabled(3).
    """
    wanted_of = environment.get("WATCHDOG_PID", str(pid))
    microseconds = environment.get("WATCHDOG_USEC", "")
    if wanted_of != str(pid) or not microseconds.isascii() or not microseconds.isdecimal():
        return None
    return int(microseconds) / 1e6 / _PINGS_PER_TIMEOUT or None


async def keep_watchdog(
    manager: ServiceManager, every_seconds: float, makes_progress: Callable[[], bool]
) -> None:
    """Ping for ever from the event loop, as long as work comes round.

    Shape: `makes_progress` asks whether the scheduler has come round lately; it must not depend
           on the database, whose outage a restart would not mend.
    """
    while True:
        if makes_progress():
            manager.alive()
        await asyncio.sleep(every_seconds)


class Signals:
    """The signals that ask the daemon to end, from `install_signals` to `restore`."""

    def __init__(
        self, stop: Callable[[signal.Signals], object], end: Callable[[int], object]
    ) -> None:
        self.received: signal.Signals | None = None
        self._is_asked = False  # by somebody, who may ask a second time
        self._stop = stop
        self._end = end
        self._before = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGTERM, signal.SIGINT)
        }

    def restore(self) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # A terminal that goes says so several times over, which is nobody's second word.
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
    """The first SIGTERM or SIGINT cancels the main task; the second ends the process at once.

    Shape: `received` says which came first, to tell an asked-for end from a failure.
    """

    def leave(received: signal.Signals) -> None:
        log.info("stopping", signal=received.name)
        main.cancel()

    # Python's own handlers, not the loop's: the second signal must work when the loop is stuck.
    def stop(received: signal.Signals) -> None:
        with suppress(RuntimeError):  # the loop is closed: the process is ending already
            loop.call_soon_threadsafe(leave, received)

    return Signals(stop, end)


def on_hangup(ask: Callable[[], object]) -> None:
    """Let SIGHUP ask for something, at any moment of this process; many at once ask once.

    Shape: where it says that the terminal is gone in which this process was started, it does as
           SIGTERM would, unless it was ignored at the start, as `nohup` has it.
    """
    is_bound = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN and _terminal() == 0

    def handle(number: int, frame: FrameType | None) -> None:
        if is_bound and _terminal() in _GONE:
            _end_as_told(number, frame)
        else:
            ask()

    signal.signal(signal.SIGHUP, handle)


def _terminal() -> int:
    """0 while there is a controlling terminal, or why it cannot be opened.

    Source: tty(4), credentials(7).
    """
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC | os.O_NONBLOCK))
    except OSError as exc:
        return exc.errno or errno.EIO
    return 0


def _end_as_told(number: int, frame: FrameType | None) -> None:
    """Do what SIGTERM would do at this moment."""
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(number, frame)
        return
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


@contextmanager
def hold_lock(database: Path) -> Iterator[None]:
    """Hold this SQLite file for one daemon, through a lock on the file `….lock` beside it.

    Errors: LockedError when another process has it; StoreError when no lock can be made there.
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
    """The room on the disk under a path."""

    free_bytes: int
    total_bytes: int


def disk(path: Path) -> Disk:
    """The room where this path is or will be.

    Errors: StoreError when the system cannot say.
    """
    existing = next(place for place in (path, *path.resolve().parents) if place.exists())
    try:
        usage = shutil.disk_usage(existing)
    except OSError as exc:
        raise StoreError(f"cannot measure the disk at {existing}: {exc.strerror}") from exc
    return Disk(free_bytes=usage.free, total_bytes=usage.total)


def raise_open_files(wanted: int = _OPEN_FILES) -> int:
    """Allow as many open files as the system lets us, up to `wanted`; returns the limit in force.

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
    """How many fetches at once so many open files allow; the endpoint and the database go first.

    Shape: at least one.
    """
    return max(1, min(wanted, (open_files - _OWN_FILES) // _FILES_PER_FETCH))


def open_files_limit() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def keep_files_private() -> None:
    """What this process creates from now on is for its own user alone."""
    os.umask(0o077)


_held: set[int] = set()


def _close_held_locks() -> None:
    while _held:
        os.close(_held.pop())


# A forked child shares the lock: one that outlives us must not keep the next daemon out.
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
