"""Handles signals to a daemon that is still starting: it ends at once, and says so.

Nothing slow is imported here: these handlers come first, as a start is mostly loading.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from types import FrameType


class Beginning:
    """The time before the daemon handles signals itself.

    Shape: SIGTERM and SIGINT end the process at once with 0: nothing is claimed yet, and what a
           start does to the database is safe from a kill.
    """

    def __init__(self) -> None:
        self._tell: Callable[[str], object] = _say
        self._is_over = False

    def answer_signals(self, words: Sequence[str]) -> None:
        """Handle signals from now on, if this command line starts the daemon."""
        if _command(words) == "run":
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._end)

    def tell_with(self, log: Callable[[str], object]) -> None:
        """Report the name of the signal to the log, once it is set up, instead of stderr."""
        self._tell = log

    def over(self) -> None:
        """Other handlers take over; a signal still handled here is for a process that hangs."""
        self._is_over = True

    def _end(self, number: int, _frame: FrameType | None) -> None:
        if self._is_over:
            os._exit(128 + number)
        try:
            self._tell(signal.Signals(number).name)
        finally:
            os._exit(0)


def _say(name: str) -> None:
    # Not through sys.stderr: the signal may have interrupted its writing.
    os.write(2, f"changelogger: ended by {name} before it had begun\n".encode())


def _command(words: Sequence[str]) -> str:
    """The first of these words that is neither an option nor its value."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        del rest[: 2 if rest[0] == "--config" else 1]
    return rest[0] if rest else ""


beginning = Beginning()
