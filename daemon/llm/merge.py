"""The rules' grade and what may be believed of a model's answer in; the grade to keep out."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.llm.answer import Answer, Believed
from daemon.model.change import ChangeType

PROTECTED = frozenset({"price", "availability", "security"})
_LEVELS = tuple(ChangeType)
_NO_IDEA = 0.5


@dataclass(frozen=True, slots=True)
class Grade:
    """How much a change matters, what it is, and what is said of it."""

    change_type: ChangeType
    is_significant: bool
    confidence_score: float | None
    category: str
    summary: str


def merged(rules: Grade, answer: Answer, found: Believed) -> Grade:
    """The rules' grade, moved as far as a model may move it.

    Shape: one step at the most, never down for prices, stock and security, and not at all without
           a sentence that holds. Where the two disagree on what matters nobody can tell: 0.5.
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


def _moved(rules: Grade, answer: Answer) -> int:
    here = _LEVELS.index(rules.change_type)
    # What was recorded is at least minor.
    wanted = 0 if answer.importance == "none" else _LEVELS.index(ChangeType(answer.importance))
    if rules.category in PROTECTED:
        wanted = max(wanted, here)
    return min(max(wanted, here - 1), here + 1)
