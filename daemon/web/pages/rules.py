"""The page on which other rules are tried on a site's past, and then given to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daemon.model.site import Rules
from daemon.operations import editing
from daemon.operations.backtest import Backtest, LastReading
from daemon.operations.replay import Replayed
from daemon.web.answers import Answer, page, see_other
from daemon.web.asked.fields import RULES
from daemon.web.described import (
    NOTHING_WRONG,
    Wrong,
    WrongFormError,
    lines_of,
    names_of,
    rules_in,
    values_of,
    with_chosen,
    written_rules,
)
from daemon.web.pages.site import Head, head_of
from daemon.web.request import Request

TAKES = ("include", "exclude")
_MOST_ROWS = 100
_SHOWN_CHARACTERS = 3000
_NAMED_CHARACTERS = 200  # of a rule in an error


@dataclass(frozen=True, slots=True)
class Row:
    """A step that other rules judge otherwise."""

    one: Replayed
    summary: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What other rules would have made of a site's past, for the page.

    Shape: `lines` make these rules of the present ones in the site's table of the file.
    """

    done: Backtest
    rows: Sequence[Row]
    more: int
    missing: Sequence[str]
    text: str
    is_cut: bool
    lines: Sequence[str]


async def show_rules(request: Request) -> Answer:
    """The form with the present rules of a site."""
    head = await head_of(request, "rules")
    values = written_rules(head.shown.rules)
    for option in TAKES:
        if chosen := request.query.text(option):
            values[option] = with_chosen(values[option], chosen)
    return _form(head, values)


async def try_rules(request: Request) -> Answer:
    """The form again, beside what its rules make of the past; nothing is saved."""
    head = await head_of(request, "rules")
    values = values_of(RULES, request.form)
    try:
        rules = rules_in(request.config, request.form, head.shown.rules)
    except WrongFormError as exc:
        return _form(head, values, exc.wrong)
    word = str(head.shown.view.id)
    backtests, reading = request.context.backtests, request.context.reading
    done = await backtests.run(reading, request.viewer, word, rules)
    return _form(head, values, _blamed(rules, done.last), _shown(done, rules, head.shown.rules))


async def change_rules(request: Request) -> Answer:
    """Have a site read and judged by the rules of the form from now on."""
    head = await head_of(request, "rules")
    try:
        rules = rules_in(request.config, request.form, head.shown.rules)
    except WrongFormError as exc:
        return _form(head, values_of(RULES, request.form), exc.wrong)
    word = str(head.shown.view.id)
    database, viewer = request.database, request.viewer
    site = await editing.change_rules(database, viewer, word, rules, request.now)
    return see_other(head.path, f"{site.name} is read and judged by these rules from now on")


def _form(
    head: Head,
    values: Mapping[str, str],
    wrong: Wrong = NOTHING_WRONG,
    tried: Shown | None = None,
) -> Answer:
    return page(
        "site_rules.html",
        200 if wrong is NOTHING_WRONG else 400,
        head=head,
        sections=RULES,
        values=values,
        wrong=wrong,
        tried=tried,
    )


def _shown(done: Backtest, rules: Rules, present: Rules) -> Shown:
    rows = [_row(one) for one in done.steps if _differs(one)]
    return Shown(
        done,
        rows[:_MOST_ROWS],
        max(len(rows) - _MOST_ROWS, 0),
        [rules.unmatched(part) for part in done.last.missing],
        done.last.text[:_SHOWN_CHARACTERS],
        len(done.last.text) > _SHOWN_CHARACTERS,
        lines_of(present, rules),
    )


def _differs(one: Replayed) -> bool:
    return one.effect != "same" or (one.change_type is not None and one.summary != one.step.summary)


def _row(one: Replayed) -> Row:
    told = one.summary if one.change_type or one.effect == "fails" else one.step.summary
    return Row(one, told)


def _blamed(rules: Rules, last: LastReading) -> Wrong:
    """What is wrong with the rules that an error names, by their fields."""
    if not last.is_faulty:
        return NOTHING_WRONG
    named = [name for name in names_of(RULES) if _is_named(getattr(rules, name), last.problem)]
    return Wrong(dict.fromkeys(named, last.problem))


def _is_named(value: object, problem: str) -> bool:
    written = value if isinstance(value, tuple) else (value,)
    rules = (one[:_NAMED_CHARACTERS] for one in written if isinstance(one, str) and one)
    return any(repr(rule) in problem for rule in rules)
