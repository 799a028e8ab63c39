"""Judges the difference between two stored states in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from daemon.analyse import (
    Circumstances,
    closest_state,
    has_turned,
    is_to_the_letter,
    judge,
    judge_or_ask,
    learn,
    nothing,
    went_back,
)
from daemon.compare import diff_text
from daemon.extract import read
from daemon.model.change import Compared, Finding, Hunk
from daemon.model.errors import ExtractError
from daemon.model.reading import Lost, Reading, State, StoredState
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.packing import unpack
from daemon.sandbox.messages import JudgeDone, JudgeJob

_MUCH_CLOSER = 0.5  # of the distance to the last state
_NEARLY = 0.8  # similarity of a page that reverted
_NOT_QUITE = 0.9999
_DIFF_LIMIT = 200_000  # characters of a diff that are stored beside the snapshots
_HUNKS_LIMIT = 500_000  # characters of differing lines, likewise
CUT = "cut"  # flag of a change of which only the first lines are listed


def judge_one(job: JudgeJob) -> JudgeDone:
    """Determine the difference between two states and how much it matters.

    Shape: the previous state is the last one, unless another recent one is much closer: then only
           what differs from that one is new.
    """
    states = _States(job.rules)
    before = states.read(job.before, reread=job.reread or job.is_replay)
    after = states.read(job.after, reread=job.is_replay)
    history = [s for one in job.history if (s := states.read(one, reread=job.is_replay))]
    if before is None or after is None:
        return _not_compared(job, states.lost)
    if job.reread and before.reading.is_nothing:
        # New rules that do not fit the old source start from the present reading.
        return JudgeDone(nothing(), "", job.before.text_hash, lost=tuple(states.lost))
    again = states.read(job.again) if job.again else None
    learned = learn(before, after, again, job.rules) if again else ()
    done = _judged(replace(job, volatile=(*job.volatile, *learned)), before, after, history)
    return replace(done, lost=tuple(states.lost), learned=learned)


def _not_compared(job: JudgeJob, lost: Sequence[Lost]) -> JudgeDone:
    """The result when a state is unreadable, so that nothing can be compared.

    Errors: ExtractError in a replay, where both are of the past.
    """
    if job.is_replay:
        ends = (job.before.text_hash, job.after.text_hash)
        reason = next(one.reason for one in lost if one.text_hash in ends)
        raise ExtractError(ErrorClass.INTERNAL, reason)
    return JudgeDone(nothing(), "", job.before.text_hash, lost=tuple(lost), is_compared=False)


def _judged(job: JudgeJob, before: State, after: State, history: list[State]) -> JudgeDone:
    finding, is_doubtful = _judge(job, before, after, history)
    if job.may_ask and is_doubtful:
        return JudgeDone(_storable(finding), "", job.before.text_hash, is_doubtful=True)
    is_change = finding.change_type is not None and not job.reread
    # A value that goes back is as much news as one that goes.
    is_change = is_change and not (
        has_turned(before.reading, after.reading) or is_to_the_letter(job.rules, before, history)
    )
    compared = _closer(job, before, after, history) if is_change else None
    if compared is not None:
        other = next(s for s in history if s.reading.text_hash == compared.text_hash)
        if compared.similarity == 1.0:
            return JudgeDone(went_back(other), "", compared.text_hash, compared)
        before, history = other, _in_place_of(other, before, history)
        finding, _ = _judge(job, before, after, history)
    diff = _diff(before.reading, after.reading, finding)
    return JudgeDone(_storable(finding), diff, before.reading.text_hash, compared)


def _storable(finding: Finding) -> Finding:
    """The finding with as many lines of its change as a row and a message can hold."""
    change = finding.change
    if change is None or sum(map(_chars, change.hunks)) <= _HUNKS_LIMIT:
        return finding
    room = _HUNKS_LIMIT
    kept: list[Hunk] = []
    for hunk in change.hunks:
        cut = replace(
            hunk, removed=_first(hunk.removed, room // 2), added=_first(hunk.added, room // 2)
        )
        if cut.removed or cut.added:
            kept.append(cut)
        room -= _chars(cut)
    return replace(finding, change=replace(change, hunks=tuple(kept), flags=(*change.flags, CUT)))


def _chars(hunk: Hunk) -> int:
    return sum(map(len, hunk.removed)) + sum(map(len, hunk.added))


def _first(lines: Sequence[str], room: int) -> tuple[str, ...]:
    ends = accumulate(map(len, lines))
    return tuple(line for line, end in zip(lines, ends, strict=True) if end <= room)


def _judge(
    job: JudgeJob, before: State, after: State, history: list[State]
) -> tuple[Finding, bool]:
    circumstances = Circumstances(job.ratings, job.is_settled, job.volatile)
    given = (before, after, history, job.rules, job.site_type, circumstances)
    return judge_or_ask(*given) if job.may_ask else (judge(*given), False)


def _in_place_of(other: State, before: State, history: list[State]) -> list[State]:
    """The history without one state, and with the state before in its place."""
    states = [*(state for state in history if state is not other), before]
    return sorted(states, key=lambda state: state.seen_at)


def _recent(history: Sequence[State], after: State, seconds: float) -> list[State]:
    ages = ((after.seen_at - state.seen_at).total_seconds() for state in history)
    return [state for state, age in zip(history, ages, strict=True) if age < seconds]


def _closer(
    job: JudgeJob, before: State, after: State, history: Sequence[State]
) -> Compared | None:
    """The recent state to which the page reverted, or that is much closer than the last one."""
    recent = _recent(history, after, job.flap_seconds)
    if not recent:
        return None
    last = closest_state(after.reading, [before], job.rules)
    best = closest_state(after.reading, recent, job.rules)
    if last is None or best is None or last.is_same:
        return None
    is_closer = 1 - best.similarity <= _MUCH_CLOSER * (1 - last.similarity)
    if not best.is_same and not (is_closer and best.similarity >= _NEARLY):
        return None
    found = recent[best.place]
    similarity = 1.0 if best.is_same else min(best.similarity, _NOT_QUITE)
    return Compared(
        found.reading.text_hash, found.seen_at, round(similarity, 4), round(last.similarity, 4)
    )


class _States:
    """Reads stored states by the rules of a job, and records which are unreadable."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.lost: list[Lost] = []

    def read(self, state: StoredState, *, reread: bool = False) -> State | None:
        """The state; None when its text is lost, or a source that it requires."""
        document = self._document(state)
        # Entries of a feed are not stored: they follow from the source.
        is_from_source = state.source is not None and (reread or state.kind == "feed")
        if not is_from_source:
            reading = self._stored(state)
        else:
            reading = read(document, self._rules) if document is not None else None
        return None if reading is None else State(reading, document, state.seen_at, state.visits)

    def _document(self, state: StoredState) -> Document | None:
        if state.source is None:
            return None
        try:
            body = unpack(state.source, state.source_hash)
        except ValueError as exc:
            self._miss(state, "source", exc)
            return None
        return Document(body, state.content_type, state.charset, state.url)

    def _stored(self, state: StoredState) -> Reading | None:
        try:
            text = unpack(state.text, state.text_hash).decode()
        except ValueError as exc:
            self._miss(state, "text", exc)
            return None
        return Reading(
            state.kind, state.title, text, state.text_hash, state.extractor, flags=state.flags
        )

    def _miss(self, state: StoredState, what: str, reason: ValueError) -> None:
        self.lost.append(Lost(state.text_hash, what, str(reason), state.seen_at))


def _diff(before: Reading, after: Reading, finding: Finding) -> str:
    if finding.change_type is None:
        return ""
    return diff_text(before.text, after.text, limit=_DIFF_LIMIT)
