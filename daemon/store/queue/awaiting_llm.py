"""The queue of changes that wait for a model, and the model's budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.change import ASKED_FOR
from daemon.store.core.json_columns import rules_from_json
from daemon.store.tables import AnalysisResult, ContentUpdate, ModelSpend, MonitoredSite
from daemon.store.tables.ids import new_id
from daemon.store.tables.types import db_now, insert_for


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits for a model, held under a lease."""

    id: UUID
    lease_token: int
    tries: int
    change_type: str
    is_significant: bool
    confidence_score: float | None
    category: str
    summary: str
    title: str
    diff: str
    site_name: str
    url: str
    intent: str
    is_asked_for: bool = False  # by its owner, as a value or a condition


@dataclass(frozen=True, slots=True)
class Opinion:
    """A model's view of a change, and the resulting grade."""

    analyser: str
    change_type: str
    is_significant: bool
    confidence_score: float | None
    category: str
    summary: str
    insights: dict[str, Any]
    prompt_hash: str

    @property
    def grade(self) -> dict[str, Any]:
        """The resulting grade, by column."""
        return {
            "change_type": self.change_type,
            "is_significant": self.is_significant,
            "confidence_score": self.confidence_score,
            "category": self.category,
            "summary": self.summary,
        }


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens and money, in millionths of its unit; as a limit, 0 means none."""

    tokens: int = 0
    cost_micros: int = 0


_waits = and_(
    ContentUpdate.analysis_status == "pending",
    ContentUpdate.analysis_next_at <= db_now(),
    or_(ContentUpdate.leased_until.is_(None), ContentUpdate.leased_until < db_now()),
)


async def is_waiting(session: AsyncSession) -> bool:
    """Whether any change waits for a model: a cheap query that blocks no writer."""
    return await session.scalar(select(ContentUpdate.id).where(_waits).limit(1)) is not None


async def count_pending(session: AsyncSession) -> int:
    """How many changes wait for a model."""
    query = select(func.count()).where(ContentUpdate.analysis_status == "pending")
    return await session.scalar(query) or 0


async def claim_pending(
    session: AsyncSession, run_id: UUID, limit: int, lease: timedelta
) -> list[Pending]:
    """Take the changes that have waited longest, under a lease by the database's clock."""
    wanted = select(ContentUpdate.id).where(_waits).order_by(ContentUpdate.analysis_next_at)
    chosen = wanted.limit(limit).with_for_update(skip_locked=True).cte("chosen")
    claimed = await session.scalars(
        update(ContentUpdate)
        .where(ContentUpdate.id.in_(select(chosen.c.id)))
        .values(
            leased_by=run_id,
            leased_until=db_now(lease.total_seconds()),
            lease_token=ContentUpdate.lease_token + 1,
            analysis_tries=ContentUpdate.analysis_tries + 1,
        )
        .returning(ContentUpdate.id)
        .execution_options(synchronize_session=False)
    )
    return await _pending(session, claimed.all())


async def _pending(session: AsyncSession, ids: Sequence[UUID]) -> list[Pending]:
    if not ids:
        return []
    rows = await session.execute(
        select(ContentUpdate, MonitoredSite.name, MonitoredSite.url, MonitoredSite.rules)
        .join(MonitoredSite, MonitoredSite.id == ContentUpdate.site_id)
        .where(ContentUpdate.id.in_(ids))
        .order_by(ContentUpdate.analysis_next_at, ContentUpdate.id)
        .execution_options(populate_existing=True)
    )
    return [_one(found, name, url, rules) for found, name, url, rules in rows]


def _one(found: ContentUpdate, name: str, url: str, rules: dict[str, Any]) -> Pending:
    return Pending(
        id=found.id,
        lease_token=found.lease_token,
        tries=found.analysis_tries,
        change_type=found.change_type,
        is_significant=found.is_significant,
        confidence_score=found.confidence_score,
        category=found.category or "",
        summary=found.summary or "",
        title=found.title or "",
        diff=found.raw_content or "",
        site_name=name,
        url=url,
        intent=rules_from_json(rules).intent,
        is_asked_for=any(reason.get("signal") in ASKED_FOR for reason in found.reasons),
    )


async def keep_opinion(session: AsyncSession, pending: Pending, opinion: Opinion) -> bool:
    """Store a model's view and the resulting grade; False when the lease was lost."""
    grade = opinion.grade
    if not await _end(session, pending, analysis_status="done", analysis_detail=None, **grade):
        return False
    await session.execute(
        delete(AnalysisResult).where(
            AnalysisResult.content_update_id == pending.id,
            AnalysisResult.analyser == opinion.analyser,
        )
    )
    await session.execute(
        insert(AnalysisResult).values(
            id=new_id(),
            content_update_id=pending.id,
            analyser=opinion.analyser,
            insights=opinion.insights,
            prompt_hash=opinion.prompt_hash,
            **grade,
        )
    )
    return True


async def give_up(session: AsyncSession, pending: Pending, status: str, detail: str) -> bool:
    """End the wait without a model's view: `failed` or `skipped`, and why."""
    return await _end(session, pending, analysis_status=status, analysis_detail=detail)


async def put_off(session: AsyncSession, pending: Pending, seconds: float, detail: str) -> bool:
    """Defer a change by this many seconds."""
    return await _end(session, pending, analysis_next_at=db_now(seconds), analysis_detail=detail)


async def _end(session: AsyncSession, pending: Pending, **values: Any) -> bool:
    done = await session.execute(
        update(ContentUpdate)
        .where(ContentUpdate.id == pending.id, ContentUpdate.lease_token == pending.lease_token)
        .values(leased_by=None, leased_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return _count(done) == 1


async def skip_pending(session: AsyncSession, seconds: float, detail: str) -> int:
    """Skip changes that have been untouched for so long; returns how many."""
    done = await session.execute(
        update(ContentUpdate)
        .where(
            ContentUpdate.analysis_status == "pending",
            ContentUpdate.analysis_next_at < db_now(-seconds),
        )
        .values(analysis_status="skipped", analysis_detail=detail)
        .execution_options(synchronize_session=False)
    )
    return _count(done)


async def answer_to(session: AsyncSession, prompt_hash: str) -> dict[str, Any] | None:
    """The stored answer to the same question."""
    found: dict[str, Any] | None = await session.scalar(
        select(AnalysisResult.insights)
        .where(AnalysisResult.prompt_hash == prompt_hash)
        .order_by(AnalysisResult.created_at.desc())
        .limit(1)
    )
    return (found or {}).get("answer")


async def reserve(session: AsyncSession, month: str, wanted: Spending, limits: Spending) -> bool:
    """Reserve this much of a month's budget; False when too little is left."""
    connection = await session.connection()
    await session.execute(
        insert_for(connection, ModelSpend).values(month=month).on_conflict_do_nothing()
    )
    fits = [ModelSpend.month == month]
    if limits.tokens:
        fits.append(ModelSpend.tokens + wanted.tokens <= limits.tokens)
    if limits.cost_micros:
        fits.append(ModelSpend.cost_micros + wanted.cost_micros <= limits.cost_micros)
    done = await session.execute(
        update(ModelSpend)
        .where(*fits)
        .values(
            tokens=ModelSpend.tokens + wanted.tokens,
            cost_micros=ModelSpend.cost_micros + wanted.cost_micros,
            requests=ModelSpend.requests + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return _count(done) == 1


async def settle(session: AsyncSession, month: str, reserved: Spending, spent: Spending) -> None:
    """Replace the reservation by what was really spent."""
    await session.execute(
        update(ModelSpend)
        .where(ModelSpend.month == month)
        .values(
            tokens=ModelSpend.tokens + (spent.tokens - reserved.tokens),
            cost_micros=ModelSpend.cost_micros + (spent.cost_micros - reserved.cost_micros),
        )
        .execution_options(synchronize_session=False)
    )


def _count(done: Any) -> int:
    counted: CursorResult[Any] = done
    return counted.rowcount
