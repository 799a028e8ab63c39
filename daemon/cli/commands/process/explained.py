"""Shows how a page is read, step by step, and which rule took what."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

from daemon.cli.terminal.report import condition_lines, conditions_json
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    PLAIN,
    STRONG,
    WARM,
    Clean,
    Style,
    json_line,
    say,
    wrap,
)
from daemon.display.words import count
from daemon.extract.explain.values import Amount, Effect, Explained, Step
from daemon.model.response import Response
from daemon.pipeline.explaining import PageExplained, SiteExplained

_WIDEST = 100
_INDENT = "   "
_OF_BYTES = frozenset({"decode", "discover", "file"})  # steps that are given bytes, not lines


def show_explained(one: PageExplained, clean: Clean, *, as_json: bool) -> None:
    """Print how each site of a page reads it, for a person or as one JSON object for each."""
    if as_json:
        for row in _as_json(one, clean):
            json_line(row)
    elif one.response is None:
        say(_named(one, clean), STRONG)
        if one.error is not None:
            _say_wrapped(f"{one.error.error_class}: {clean.line(one.error.detail)}", BAD)
    else:
        for shown in one.sites:
            _show_site(shown, one.response, clean)


def has_failed(one: PageExplained) -> bool:
    """Whether the page could not be fetched, or a site of it not be read."""
    return one.error is not None or any(shown.explained.error_class for shown in one.sites)


def _named(one: PageExplained, clean: Clean) -> str:
    return clean.line(", ".join(one.page.names)) or clean.url(one.page.request.url)


def _show_site(one: SiteExplained, response: Response, clean: Clean) -> None:
    explained = one.explained
    say(clean.line(one.site.name), STRONG)
    say(clean.url(response.document.url), DIM)
    for number, step in enumerate(explained.steps, 1):
        say()
        _show_step(number, step, clean)
    say()
    if idle := _idle(explained):
        told = ", ".join(clean.line(f"{one.rule} {one.written!r}") for one in idle)
        _say_wrapped(f"matched nothing: {told}", WARM)
    if explained.error_class:
        _say_wrapped(f"{explained.error_class}: {clean.line(explained.error_detail)}", BAD)
    else:
        _say_wrapped(" · ".join((f"read as {explained.kind}", *explained.flags)), DIM)
    for line in condition_lines(one.conditions, clean):
        say(line)
    say()


def _show_step(number: int, step: Step, clean: Clean) -> None:
    say(f"{number:>2} {step.name}", STRONG)
    _say_wrapped(clean.line(_amounts(step)))
    for effect in step.effects:
        _show_effect(effect, clean)
    for line in step.head:
        _say_cut(f"│ {clean.text(line)}", DIM)
    if (more := step.after.lines - len(step.head)) > 0 and step.head:
        say(f"{_INDENT}│ … {count(more, 'more line')}", DIM)


def _show_effect(effect: Effect, clean: Clean) -> None:
    _say_cut(clean.line(f"{effect.rule} {effect.written}"))
    if effect.problem:
        _say_wrapped(clean.line(effect.problem), BAD, "  ")
    elif not effect.matches:
        _say_wrapped("matches nothing", WARM, "  ")
    else:
        _say_cut(f"  {effect.matches:,} match{'' if effect.matches == 1 else 'es'}")
    for example in effect.examples:
        _say_cut(f"  · {clean.line(example)}", DIM)


def _amounts(step: Step) -> str:
    if step.name in _OF_BYTES:
        return f"{step.detail} → {_amount(step.after)}"
    detail = f"{step.detail}: " if step.detail else ""
    if step.before == step.after:
        return f"{detail}{_amount(step.after)}, as before"
    lines = f"{step.before.lines:,} → {count(step.after.lines, 'line')}"
    return (
        f"{detail}{lines}, {step.before.characters:,} → {count(step.after.characters, 'character')}"
    )


def _amount(amount: Amount) -> str:
    return f"{count(amount.lines, 'line')}, {count(amount.characters, 'character')}"


def _idle(explained: Explained) -> list[Effect]:
    """The rules that matched nothing."""
    effects = (effect for step in explained.steps for effect in step.effects)
    return [effect for effect in effects if not effect.matches and not effect.problem]


def _width() -> int:
    return min(shutil.get_terminal_size().columns, _WIDEST) - len(_INDENT)


def _say_wrapped(text: str, style: Style = PLAIN, indent: str = "") -> None:
    for line in wrap(text, _width() - len(indent)):
        say(f"{_INDENT}{indent}{line}", style)


def _say_cut(text: str, style: Style = PLAIN) -> None:
    """One line, cut where the terminal ends: what is shown of a page is only an example."""
    from rich.cells import cell_len, set_cell_size

    width = _width()
    fits = cell_len(text) <= width
    say(_INDENT + (text if fits else f"{set_cell_size(text, width - 1)}…"), style)


def _as_json(one: PageExplained, clean: Clean) -> Iterator[dict[str, Any]]:
    if one.response is None:
        error = one.error
        yield {
            "name": _named(one, clean),
            "url": clean.url(one.page.request.url),
            "error_class": error.error_class if error else None,
            "error_detail": clean.line(error.detail) if error else "",
        }
        return
    for shown in one.sites:
        explained = shown.explained
        yield {
            "name": clean.line(shown.site.name),
            "url": clean.url(one.response.document.url),
            "status": one.response.status,
            "content_type": one.response.document.content_type,
            "kind": explained.kind,
            "flags": list(explained.flags),
            "error_class": explained.error_class or None,
            "error_detail": clean.line(explained.error_detail),
            "matched_nothing": [effect.rule for effect in _idle(explained)],
            "steps": [_step_json(step, clean) for step in explained.steps],
            "conditions": conditions_json(shown.conditions, clean),
        }


def _step_json(step: Step, clean: Clean) -> dict[str, Any]:
    before: dict[str, int] = {"bytes": step.before.characters}
    if step.name not in _OF_BYTES:
        before = {"lines": step.before.lines, "characters": step.before.characters}
    return {
        "step": step.name,
        "detail": clean.line(step.detail),
        "before": before,
        "after": {"lines": step.after.lines, "characters": step.after.characters},
        "first_lines": [clean.text(line) for line in step.head],
        "rules": [_effect_json(effect, clean) for effect in step.effects],
    }


def _effect_json(effect: Effect, clean: Clean) -> dict[str, Any]:
    return {
        "rule": effect.rule,
        "written": clean.text(effect.written),
        "matches": effect.matches,
        "examples": [clean.line(example) for example in effect.examples],
        "problem": clean.line(effect.problem),
    }
