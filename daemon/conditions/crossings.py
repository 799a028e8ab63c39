"""Decides what crossed since a condition was last told, and how each of them stands now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from daemon.conditions.values import Condition, Observed
from daemon.model.change import ChangeType, Finding, Reason
from daemon.model.site import Standing
from daemon.wording import listed

CATEGORY = "condition"
CONDITION = "condition"  # the signal of its reasons
_ANALYSER = "conditions/1"
_SURE = 0.99
_NOTHING = Finding(None, False, _SURE, CATEGORY, "", (), _ANALYSER)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A condition that began or ceased to hold, or a number that moved: one sentence for people.

    Shape: `is_going` when something that was there no longer is.
    """

    condition: Condition
    sentence: str
    is_going: bool = False


def crossings(
    conditions: Iterable[Condition],
    known: Mapping[str, Standing],
    observed: Sequence[Observed],
    now: datetime,
) -> tuple[tuple[Crossing, ...], dict[str, Standing]]:
    """What crossed, and how all conditions stand now.

    Shape: a condition that is not known yet only begins to stand; where it cannot be told, what
           is known stays what the next observation is compared with.
    """
    by_key = {one.key: one for one in observed}
    crossed: list[Crossing] = []
    standings: dict[str, Standing] = {}
    for condition in conditions:
        before, seen = known.get(condition.key), by_key.get(condition.key)
        if seen is None:
            standings |= {condition.key: before} if before else {}
        elif before is None:
            standings[condition.key] = _begun(seen, now)
        else:
            found = _crossing(condition, before, seen)
            standings[condition.key] = _stands(
                condition, before, seen, now, has_crossed=bool(found)
            )
            crossed += [found] if found else []
    return tuple(crossed), standings


def told(finding: Finding | None, crossed: Sequence[Crossing]) -> Finding:
    """The finding with what crossed before all else: that is what the owner asked to hear."""
    finding = finding or _NOTHING
    said = tuple(dict.fromkeys(one.sentence for one in crossed))
    summary = f"{listed(said, 3)}."
    is_change = finding.change_type is not None
    grade = finding.change_type if is_change else ChangeType.MINOR
    return replace(
        finding,
        change_type=ChangeType.MODERATE if grade is ChangeType.MINOR else grade,
        is_significant=True,
        confidence_score=_SURE,
        category=CATEGORY,
        summary=f"{summary} {finding.summary}" if is_change else summary,
        reasons=(*(Reason(CONDITION, 0.0, _reason(one)) for one in crossed), *finding.reasons),
        conditions=said,
    )


def _reason(one: Crossing) -> str:
    return f"{one.condition.place} was asked for: {one.sentence}"


def _begun(seen: Observed, now: datetime) -> Standing:
    return Standing(now, seen.holds, seen.number, seen.shown, seen.problem)


def _stands(
    condition: Condition, before: Standing, seen: Observed, now: datetime, *, has_crossed: bool
) -> Standing:
    if seen.problem:
        since = before.since if before.problem else now
        return replace(before, since=since, problem=seen.problem)
    is_decided = before.holds is None and seen.holds is not None
    since = now if has_crossed or is_decided or before.problem else before.since
    # An amount by which a number changes is counted from the one that was told last.
    is_held_back = condition.option == "changes_by" and before.number and not has_crossed
    number, shown = (before.number, before.shown) if is_held_back else (seen.number, seen.shown)
    return Standing(since, seen.holds, number, shown)


def _crossing(condition: Condition, before: Standing, seen: Observed) -> Crossing | None:
    if seen.problem:
        return None
    if seen.holds is None:
        return _moved(condition, before, seen) if before.number else None
    if before.holds is None or before.holds is seen.holds:
        return None
    if condition.bound is not None:
        return Crossing(condition, _of_bound(condition, before, seen))
    is_there = seen.holds is not (condition.option == "disappears")
    return Crossing(condition, _of_presence(condition, seen, is_there=is_there), not is_there)


def _of_bound(condition: Condition, before: Standing, seen: Observed) -> str:
    verb = "is" if seen.holds else "is no longer"
    bound = f"{condition.bound:f}"
    return f"{seen.shown} {verb} {condition.option} {bound} (was {_was(condition, before)})"


def _was(condition: Condition, before: Standing) -> str:
    return before.number if condition.is_counted else before.shown


def _of_presence(condition: Condition, seen: Observed, *, is_there: bool) -> str:
    names = listed([repr(target.text) for target in condition.targets], 3)
    if condition.option == "contains":
        return f"{names}: all there now" if is_there else f"{names}: not all there, {seen.shown}"
    if not is_there:
        return f"{names} disappeared"
    same = seen.shown.casefold() == condition.targets[0].text.casefold()
    return f"{names} appeared" + (f": {_quoted(seen.shown)}" if seen.shown and not same else "")


def _quoted(text: str) -> str:
    return f"“{text}”"


def _moved(condition: Condition, before: Standing, seen: Observed) -> Crossing | None:
    """A count that is another, or a number that moved by as much as was asked for."""
    old, new = Decimal(before.number), Decimal(seen.number)
    if old == new:
        return None
    if condition.bound is None:
        return Crossing(condition, f"{seen.shown}, was {old:f}", is_going=new < old)
    step = abs(new - old)
    least = condition.bound * abs(old) / 100 if condition.is_percent else condition.bound
    if step < least:
        return None
    by = f"{step / abs(old):.1%}" if condition.is_percent and old else f"{step:f}"
    asked = f"{condition.bound:f}{' %' if condition.is_percent else ''}"
    said = f"{seen.shown} differs from {_was(condition, before)} by {by}, at least {asked}"
    return Crossing(condition, said)
