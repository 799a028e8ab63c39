"""All tables: what people own, what is fetched, what was seen, and what is to be told."""

from __future__ import annotations

from daemon.store.tables.base import Base
from daemon.store.tables.days import CheckDay, ModelSpend, PriceDay
from daemon.store.tables.kept import (
    Attempt,
    Content,
    Host,
    HostShard,
    Notice,
    Page,
    PriceSource,
    Run,
    Snapshot,
)
from daemon.store.tables.owned import (
    AnalysisResult,
    ContentUpdate,
    MonitoredSite,
    PriceAlert,
    PriceCheck,
    Product,
    Rating,
    User,
)

__all__ = [
    "AnalysisResult",
    "Attempt",
    "Base",
    "CheckDay",
    "Content",
    "ContentUpdate",
    "Host",
    "HostShard",
    "ModelSpend",
    "MonitoredSite",
    "Notice",
    "Page",
    "PriceAlert",
    "PriceCheck",
    "PriceDay",
    "PriceSource",
    "Product",
    "Rating",
    "Run",
    "Snapshot",
    "User",
]
