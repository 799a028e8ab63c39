"""Prices over time: statistics and alerts from an offer and its history."""

from __future__ import annotations

from daemon.model.product import (
    AlertIntent,
    AlertKind,
    AlertRules,
    AlertState,
    Decision,
    PricePoint,
    Quarantine,
)
from daemon.prices.alerts import decide_alerts
from daemon.prices.look import judge_offer, unread, with_evidence
from daemon.prices.statistics import Statistics, statistics

__all__ = [
    "AlertIntent",
    "AlertKind",
    "AlertRules",
    "AlertState",
    "Decision",
    "PricePoint",
    "Quarantine",
    "Statistics",
    "decide_alerts",
    "judge_offer",
    "statistics",
    "unread",
    "with_evidence",
]
