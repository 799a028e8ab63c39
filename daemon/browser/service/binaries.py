"""Finds the browser that is installed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# The first is built for this purpose: it starts in a fraction of the time of the others.
_COMMANDS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)


_NO_PACKAGE = (
    "the browser needs the package playwright: pip install 'changelogger[browser]', or in a "
    "checkout `./run browser`, which sets it up by itself"
)
_AS_ROOT = (
    "a browser is not run as root, where it could not keep pages in its sandbox: start this as "
    "another user, such as by systemd/changelogger-browser.service"
)


class NoBrowserError(Exception):
    """No browser is there, or not where the configuration says, or it cannot be started."""


def refuse_root() -> None:
    """Errors: NoBrowserError for root."""
    if os.geteuid() == 0:
        raise NoBrowserError(_AS_ROOT)


def find_driver() -> None:
    """Errors: NoBrowserError where the package that drives the browser is not installed."""
    if find_spec("playwright") is None:
        raise NoBrowserError(_NO_PACKAGE)


def find_browser(wanted: str = "") -> Path:
    """The program of the browser.

    Errors: NoBrowserError.
    """
    if wanted:
        path = shutil.which(wanted)
        if path is None:
            raise NoBrowserError(f"there is no program {wanted} ([browser] executable)")
        return Path(path)
    for command in _COMMANDS:
        if path := shutil.which(command):
            return Path(path)
    raise NoBrowserError(
        "no browser is installed; on Debian: apt install --no-install-recommends "
        "chromium-headless-shell libatomic1"
    )


def try_driver() -> None:
    """Start the driver once, as the system may lack what it needs.

    Errors: NoBrowserError, with its own words.
    """
    command = [sys.executable, "-m", "playwright", "--version"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it says nothing"]
        hint = "; on Debian: apt install libatomic1" if "libatomic" in said[-1] else ""
        raise NoBrowserError(f"the browser's driver does not start: {said[-1][:300]}{hint}")
