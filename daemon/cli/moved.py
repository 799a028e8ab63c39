"""The steps of a long move in; a bar on a terminal, a line for each table elsewhere, out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from daemon.cli.show import count, is_terminal

_DOING = {"copy": "copying", "read": "reading", "verify": "verifying"}

Told = Callable[[str, str, int, int], None]


@contextmanager
def progress(*, is_quiet: bool) -> Iterator[Told]:
    """Tells how far a copy is: to a person as a bar, to a log as a line for each table."""
    if is_quiet:
        yield lambda step, table, done, total: None
    elif is_terminal():
        yield from _bar()
    else:
        yield _Lines().tell


class _Lines:
    """One line when a table begins, to stderr: no program reads it as a result."""

    def __init__(self) -> None:
        self._last = ("", "")

    def tell(self, step: str, table: str, done: int, total: int) -> None:
        if (step, table) != self._last and total:
            click.echo(f"{_DOING[step]} {table}: {count(total, 'row')}", err=True)
        self._last = (step, table)


def _bar() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("copying", total=None)

        def tell(step: str, table: str, done: int, total: int) -> None:
            bar.update(task, description=f"{_DOING[step]} {table}", completed=done, total=total)

        yield tell
