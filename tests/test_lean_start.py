"""What the daemon loads before it has found anything: no more than its first checks need."""

from __future__ import annotations

import subprocess
import sys

import pytest

# Each is wanted by the first change, price or document of its kind, not by every start.
LATER = (
    "daemon.analyse",
    "daemon.compare",
    "daemon.extract.jsondoc",
    "daemon.extract.offer",
    "daemon.money.parse",
    "daemon.money.words",
    "jinja2",
    "lxml",
    "rapidfuzz",
)


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    code = "import sys, daemon.runtime.app, daemon.runtime.check_now; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_start_loads_the_checks(loaded: set[str]) -> None:
    assert {"daemon.pipeline.check", "daemon.fetch.client", "daemon.notify.render"} <= loaded


@pytest.mark.parametrize("module", LATER)
def test_a_start_does_not_load_what_only_a_finding_needs(loaded: set[str], module: str) -> None:
    assert module not in loaded
