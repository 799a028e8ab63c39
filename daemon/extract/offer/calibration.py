"""How often each kind of evidence was right, as a probability."""

from __future__ import annotations

# (right, seen) by kind of evidence, counted on 59 recorded pages; those of real shops were also
# read without their markup and without their visible text.
COUNTS: dict[str, tuple[int, int]] = {
    "hint": (1, 1),
    "agreed": (49, 51),
    "markup_seen": (0, 1),
    "markup_sale": (3, 3),
    "markup_unseen": (38, 40),
    "visible_clear": (33, 33),
    "visible_close": (13, 14),
    "visible_weak": (3, 3),
    "free": (0, 0),
    "attribute": (0, 0),
    "prose": (0, 0),
    "none_refused": (1, 1),
    "none_request": (1, 1),
    "none_out": (1, 3),
    "none_weak": (1, 5),
    "none_empty": (1, 3),
}
# What a kind is worth before anything is counted, as a beta prior with this mean and weight.
# The means are below the counts where the counted pages are too few, or known to be easy.
PRIORS: dict[str, float] = {
    "hint": 0.97,
    "agreed": 0.96,
    "markup_seen": 0.85,
    "markup_sale": 0.85,
    "markup_unseen": 0.86,
    "visible_clear": 0.86,
    "visible_close": 0.7,
    "visible_weak": 0.45,
    "free": 0.7,
    "attribute": 0.55,
    "prose": 0.42,
    "none_refused": 0.93,
    "none_request": 0.85,
    "none_out": 0.75,
    "none_weak": 0.35,
    "none_empty": 0.6,
}
PRIOR_WEIGHT = 12.0
EACH_DOUBT = 0.92


def confidence_of(kind: str, doubts: int = 0) -> float:
    """The chance that a price read on this kind of evidence is right, less for each doubt."""
    right, seen = COUNTS[kind]
    rate = (right + PRIOR_WEIGHT * PRIORS[kind]) / (seen + PRIOR_WEIGHT)
    return round(min(0.99, max(0.02, rate * EACH_DOUBT**doubts)), 3)
