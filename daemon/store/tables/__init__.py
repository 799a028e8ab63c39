"""All tables: catalogue, people, queue and history."""

from __future__ import annotations

from daemon.store.tables.base import Base
from daemon.store.tables.catalogue import (
    AnalysisResult,
    ContentUpdate,
    MonitoredSite,
    PriceAlert,
    PriceCheck,
    Product,
    Rating,
    User,
)
from daemon.store.tables.days import CheckDay, CountedAttempts, ModelSpend, PriceDay
from daemon.store.tables.history import Attempt, Content, PriceSource, Snapshot
from daemon.store.tables.people import (
    ApiToken,
    AuditEntry,
    Destination,
    Identity,
    LoginFailure,
    LoginFlow,
    LoginLink,
    Password,
    SigningKey,
    WebSession,
)
from daemon.store.tables.queue import Host, HostShard, Notice, Page, Run

__all__ = [
    "CONTENT_USES",
    "AnalysisResult",
    "ApiToken",
    "Attempt",
    "AuditEntry",
    "Base",
    "CheckDay",
    "Content",
    "ContentUpdate",
    "CountedAttempts",
    "Destination",
    "Host",
    "HostShard",
    "Identity",
    "LoginFailure",
    "LoginFlow",
    "LoginLink",
    "ModelSpend",
    "MonitoredSite",
    "Notice",
    "Page",
    "Password",
    "PriceAlert",
    "PriceCheck",
    "PriceDay",
    "PriceSource",
    "Product",
    "Rating",
    "Run",
    "SigningKey",
    "Snapshot",
    "User",
    "WebSession",
]

# Every column that refers to a content.
CONTENT_USES = tuple(
    column
    for table in Base.metadata.sorted_tables
    for column in table.c
    if column.references(Content.__table__.c.hash)
)
