"""Merges the rules' grade with the believed parts of a model's answer."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.llm.answer import Believed, ModelAnswer
from daemon.model.change import ChangeType

PROTECTED = frozenset({"price", "availability", "security", "presence", "condition"})
_LEVELS = tuple(ChangeType)
_NO_IDEA = 0.5


@dataclass(frozen=True, slots=True)
class Grade:
    """How much a change matters, its category, and its summary."""

    change_type: ChangeType
    is_significant: bool
    confidence_score: float | None
    category: str
    summary: str
    is_asked_for: bool = False  # by its owner, as a value or a condition


def merged(rules: Grade, answer: ModelAnswer, found: Believed) -> Grade:
    """The rules' grade, moved as far as a model may.

    Shape: at most one step, never down for prices, stock, security and what an owner chose or
           asked for, and not at all without a supported sentence. Where the two disagree on what
           matters, confidence is 0.5.
    """
    if not (found.summary or found.insights):
        return rules
    level = _moved(rules, answer)
    significant = level >= _LEVELS.index(ChangeType.MODERATE)
    agreed = significant == rules.is_significant
    is_kept = rules.category in PROTECTED or answer.category in PROTECTED
    return Grade(
        _LEVELS[level],
        significant,
        rules.confidence_score if agreed else _NO_IDEA,
        rules.category if is_kept else answer.category,
        " ".join(one.text for one in found.summary) or rules.summary,
    )


def _moved(rules: Grade, answer: ModelAnswer) -> int:
    here = _LEVELS.index(rules.change_type)
    # A recorded change is at least minor.
    wanted = 0 if answer.importance == "none" else _LEVELS.index(ChangeType(answer.importance))
    if rules.is_asked_for or rules.category in PROTECTED:
        wanted = max(wanted, here)
    return min(max(wanted, here - 1), here + 1)
