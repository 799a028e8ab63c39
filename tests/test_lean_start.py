"""What the daemon loads before it has found anything: no more than its first checks need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Each is wanted by the first change, price or document of its kind, not by every start.
LATER = (
    "apscheduler",  # a check by hand has no clock
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


# Each costs a command that only lists as much as a tenth of its time, and it needs none of them.
NEVER_FOR_LISTS = {
    "aiodns",
    "aiohttp",
    "alembic",
    "apscheduler",
    "asyncpg",
    "cryptography",
    "jinja2",
    "lxml",
    "rapidfuzz",
    "regex",
    "uvloop",
}
LISTS = ("sites list", "products list", "changes", "notices", "users list", "config check")


def test_lists_load_none_of_what_checks_need(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[[site]]\nname = "one"\nurl = "https://one.test"\n')
    code = f"""
import sys
from daemon.cli.root import run_words
for words in {LISTS}:
    run_words(words.split())
    print("loaded:", *sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    loaded = [{*line.split()} for line in done.stderr.splitlines() if line[:7] == "loaded:"]
    assert "daemon.store.core.database" in loaded[0]
    assert [NEVER_FOR_LISTS & modules for modules in loaded] == [set()] * len(LISTS)
