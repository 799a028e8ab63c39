"""Shows the progress of a long copy: a bar on a terminal, a few lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from daemon.cli.terminal.show import is_terminal
from daemon.display.words import count

_DOING = {"copy": "copying", "read": "reading", "verify": "verifying"}

Told = Callable[[str, str, int, int], None]


@contextmanager
def progress(*, is_quiet: bool) -> Iterator[Told]:
    """Show how far a copy is: a bar for a person, a few lines for a log."""
    if is_quiet:
        yield lambda step, table, done, total: None
    elif is_terminal():
        yield from _bar()
    else:
        yield ProgressLines().tell


class ProgressLines:
    """Prints a line when a step begins, and one now and then during it, to stderr.

    Units: at least `between_seconds` pass between two lines of one step.
    """

    def __init__(
        self, between_seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._between_seconds = between_seconds
        self._clock = clock
        self._step = ""
        self._told_at = 0.0

    def tell(self, step: str, table: str, done: int, total: int) -> None:
        """Print how far a table is, when it is time."""
        now = self._clock()
        if step == self._step and now - self._told_at < self._between_seconds:
            return
        is_new = step != self._step
        self._step, self._told_at = step, now
        place = "all tables" if is_new else f"{table}, {done:,} of {count(total, 'row')}"
        click.echo(f"{_DOING[step]} {place}", err=True)


def _bar() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("copying", total=None)

        def tell(step: str, table: str, done: int, total: int) -> None:
            bar.update(task, description=f"{_DOING[step]} {table}", completed=done, total=total)

        yield tell


def lost_contents(number: int) -> str:
    """The message about unreadable contents in a copy or a backup."""
    return (
        f"{count(number, 'stored content')} cannot be read and "
        f"{'was' if number == 1 else 'were'} taken over as it is: "
        "sites whose last state it was begin anew at their next change"
    )
