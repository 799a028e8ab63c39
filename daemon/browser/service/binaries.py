"""Finds the browser that is installed here."""

from __future__ import annotations

import shutil
from pathlib import Path

# The first is built for this purpose: it starts in a fraction of the time of the others.
_COMMANDS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
)


class NoBrowserError(Exception):
    """No browser is installed, or not where the configuration says."""


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
        "chromium-headless-shell"
    )
