"""Changelogger, as a process too, with those pauses cut short that only let real clocks advance.

What they wait for is given to the functions themselves in the tests that are about it.
"""

from __future__ import annotations

from daemon.__main__ import main
from daemon.pipeline import refetch
from daemon.store.core import troubles


def hurry() -> None:
    """Cut short, in this process, what a page's own clock is waited for."""
    refetch.PAUSE_SECONDS = 0.1


if __name__ == "__main__":
    hurry()
    troubles._QUIET_SECONDS = 2.0
    main()
