from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.model.errors import LockedError, StoreError
from daemon.system.process import (
    ServiceManager,
    affordable_fetches,
    disk,
    hold_lock,
    install_signals,
    is_in_container,
    keep_files_private,
    keep_watchdog,
    ping_seconds,
    raise_open_files,
)
from tests.living import PATIENCE_SECONDS

HERE = Path(__file__).parent.parent


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """A listening notify socket and its address, as systemd gives it."""
    address = str(tmp_path / "notify") if request.param == "path" else f"@clog-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address.replace("@", "\0") if address[0] == "@" else address)
        listener.setblocking(False)
        yield address, listener


def test_systemd_hears_each_state(systemd: tuple[str, socket.socket]) -> None:
    address, listener = systemd
    manager = ServiceManager.of({"NOTIFY_SOCKET": address})
    manager.ready()
    manager.stopping()
    manager.alive()
    manager.status("12 sites\nREADY=0\x00 forged")
    heard = [listener.recv(1024) for _ in range(4)]
    assert heard == [
        b"READY=1",
        b"STOPPING=1",
        b"WATCHDOG=1",
        b"STATUS=12 sites READY=0\x00 forged",
    ]


def test_a_reload_says_when_it_began(systemd: tuple[str, socket.socket]) -> None:
    address, listener = systemd
    ServiceManager.of({"NOTIFY_SOCKET": address}).reloading()
    first, second = listener.recv(1024).decode().split("\n")
    assert first == "RELOADING=1"
    name, microseconds = second.split("=")
    assert name == "MONOTONIC_USEC"
    assert int(microseconds) > 0


@pytest.mark.parametrize(
    "address", ["", "relative", "vsock:2:1234", "/nowhere/at/all", "@nobody-listens"]
)
def test_no_systemd_is_no_trouble(address: str) -> None:
    manager = ServiceManager.of({"NOTIFY_SOCKET": address})
    manager.ready()
    manager.stopping()
    ServiceManager.of({}).ready()


def test_a_full_socket_does_not_block(systemd: tuple[str, socket.socket]) -> None:
    address, _listener = systemd
    manager = ServiceManager(address)
    for _ in range(2000):
        manager.alive()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 10.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-3"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "٣"}, None),
    ],
)
def test_the_watchdog_is_pinged_at_a_third_of_its_time(
    environment: dict[str, str], seconds: float | None
) -> None:
    assert ping_seconds(environment, 7) == seconds


async def test_the_watchdog_hears_nothing_once_progress_stops(
    systemd: tuple[str, socket.socket],
) -> None:
    address, listener = systemd
    rounds = iter([True, True, False, False])
    asked_enough = asyncio.Event()

    def makes_progress() -> bool:
        answer = next(rounds, None)
        if answer is None:
            asked_enough.set()
        return bool(answer)

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        watchdog = group.create_task(keep_watchdog(ServiceManager(address), 0, makes_progress))
        await asked_enough.wait()
        watchdog.cancel()
    assert [listener.recv(64), listener.recv(64)] == [b"WATCHDOG=1"] * 2
    with pytest.raises(BlockingIOError):
        listener.recv(64)


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_cancels_and_the_second_ends(first: signal.Signals) -> None:
    ended: list[int] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            signal.raise_signal(signal.SIGTERM)

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        main = group.create_task(work())
        signals = install_signals(asyncio.get_running_loop(), main, ended.append)
        await asyncio.sleep(0)
        signal.raise_signal(first)
    signals.restore()
    assert main.cancelled()
    assert signals.received is first
    assert ended == [128 + signal.SIGTERM]


@pytest.mark.parametrize(
    ("told", "ended"),
    [
        ((signal.SIGHUP, signal.SIGHUP), []),
        ((signal.SIGHUP, signal.SIGTERM, signal.SIGHUP), []),
        ((signal.SIGHUP, signal.SIGTERM, signal.SIGINT), [128 + signal.SIGINT]),
    ],
)
async def test_hangups_are_never_the_second_word(
    told: tuple[signal.Signals, ...], ended: list[int]
) -> None:
    codes: list[int] = []
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        main = group.create_task(asyncio.Event().wait())
        signals = install_signals(asyncio.get_running_loop(), main, codes.append)
        handler = signal.getsignal(signal.SIGTERM)
        assert callable(handler)
        for number in told:
            handler(number, None)
    signals.restore()
    assert signals.received is signal.SIGHUP
    assert codes == ended


def test_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        signals = install_signals(asyncio.get_running_loop(), task)
        assert signal.getsignal(signal.SIGTERM) != before
        signals.restore()

    asyncio.run(main())
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(("signals", "code"), [(1, 0), (2, 143)])
def test_a_process_ends_as_asked(signals: int, code: int) -> None:
    program = """
        import asyncio, signal
        from daemon.system.process import install_signals
        async def main():
            signals = install_signals(asyncio.get_running_loop(), asyncio.current_task())
            print("up", flush=True)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                print("stopping", flush=True)
                input()  # stuck: the loop does not come round
        asyncio.run(main())
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.terminate()
        assert process.stdout.readline() == b"stopping\n"
        if signals == 2:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
        process.communicate(b"\n", timeout=PATIENCE_SECONDS)
    assert process.returncode == code


def test_a_second_daemon_is_told_who_holds_the_file(tmp_path: Path) -> None:
    database = tmp_path / "state.db"
    link = tmp_path / "link.db"
    link.symlink_to(database)
    told = pytest.raises(LockedError, match=f"process {os.getpid()}")
    with hold_lock(database), told, hold_lock(link):
        pytest.fail("two daemons on one file")
    with hold_lock(link):
        pass


def test_the_lock_file_is_private_and_stays(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "state.db"):
        assert (tmp_path / "state.db.lock").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state.db.lock").exists()


def test_a_killed_daemon_leaves_no_lock_even_if_its_child_lives(tmp_path: Path) -> None:
    program = """
        import os, sys, time
        from pathlib import Path
        from daemon.system.process import hold_lock
        with hold_lock(Path(sys.argv[1])):
            if os.fork() == 0:
                print("child up", flush=True)
                sys.stdin.read()
                os._exit(0)
            os.waitpid(-1, 0)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "state.db")],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"child up\n"
        told = pytest.raises(LockedError, match=f"process {process.pid}")
        with told, hold_lock(tmp_path / "state.db"):
            pytest.fail("two daemons on one file")
        process.kill()
        process.wait(PATIENCE_SECONDS)
        with hold_lock(tmp_path / "state.db"):
            pass


def test_a_place_without_a_folder_is_our_trouble(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="lock file"), hold_lock(tmp_path / "no" / "state.db"):
        pytest.fail("there is no such folder")


def test_the_lock_follows_no_planted_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "state.db.lock").symlink_to(victim)
    with pytest.raises(StoreError), hold_lock(tmp_path / "state.db"):
        pytest.fail("the lock went through a link")
    assert victim.read_text() == "precious"


def test_the_disk_is_measured_where_the_file_will_be(tmp_path: Path) -> None:
    room = disk(tmp_path / "not" / "yet" / "there.db")
    assert 0 < room.free_bytes <= room.total_bytes


def test_the_limit_of_open_files_is_raised_but_not_beyond_the_hard_one() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = before
    ceiling = 4096 if hard == resource.RLIM_INFINITY else min(4096, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        assert raise_open_files(ceiling) == ceiling
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (ceiling, hard)
        assert raise_open_files(10) == ceiling
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_new_files_are_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        keep_files_private()
        (tmp_path / "file").touch()
        assert (tmp_path / "file").stat().st_mode & 0o077 == 0
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("open_files", "fetches"), [(16, 1), (64, 4), (256, 42), (1024, 64), (65_536, 64)]
)
def test_fetches_leave_files_for_the_rest(open_files: int, fetches: int) -> None:
    assert affordable_fetches(64, open_files) == fetches


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_a_container_is_known_by_its_mark(mark: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    assert not is_in_container(tmp_path)
    (tmp_path / mark).touch()
    assert is_in_container(tmp_path)
