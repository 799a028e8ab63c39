"""Delivers notices: releases held ones, claims due ones, sends and settles them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from daemon.alerting.destinations import id_in
from daemon.alerting.releasing import retry_at
from daemon.alerting.timing import after_quiet
from daemon.alerting.values import DIGEST
from daemon.backoff import Backoff
from daemon.bulkhead import contained
from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.model.errors import CheckError, NotifyError, StoreError
from daemon.notify.links import NO_LINKS, Links
from daemon.notify.mail import MOST_PICTURE_BYTES, Mail
from daemon.notify.render import own_words, words_of
from daemon.notify.values import Channel, Message
from daemon.operations.people.delivering import Destination, Places
from daemon.packing import unpack
from daemon.pipeline.releasing import release
from daemon.runtime.loop import Loop
from daemon.runtime.observer import UNOBSERVED, Observer
from daemon.store.core.database import Database
from daemon.store.core.json_columns import set_aside
from daemon.store.queue import notices
from daemon.store.queue.notices import Claimed, Settled
from daemon.store.queue.release import due_holders
from daemon.store.record.outbox import known_channels
from daemon.store.views.compared import picture_after
from daemon.wording import duration

log = get_logger(__name__)

_CHANNEL_BACKOFF = Backoff(5.0, 900.0)
_SETTLING_BACKOFF = Backoff(0.25, 5.0)
_GRACE = timedelta(minutes=10)
_ADDED_AT_ONCE = 16  # queues of destinations that people added, however many have something due
_NO_CHANNEL = "the configuration has no [[notify]] of this name any more"


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """The timeout and number of tries, how long a claim lasts, and what makes the links."""

    timeout_seconds: float = 30.0
    max_tries: int = 12
    lease: timedelta = timedelta(minutes=2)
    links: Links = NO_LINKS

    @classmethod
    def from_config(cls, config: Config, signing_key: bytes) -> SenderSettings:
        """What the configuration says; a claim holds for longer than a try."""
        seconds, links = config.notices.timeout_seconds, Links(config.web.public_url, signing_key)
        lease = timedelta(seconds=2 * seconds + 30)
        return cls(seconds, config.notices.max_tries, lease, links)


@dataclass(slots=True)
class _ChannelQueue:
    """The state of a channel in memory: whether it fails, and until when it rests."""

    failures: int = 0
    paused_until: datetime | None = None
    is_busy: bool = False


class Sender:
    """Sends due notices, with a queue per channel: a dead or slow one delays no other.

    Errors: a database error ends a round, not the sender; the next tick tries again.
    """

    def __init__(
        self,
        database: Database,
        run_id: UUID,
        places: Places,
        settings: SenderSettings,
        clock: Callable[[], datetime],
        observer: Observer = UNOBSERVED,
    ) -> None:
        self._database = database
        self._run_id = run_id
        self._places = places.named
        self._added = places.added
        self._added_at_once = asyncio.Semaphore(_ADDED_AT_ONCE)
        self._settings = settings
        self._clock = clock
        self._observer = observer
        self._queues: dict[str, _ChannelQueue] = {}
        self._missed: dict[str, datetime] = {}  # missing channels, since when
        self._loop = Loop(lambda exc: log.error("notices_wait", reason=str(exc)))

    def stop(self) -> None:
        """Start nothing new: `serve` returns when the current deliveries have ended."""
        self._loop.stop()

    def tick(self) -> None:
        """Wake it, as notices may be due."""
        self._loop.wake()

    def failing(self) -> dict[str, int]:
        """The channels that failed to deliver the last message, with their failures in a row.

        Shape: without those that people added, which are no concern of who runs this.
        """
        ours = self._places.keys() & self._queues.keys()
        return {name: self._queues[name].failures for name in ours if self._queues[name].failures}

    async def serve(self) -> None:
        """Release and send at every tick, until cancelled or stopped."""
        async with asyncio.TaskGroup() as queues:
            await self._loop.serve(partial(self.round, queues))

    async def drain(self, *, gathers: bool = True) -> None:
        """Send all due notices, and return; unless it `gathers`, none waits for others."""
        async with asyncio.TaskGroup() as queues:
            await self.round(queues, gathers=gathers, is_only=True)

    async def round(
        self, queues: asyncio.TaskGroup, *, gathers: bool = True, is_only: bool = False
    ) -> None:
        """Release the notices whose instant has come, and start the queues with due ones.

        Shape: `is_only` when this process runs no second round.
        """
        now = self._clock()
        await self._release(now, gathers=gathers)
        ours, missed = await self._due_channels(now)
        if is_only:
            await self._give_up(missed, now - _GRACE)
        else:
            await self._give_up(self._missed_for_long(missed, now), now)
        for name in ours:
            if self._is_open(name, now):
                self._queues[name].is_busy = True
                queues.create_task(self._serve_queue(name), name=f"tell {name}")

    async def _release(self, now: datetime, *, gathers: bool) -> None:
        async with self._database.reading() as session:
            holders = await due_holders(session, now, gathers=gathers)
        for user_id, channel in holders:
            async with self._database.writing() as session:
                await release(session, user_id, channel, now, gathers=gathers)

    async def _due_channels(self, now: datetime) -> tuple[list[str], list[str]]:
        """The channels with due notices: those that are known here, and those of nobody's."""
        async with self._database.reading() as session:
            due = await notices.due_channels(session, now)
            ours = [name for name in due if name in self._places or id_in(name) is not None]
            strange = sorted(set(due).difference(ours))
            # Another daemon with a newer configuration may be able to send these.
            known = await known_channels(session) if strange else frozenset()
        return ours, [name for name in strange if name not in known]

    def _is_open(self, name: str, now: datetime) -> bool:
        queue = self._queues.setdefault(name, _ChannelQueue())
        return not queue.is_busy and (queue.paused_until is None or queue.paused_until <= now)

    def _missed_for_long(self, names: list[str], now: datetime) -> list[str]:
        """The channels missing for longer than it takes to correct a mistake."""
        if new := [name for name in names if name not in self._missed]:
            minutes = round(_GRACE.total_seconds() / 60)
            log.warning("notices_without_channel", channels=new, given_up_in_minutes=minutes)
        self._missed = {name: self._missed.get(name, now) for name in names}
        return [name for name, since in self._missed.items() if since + _GRACE <= now]

    async def _give_up(
        self, names: list[str], due_before: datetime, reason: str = _NO_CHANNEL
    ) -> None:
        if not names:
            return
        async with self._database.writing() as session:
            count = await notices.dead_letter(session, names, due_before, reason)
        if count:
            log.warning("notices_given_up", channels=names, notices=count, reason=reason)

    async def _serve_queue(self, name: str) -> None:
        """Send notices one by one until none is due, or the channel fails."""
        queue, id_ = self._queues[name], id_in(name)
        try:
            if id_ is None:
                await self._serve_place(name, self._places[name], queue)
                return
            async with self._added_at_once:
                place = await self._place_added(name, id_, queue)
                if place is not None:
                    await self._serve_place(name, place, queue)
        finally:
            queue.is_busy = False
            if id_ is not None and not queue.failures:
                del self._queues[name]  # there may be thousands

    async def _place_added(self, name: str, id_: UUID, queue: _ChannelQueue) -> Destination | None:
        """A destination that somebody added; what it cannot be sent is given up."""
        try:
            return await self._added(id_)
        except NotifyError as exc:
            await self._give_up([name], self._clock(), exc.detail)
        except StoreError as exc:  # also for want of the key, which may come back
            log.error("notices_wait", channel=name, reason=str(exc))
            queue.failures += 1
            pause = timedelta(seconds=_CHANNEL_BACKOFF.wait_seconds(queue.failures))
            queue.paused_until = self._clock() + pause
        return None

    async def _serve_place(self, name: str, place: Destination, queue: _ChannelQueue) -> None:
        done = None
        while True:
            claimed = await self._step(name, done, claims=not self._loop.is_stopping)
            if claimed is None:
                return
            done = await self._attempt(claimed, place, queue)
            if queue.failures:
                await self._step(name, done, claims=False)
                return

    async def _step(
        self, name: str, done: Settled | None, *, claims: bool = True
    ) -> Claimed | None:
        """Store how the last try ended and claim the next notice, in one transaction.

        Shape: while the database fails this waits, as a sent notice must be recorded as sent.
        """
        for pause in _SETTLING_BACKOFF.waits():
            try:
                return await self._settle_and_claim(name, done, claims=claims)
            except StoreError as exc:
                if done is None:
                    if not exc.is_transient:
                        log.error("notices_wait", channel=name, reason=str(exc))
                    return None
                if not exc.is_transient:
                    log.error("notice_not_settled", channel=name, reason=str(exc))
            await asyncio.sleep(pause)
        raise AssertionError("there is always one more pause")

    async def _settle_and_claim(
        self, name: str, done: Settled | None, *, claims: bool
    ) -> Claimed | None:
        async with self._database.writing() as session:
            is_ours = done is None or await notices.settle(session, done)
            claimed = None
            if claims:
                claimed = await notices.claim(
                    session, self._run_id, name, self._clock(), self._settings.lease
                )
        if done is not None and done.was_tried and is_ours:
            self._observer.on_sent(done)
        return claimed

    async def _attempt(self, claimed: Claimed, place: Destination, queue: _ChannelQueue) -> Settled:
        now = self._clock()
        if place.user_id not in (None, claimed.user_id):
            return Settled(claimed, "dead", now, "its destination is another user's")
        until = after_quiet(place.route, now)
        if until > now:
            return Settled(claimed, "pending", until, was_tried=False)
        try:
            message = message_of(claimed, self._settings.links)
            message = await _worded(message, place, self._settings.timeout_seconds)
            if isinstance(place.channel, Mail) and (change_id := message.facts.get("update_id")):
                message = await self._pictured(message, str(change_id))
            await self._send(message, place.channel)
        except NotifyError as exc:
            return self._failed(claimed, exc, queue)
        # The bulkhead: a bug triggered by one notice must not stop the others.
        except Exception as exc:
            log.exception("notice_broken", notice=str(claimed.id))
            return Settled(claimed, "dead", now, f"internal: {type(exc).__name__}")
        queue.failures, queue.paused_until = 0, None
        return Settled(claimed, "sent", self._clock())

    async def _pictured(self, message: Message, change_id: str) -> Message:
        """The message with how the page looks, where that is kept; it goes out without, too."""
        try:
            async with self._database.reading() as session:
                found = await picture_after(session, UUID(change_id), MOST_PICTURE_BYTES)
            picture = await asyncio.to_thread(unpack, found.data, found.hash) if found else b""
        except (StoreError, ValueError) as exc:
            log.warning("picture_not_sent", change=change_id, reason=str(exc))
            return message
        return replace(message, picture=picture)

    async def _send(self, message: Message, channel: Channel) -> None:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                await channel.send(message)
        except TimeoutError:
            seconds = self._settings.timeout_seconds
            raise NotifyError(f"no receipt within {duration(seconds)}") from None

    def _failed(self, claimed: Claimed, error: NotifyError, queue: _ChannelQueue) -> Settled:
        """Settle a failed try: retry later, with the channel resting meanwhile, or give up."""
        now = self._clock()
        log.warning(
            "notice_not_taken",
            channel=claimed.channel,
            notice=str(claimed.id),
            tries=claimed.tries,
            reason=error.detail,
        )
        if error.is_permanent:
            return Settled(claimed, "dead", now, error.detail)
        queue.failures += 1
        wait = _CHANNEL_BACKOFF.wait_seconds(queue.failures)
        asked = error.retry_after_seconds or 0.0
        queue.paused_until = now + timedelta(seconds=max(wait, min(asked, 86400.0)))
        if claimed.tries >= self._settings.max_tries:
            return Settled(claimed, "dead", now, f"{claimed.tries} tries; {error.detail}")
        at = retry_at(claimed.tries, now, random.random(), asked)
        return Settled(claimed, "pending", at, error.detail)


def message_of(claimed: Claimed, links: Links) -> Message:
    """The message of a claimed notice, with the links of its recipient; the same at every try.

    Errors: NotifyError when the stored facts of the notice are not facts.
    """
    if not isinstance(claimed.payload, dict):
        set_aside("notices", claimed.id, claimed.channel, "payload is no object")
        raise NotifyError("what it was to tell is garbled", is_permanent=True)
    facts = dict(claimed.payload)
    if claimed.kind == DIGEST:
        facts["notices"] = [one for one in facts.get("notices", ()) if _is_tellable(claimed, one)]
    for_whom = claimed.user_id, claimed.channel, claimed.created_at
    facts = links.added_to(claimed.kind, facts, *for_whom)
    return Message(
        key=claimed.idempotency_key,
        kind=claimed.kind,
        user_id=claimed.user_id,
        created_at=claimed.created_at,
        facts=facts,
        words=words_of(claimed.kind, facts),
    )


def _is_tellable(claimed: Claimed, member: Any) -> bool:
    def leave_out(bug: Exception) -> bool:
        facts = member if isinstance(member, dict) else {}
        named = facts.get("site") or facts.get("product") or "?"
        said = {"member": named, "reason": repr(bug)[:300]}
        log.error("notice_broken", notice=str(claimed.id), **said, exc_info=bug)
        return False

    # One notice that cannot be rendered must not block those beside it.
    return contained(lambda: words_of(member["kind"], member) is not None, leave_out)


def template_facts(message: Message) -> dict[str, Any]:
    """The facts of a message for its template."""
    words = message.words
    given = {"title": words.title, "text": words.text, "markdown": words.markdown}
    return {**message.facts, "kind": message.kind, "message": given}


async def _worded(message: Message, place: Destination, timeout_seconds: float) -> Message:
    """The message by its owner's template, or by ours when that fails, so that none is lost.

    Units: the most seconds to wait for the template, as a claim does not last for ever.
    """
    if not place.template or place.fill is None:
        return message
    try:
        async with asyncio.timeout(timeout_seconds):
            text = await place.fill(place.template, template_facts(message))
    except (CheckError, TimeoutError) as exc:
        reason = (
            exc.detail
            if isinstance(exc, CheckError)
            else f"not filled in {duration(timeout_seconds)}"
        )
        log.warning("template_failed", channel=place.route.name, reason=reason)
        return message
    return replace(message, words=own_words(message.words.title, text))
