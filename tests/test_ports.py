"""The guard of the tests' ports sees what it is there for."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import DEFAULT_PORT, PAGES_PORT

FIXED = pytest.raises(pytest.fail.Exception, match="is not the test's own")


@pytest.mark.parametrize("port", [DEFAULT_PORT, PAGES_PORT, 9000])
def test_a_fixed_port_cannot_be_listened_on(port: int) -> None:
    with socket.socket() as server, FIXED:
        server.bind(("127.0.0.1", port))


def test_a_daemon_of_the_machine_cannot_be_asked() -> None:
    with socket.socket() as client, FIXED:
        client.connect(("127.0.0.1", DEFAULT_PORT))


@pytest.mark.parametrize(
    "text", ["# all defaults\n", "[health]\nport = 9000\n", "[health]\nport = 0\n"]
)
def test_no_daemon_can_be_started_on_a_fixed_port(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text)
    with FIXED:
        subprocess.Popen([sys.executable, "-m", "daemon", "run"], cwd=tmp_path, env={})


def test_any_free_port_is_fine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
