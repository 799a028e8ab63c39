"""Asks a model about waiting changes, and stores its view or why there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from daemon.backoff import Backoff
from daemon.config.sections import AnalysisConfig
from daemon.fetch.posting import Poster
from daemon.llm import (
    AnswerError,
    Grade,
    Masks,
    ModelAnswer,
    Question,
    Subject,
    Wording,
    believed,
    merged,
    question_of,
    read_answer,
    to_builtins,
    tokens_of,
)
from daemon.logs.logger import get_logger
from daemon.model.change import ChangeType
from daemon.model.errors import FetchError, StoreError
from daemon.model.status import ErrorClass
from daemon.pipeline.releasing import retell
from daemon.runtime.loop import Loop
from daemon.runtime.observer import UNOBSERVED, Observer
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.queue import awaiting_llm as store
from daemon.store.queue.awaiting_llm import Opinion, Pending, Spending

log = get_logger(__name__)

Ask = Callable[[bytes], Awaitable[bytes]]

_BACKOFF = Backoff(30.0, 6 * 3600.0, factor=4.0)
_CHARACTERS_PER_TOKEN = 3  # errs on the side of too many tokens
_MICROS = 1_000_000
# After these it is unknown whether the server worked and charged.
_UNKNOWN = frozenset({ErrorClass.TIMEOUT, ErrorClass.TRUNCATED, ErrorClass.PROTOCOL})
_STANDING = frozenset({ErrorClass.AUTH, ErrorClass.HTTP_4XX, ErrorClass.GONE, ErrorClass.BLOCKED})


@dataclass(frozen=True, slots=True)
class Budget:
    """The monthly budget. Units: prices are per million tokens."""

    monthly_tokens: int = 0
    monthly_cost: float = 0.0
    input_price: float = 0.0
    output_price: float = 0.0

    @property
    def limits(self) -> Spending:
        return Spending(self.monthly_tokens, round(self.monthly_cost * _MICROS))

    def of(self, tokens_in: int, tokens_out: int) -> Spending:
        """The spending for so many tokens."""
        # A price per million tokens is in millionths per token.
        cost = tokens_in * self.input_price + tokens_out * self.output_price
        return Spending(tokens_in + tokens_out, round(cost))


@dataclass(frozen=True, slots=True)
class LlmWorkerSettings:
    """How a model is asked, how often, and what it may cost."""

    wording: Wording
    budget: Budget = Budget()
    tries: int = 4
    concurrency: int = 1
    lease: timedelta = timedelta(minutes=5)

    @classmethod
    def from_config(cls, section: AnalysisConfig) -> LlmWorkerSettings:
        """What the section says."""
        wording = Wording(
            model=section.model,
            max_input_characters=section.max_input_characters,
            max_output_tokens=section.max_output_tokens,
            response_format=section.response_format,
            intent=section.intent,
            masks=Masks(section.mask_emails, section.mask_phones, section.mask_tokens),
        )
        budget = Budget(
            section.monthly_tokens, section.monthly_cost, section.input_price, section.output_price
        )
        lease = timedelta(seconds=2 * section.timeout_seconds + 60)
        return cls(wording, budget, section.tries, section.concurrency, lease)


def asking(section: AnalysisConfig, poster: Poster) -> Ask:
    """How the model is reached that the section names."""
    key = section.api_key.get_secret_value()
    headers = {"content-type": "application/json"}
    if key:
        headers["authorization"] = f"Bearer {key}"

    async def ask(body: bytes) -> bytes:
        address = f"{section.url}/chat/completions"
        return await poster.ask(address, body, headers, section.timeout_seconds)

    return ask


class LlmWorker:
    """Asks a model about changes, one after another, without losing the rules' result.

    Errors: none but cancellation; a database error ends a round, not the loop.
    """

    def __init__(
        self,
        database: Database,
        run_id: UUID,
        ask: Ask,
        settings: LlmWorkerSettings,
        clock: Callable[[], datetime],
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._database = database
        self._run_id = run_id
        self._ask = ask
        self._settings = settings
        self._clock = clock
        self._observer = observer
        self._loop = Loop(lambda exc: log.error("analysis_stopped", reason=str(exc)))

    def stop(self) -> None:
        """Start nothing new: `serve` returns when the pending question is answered."""
        self._loop.stop()

    def tick(self) -> None:
        """Wake it, as changes may be waiting."""
        self._loop.wake()

    async def serve(self) -> None:
        """Work at every tick until nothing waits; ends when cancelled or stopped."""
        await self._loop.serve(self.step)

    async def step(self) -> int:
        """Ask about a few waiting changes; returns how many there were.

        Errors: StoreError.
        """
        settings = self._settings
        async with self._database.reading() as session:
            if not await store.is_waiting(session):
                return 0
        async with self._database.writing() as session:
            claimed = await store.claim_pending(
                session, self._run_id, settings.concurrency, settings.lease
            )
        try:
            async with asyncio.TaskGroup() as group:
                for pending in claimed:
                    group.create_task(self._look_at(pending), name=f"analysis {pending.id}")
        except* StoreError as exc:
            first = exc.exceptions[0]
            passes = isinstance(first, StoreError) and first.is_transient
            raise StoreError(str(first), is_transient=passes) from exc
        return len(claimed)

    async def _look_at(self, pending: Pending) -> None:
        try:
            await self._judge(pending)
        except StoreError:
            raise
        # The bulkhead: a bug triggered by one change must not stop the others.
        except Exception as exc:
            log.exception("analysis_broken", change=str(pending.id))
            await self._give_up(pending, "failed", f"a bug: {type(exc).__name__}")

    async def _judge(self, pending: Pending) -> None:
        question = question_of(_subject(pending), self._settings.wording)
        if not question.lines:
            await self._give_up(pending, "skipped", "no line went or came that could be shown")
            return
        async with self._database.reading() as session:
            known = await store.answer_to(session, question.key)
        if known is not None:
            self._observer.on_asked("cached", Spending())
            await self._keep(pending, question, msgspec.convert(known, ModelAnswer), is_cached=True)
            return
        await self._ask_about(pending, question)

    async def _ask_about(self, pending: Pending, question: Question) -> None:
        month, budget = f"{self._clock():%Y-%m}", self._settings.budget
        tokens_in = question.characters // _CHARACTERS_PER_TOKEN
        asked = budget.of(tokens_in, self._settings.wording.max_output_tokens)
        async with self._database.writing() as session:
            if not await store.reserve(session, month, asked, budget.limits):
                await _end(session, pending, "skipped", "the month's budget is used up")
                log.warning("analysis_budget_used_up", month=month)
                return
        try:
            body = await self._ask(question.body)
        except FetchError as exc:
            spent = asked if exc.error_class in _UNKNOWN else Spending()
            await self._settle(month, asked, spent)
            self._observer.on_asked("failed", spent)
            await self._put_off(pending, exc)
            return
        counted = tokens_of(body)
        spent = budget.of(*counted) if counted else asked
        await self._settle(month, asked, spent)
        try:
            answer = read_answer(body)
        except AnswerError as exc:
            self._observer.on_asked("unreadable", spent)
            await self._put_off(pending, exc)
            return
        self._observer.on_asked("answered", spent)
        await self._keep(pending, question, answer, is_cached=False)

    async def _keep(
        self, pending: Pending, question: Question, answer: ModelAnswer, *, is_cached: bool
    ) -> None:
        found = believed(answer, question.lines, question.known)
        grade = merged(_grade(pending), answer, found)
        insights = {
            "summary": to_builtins(found.summary),
            "insights": to_builtins(found.insights),
            "lines": list(question.lines),
            "dropped": found.dropped,
            "matches_intent": answer.matches_intent,
            "is_cached": is_cached,
            "answer": msgspec.to_builtins(answer),
        }
        opinion = Opinion(
            analyser=self._settings.wording.model,
            change_type=grade.change_type,
            is_significant=grade.is_significant,
            confidence_score=grade.confidence_score,
            category=grade.category,
            summary=grade.summary,
            insights=insights,
            prompt_hash=question.key,
        )
        async with self._database.writing() as session:
            is_kept = await store.keep_opinion(session, pending, opinion)
            if is_kept:
                told = opinion.grade | {"analyser": opinion.analyser}
                await retell(session, pending.id, told)
        log.info("analysed", change=str(pending.id), kept=is_kept, dropped=found.dropped)

    async def _settle(self, month: str, asked: Spending, spent: Spending) -> None:
        async with self._database.writing() as session:
            await store.settle(session, month, asked, spent)

    async def _put_off(self, pending: Pending, trouble: FetchError | AnswerError) -> None:
        """Schedule a retry, unless it was the last try or the answer would not change."""
        is_permanent = isinstance(trouble, FetchError) and trouble.error_class in _STANDING
        log.warning("analysis_failed", change=str(pending.id), reason=str(trouble))
        if is_permanent or pending.tries >= self._settings.tries:
            await self._give_up(pending, "failed", str(trouble))
            return
        async with self._database.writing() as session:
            await store.put_off(session, pending, pause_seconds(pending, trouble), str(trouble))

    async def _give_up(self, pending: Pending, status: str, detail: str) -> None:
        async with self._database.writing() as session:
            await _end(session, pending, status, detail)


async def _end(session: DatabaseSession, pending: Pending, status: str, detail: str) -> None:
    """End the wait without a model's view; what was held for it says what the rules say."""
    if await store.give_up(session, pending, status, detail):
        await retell(session, pending.id, {})


def pause_seconds(pending: Pending, trouble: Exception) -> float:
    """How long to wait before the next try: four times longer each, or as the server asks."""
    asked = trouble.retry_after_seconds if isinstance(trouble, FetchError) else None
    wait = max(_BACKOFF.wait_seconds(pending.tries), asked or 0.0)
    return min(wait, _BACKOFF.ceiling_seconds)


def _subject(pending: Pending) -> Subject:
    return Subject(
        site_name=pending.site_name,
        url=pending.url,
        title=pending.title,
        change_type=pending.change_type,
        category=pending.category,
        summary=pending.summary,
        diff=pending.diff,
        intent=pending.intent,
    )


def _grade(pending: Pending) -> Grade:
    return Grade(
        ChangeType(pending.change_type),
        pending.is_significant,
        pending.confidence_score,
        pending.category,
        pending.summary,
        pending.is_asked_for,
    )
