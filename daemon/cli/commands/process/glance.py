"""Shows one reading of a URL that is no site, and how to watch it."""

from __future__ import annotations

from shlex import quote
from typing import Any

import click

from daemon.cli.terminal.report import (
    condition_lines,
    final_url,
    missing_lines,
    outcome_json,
    outcome_lines,
)
from daemon.cli.terminal.show import DIM, STRONG, Clean, hint, json_line, say
from daemon.display.times import seconds
from daemon.display.words import count
from daemon.model.outcome import Outcome, StateDraft
from daemon.packing import unpack
from daemon.wording import byte_size

_LINES = 20
_COLUMNS = 200
_JSON_CHARACTERS = 4000


def show_glance(outcome: Outcome, clean: Clean, options: str, *, as_json: bool) -> None:
    """Print the outcome, for a person or as one JSON object; `options` were tried out."""
    state = outcome.sites[0].state if outcome.sites else None
    if as_json:
        [shown] = outcome_json(outcome, clean)
        json_line(shown | _reading(state, clean))
    elif state is None:
        for line in outcome_lines(outcome, clean):
            say(line)
    else:
        _show(outcome, state, clean)
        url = quote(clean.url(outcome.page.request.url))
        hint(f"\nto watch it: changelogger sites add {url}{options}")


def _reading(state: StateDraft | None, clean: Clean) -> dict[str, Any]:
    if state is None:
        return {"is_site": False}
    text = _text(state, clean)
    return {
        "is_site": False,
        "kind": state.kind,
        "title": clean.line(state.title),
        "characters": len(text),
        "text": text[:_JSON_CHARACTERS],
        "flags": list(state.flags),
    }


def _show(outcome: Outcome, state: StateDraft, clean: Clean) -> None:
    text = _text(state, clean)
    lines = text.splitlines()
    facts = [state.kind, count(len(lines), "line"), *state.flags]
    facts += [
        str(outcome.answer_status),
        seconds(outcome.elapsed_seconds),
        byte_size(outcome.received_bytes),
    ]
    say(click.style(clean.line(state.title) or "(no title)", **STRONG))
    say(clean.url(final_url(outcome)), DIM)
    say(" · ".join(facts), DIM)
    say()
    site = outcome.sites[0]
    for line in (*missing_lines(site, clean), *condition_lines(site.conditions, clean)):
        say(line)
    for line in lines[:_LINES]:
        say(f"  {line[:_COLUMNS]}{'…' * (len(line) > _COLUMNS)}")
    if len(lines) > _LINES:
        say(f"  … {count(len(lines) - _LINES, 'more line')}", DIM)


def _text(state: StateDraft, clean: Clean) -> str:
    return clean.text(unpack(state.text.data).decode()) if state.text else ""
