"""Tests take free ports: a fixed one may be a daemon's at work here, or another test run's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from daemon.config import HealthConfig, WebConfig, find_config, load
from daemon.model.errors import ConfigError

DEFAULT_PORT = HealthConfig().port
PAGES_PORT = WebConfig().port
# Below it the system gives no port to who asks for any free one.
FIRST_FREE_PORT = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def guard() -> None:
    """From here on, whatever listens on a fixed port or asks the default one fails its test."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.bind", "socket.connect"):
        _check(event == "socket.bind", arguments[1])
    elif event == "subprocess.Popen":
        _check_process(*arguments)


def _check(is_bound: bool, address: object) -> None:
    port = address[1] if isinstance(address, tuple) else 0
    if port in (DEFAULT_PORT, PAGES_PORT) or (is_bound and 0 < port < FIRST_FREE_PORT):
        # No `except Exception` on the way catches it, for it is none.
        pytest.fail(f"port {port} is not the test's own: take 0, any free one")


def _check_process(
    _executable: object,
    words: Sequence[str | os.PathLike[str]],
    folder: str | os.PathLike[str] | None,
    environment: Mapping[str, str] | None,
) -> None:
    """The same for a daemon in a process of its own, by the configuration it will read."""
    said = {*map(str, words)}
    if "run" not in said or not said & {"daemon", "tests.brisk"}:
        return
    environment = os.environ if environment is None else environment
    try:
        config = load(find_config(environment, Path(folder or ".")), environment)
    except ConfigError:
        return  # it will not come to listen
    for one in (config.health, config.web):
        if one.enabled:
            _check(True, (one.host, one.port))
