"""Prints values for a person at a terminal, for a pipe, or for a program."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import click

from daemon.characters import visible
from daemon.display.times import stamp
from daemon.redaction import KnownSecrets, redact_text

Style: TypeAlias = Mapping[str, Any]
Fact: TypeAlias = tuple[str, str, Style]  # a label, its value, and its style

PLAIN: Style = {}
DIM: Style = {"dim": True}
STRONG: Style = {"bold": True}
GOOD: Style = {"fg": "green"}
BAD: Style = {"fg": "red"}
WARM: Style = {"fg": "yellow"}
SIGN_STYLE: Mapping[str, Style] = {"+": GOOD, "-": BAD}  # of lines that came and went
SEVERITY: Mapping[str, Style] = {
    "minor": {"fg": "cyan"},
    "moderate": {"fg": "yellow"},
    "major": {"fg": "red", "bold": True},
    "critical": {"fg": "bright_white", "bg": "red", "bold": True},
}
_READABLE = 100  # longer lines are hard to read


class Clean:
    """Makes any text safe for a terminal: no control characters, no secrets."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known = KnownSecrets(secrets)

    def text(self, value: str | None) -> str:
        """The text with its line ends."""
        from daemon.extract.clean import clean_text

        text = value or ""
        if not (text.isascii() and text.isprintable()):
            text = visible(clean_text(text)[0]).expandtabs(4)
        return self._known.mask(text)

    def line(self, value: str | None) -> str:
        """The text as one line."""
        return " ".join(self.text(value).split())

    def url(self, value: str | None) -> str:
        """An address without credentials and secret query values."""
        return redact_text(self.line(value))


def is_terminal() -> bool:
    """Whether the output goes to a person."""
    return sys.stdout.isatty()


def say(text: str = "", style: Style = PLAIN) -> None:
    """One line to stdout."""
    click.echo(click.style(text, **style) if style else text)


def say_facts(facts: Iterable[Fact]) -> None:
    """A label and a value on each line, with the values aligned."""
    shown = list(facts)
    widest = max((len(label) for label, _, _ in shown), default=0)
    for label, value, style in shown:
        say(f"{click.style(f'{label:<{widest}}', dim=True)}  {click.style(value, **style)}")


def paragraph(text: str, indent: str = "") -> str:
    """The text fitted to a terminal, with its further lines indented; one line in a pipe."""
    if not is_terminal():
        return text
    width = min(shutil.get_terminal_size().columns, _READABLE) - len(indent)
    return f"\n{indent}".join(wrap(text, width))


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells; a word that is too long is cut."""
    from rich.cells import cell_len, set_cell_size

    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        while cell_len(word) > width:
            head = set_cell_size(word, width).rstrip()
            lines.append(head)
            word = word[len(head) :]
        lines.append(word)
    return [line for line in lines if line] or [""]


def hint(text: str) -> None:
    """What to do next, for a person: to stderr, so that no program reads it as a result."""
    click.echo(click.style(text, dim=True), err=True)


def json_line(value: Mapping[str, Any]) -> None:
    """One JSON object on a line of its own."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_json_value))


def _json_value(value: object) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)
