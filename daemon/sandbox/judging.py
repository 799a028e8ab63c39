"""Judges the difference between two stored states in a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate

from daemon.analyse import (
    Circumstances,
    Departures,
    Kind,
    Return,
    closest_state,
    has_turned,
    hold_of,
    is_to_the_letter,
    judge,
    judge_or_ask,
    learn,
    nothing,
    nothing_chosen,
    went_back,
)
from daemon.analyse.noise.returns import RETURNED, LineReturn
from daemon.compare import diff_text
from daemon.conditions.crossings import crossings, told
from daemon.conditions.observing import observe
from daemon.conditions.pages import found_pages
from daemon.conditions.statuses import answers, published
from daemon.conditions.values import conditions_of
from daemon.extract import read
from daemon.model.change import ChangeType, Compared, Finding, Hunk
from daemon.model.errors import ExtractError
from daemon.model.reading import STATUS_KIND, Lost, Reading, State, StoredState
from daemon.model.response import Document
from daemon.model.site import PICTURE, Rules, Standing
from daemon.model.status import ErrorClass
from daemon.packing import unpack
from daemon.sandbox.messages import JudgeDone, JudgeJob

_MUCH_CLOSER = 0.5  # of the distance to the last state
_NEARLY = 0.8  # similarity of a page that reverted
_NOT_QUITE = 0.9999
_DIFF_LIMIT = 200_000  # characters of a diff that are stored beside the snapshots
_HUNKS_LIMIT = 500_000  # characters of differing lines, likewise
_VOLATILE = "volatile"  # the reason for leaving out what comes and goes
CUT = "cut"  # flag of a change of which only the first lines are listed

# The states before and after, and the earlier ones.
_Compared = tuple[State, State, list[State]]


def judge_one(job: JudgeJob) -> JudgeDone:
    """Determine the difference between two states and how much it matters.

    Shape: the previous state is the last one, unless another recent one is much closer: then only
           what differs from that one is new.
    """
    if job.rules.discover is not None:
        return _judge_pages(job)
    known = _quiet_return(job)
    if known is not None:
        return JudgeDone(went_back(known.seen_at), "", known.text_hash)
    if job.after.kind == job.before.kind == PICTURE:
        return _judge_pictures(job)
    states = _States(job.rules)
    before = states.read(job.before, reread=job.reread or job.is_replay)
    after = states.read(job.after, reread=job.is_replay)
    if job.is_replay and STATUS_KIND in (job.before.kind, job.after.kind):
        return JudgeDone(_of_status(job.before, job.after), "", job.before.text_hash)
    history = [s for one in job.history if (s := states.read(one, reread=job.is_replay))]
    if before is None or after is None:
        return _not_compared(job, states.lost)
    if job.reread and before.reading.is_nothing:
        # New rules that do not fit the old source start from the present reading.
        return JudgeDone(nothing(), "", job.before.text_hash, lost=tuple(states.lost))
    again = states.read(job.again) if job.again else None
    learned = learn(before, after, again, job.rules) if again else ()
    job = replace(job, volatile=(*job.volatile, *learned))
    done = _judged(job, (before, after, history), again)
    if _is_unsettled(done, before, again, job.rules):
        done = JudgeDone(went_back(before.seen_at), "", job.before.text_hash, is_unsettled=True)
    if job.is_replay:
        done = replace(done, finding=_replayed(done.finding, before, after, job.rules))
    return replace(done, lost=tuple(states.lost), learned=learned)


def _judge_pages(job: JudgeJob) -> JudgeDone:
    """The result for two lists of pages: which are new, and which are no longer named."""
    states = _States(job.rules)
    before = states.read(job.before, reread=job.reread or job.is_replay)
    after = states.read(job.after, reread=job.is_replay)
    if before is None or after is None:
        return _not_compared(job, states.lost)
    texts = before.reading.text, after.reading.text
    is_settled = job.is_settled or job.is_replay
    finding = found_pages(*texts, job.rules.discover_limit, is_settled=is_settled)
    return _done(finding or nothing(), before, after)


def _judge_pictures(job: JudgeJob) -> JudgeDone:
    """The result for two pictures, as far as both are kept."""
    from daemon.analyse.pictures import judge_pictures  # few sites are watched by their looks

    states = _States(job.rules)
    before, after = states.read(job.before), states.read(job.after)
    if before is None or after is None or before.document is None or after.document is None:
        return _not_compared(job, states.lost)
    bodies = before.document.body, after.document.body
    return _done(judge_pictures(*bodies, job.rules.sensitivity) or nothing(), before, after)


def _of_status(before: StoredState, after: StoredState) -> Finding:
    """The finding for two states of which one is a status; without the content of the other."""
    if after.kind == STATUS_KIND:
        return answers(after.title, before.title)
    return published(before.title, after.title)


def _replayed(finding: Finding, before: State, after: State, rules: Rules) -> Finding:
    """The finding with what crossed between two states, as far as their sources are kept."""
    if before.reading.is_nothing and after.reading.is_nothing:
        finding = nothing_chosen(rules)
    if finding.failure is not None or not rules.has_conditions:
        return finding
    conditions, known = conditions_of(rules), dict[str, Standing]()
    for state in (before, after):
        seen = observe(state.document, state.reading, rules)
        crossed, known = crossings(conditions, known, seen, state.seen_at)
    return told(finding, crossed) if crossed else finding


def _not_compared(job: JudgeJob, lost: Sequence[Lost]) -> JudgeDone:
    """The result when a state is unreadable, so that nothing can be compared.

    Errors: ExtractError in a replay, where both are of the past.
    """
    if job.is_replay:
        ends = (job.before.text_hash, job.after.text_hash)
        reason = next(one.reason for one in lost if one.text_hash in ends)
        raise ExtractError(ErrorClass.INTERNAL, reason)
    return JudgeDone(nothing(), "", job.before.text_hash, lost=tuple(lost), is_compared=False)


def _quiet_return(job: JudgeJob) -> StoredState | None:
    """The known state with the very text of the new one, if going back to it is no news.

    Shape: of a chosen value only its states can tell that it is one, for which going back is news.
    """
    if job.is_replay or job.rules.is_choice or job.rules.watch == "letter":
        return None
    known = next((one for one in job.history if one.text_hash == job.after.text_hash), None)
    back = _departures(job).return_to(known.text_hash, known.seen_at) if known else None
    return known if back is not None and back.kind is Kind.QUIET else None


def _departures(job: JudgeJob) -> Departures:
    # An entry that comes back to a feed is old: some servers lag behind.
    departures = () if job.after.kind == "feed" else job.departures
    return Departures.of(departures, job.rules, job.after.seen_at)


def _judged(job: JudgeJob, states: _Compared, again: State | None) -> JudgeDone:
    before, after, history = states
    finding, is_doubtful = _judge(job, (before, after, history))
    if job.may_ask and is_doubtful:
        return JudgeDone(_storable(finding), "", job.before.text_hash, is_doubtful=True)
    # A value that goes back is as much news as one that goes.
    is_each_told = has_turned(before.reading, after.reading) or is_to_the_letter(
        job.rules, before, history
    )
    may_be_back = not (job.reread or is_each_told) and _may_be_back(job, finding)
    compared = _closer(job, before, after, history) if may_be_back else None
    if compared is None:
        return _with_lines(job, states, finding, again)
    other = next(s for s in history if s.reading.text_hash == compared.text_hash)
    return _returned(job, states, finding, (other, compared)) or _with_lines(
        job, states, finding, again
    )


def _may_be_back(job: JudgeJob, finding: Finding) -> bool:
    """Whether to look for an earlier state: what only comes and goes may be news again."""
    if finding.change_type is not None:
        return True
    return bool(_departures(job).told_at) and _leaves_out_lines(finding)


def _leaves_out_lines(finding: Finding) -> bool:
    return any(one.signal == _VOLATILE for one in finding.reasons)


def _returned(
    job: JudgeJob,
    states: _Compared,
    finding: Finding,
    found: tuple[State, Compared],
) -> JudgeDone | None:
    """The result for a page that is as it was, or nearly: news, a flap, or what is new besides.

    Shape: None when its earlier state has nothing to do with the present.
    """
    (before, after, history), (other, compared) = states, found
    is_same = compared.similarity == 1.0
    back = _departures(job).return_to(other.reading.text_hash, other.seen_at)
    if back is None:
        return None
    if back.kind is Kind.NEWS and job.may_confirm:
        return JudgeDone(_storable(finding), "", job.before.text_hash, is_doubtful=True)
    if back.kind is Kind.NEWS or (back.kind is Kind.ALTERNATING and is_same):
        return _done(_told_again(job, states, back, is_same=is_same), before, after)
    if is_same:
        return JudgeDone(went_back(other.seen_at), "", compared.text_hash, compared)
    finding, _ = _judge(job, (other, after, _in_place_of(other, before, history)))
    return _done(finding, other, after, compared)


def _told_again(job: JudgeJob, states: _Compared, back: Return, *, is_same: bool) -> Finding:
    """The finding for going back to a state whose end was told: as much news as that was."""
    least = ChangeType.MODERATE if is_same and back.was_significant else None
    finding, _ = _judge(job, states, is_back=True, least=least)
    return finding if finding.change_type is None else _told_as(back, finding, job)


def _with_lines(
    job: JudgeJob, states: _Compared, finding: Finding, again: State | None
) -> JudgeDone:
    """The result with the lines that come and go, if each time before was told.

    Shape: what alternates from request to request, as another fetch shows, is left out.
    """
    before, after, history = states
    back = _departures(job).return_of_lines()
    told = _judged_with_lines(job, states, finding) if back else None
    if back is None or told is None:
        return _done(finding, before, after)
    if back.kind is Kind.NEWS and job.may_confirm:
        return JudgeDone(_storable(told), "", job.before.text_hash, is_doubtful=True)
    if again is not None:
        seen = before, again, history
        if _judged_with_lines(job, seen, _judge(job, seen)[0]) is None:
            return _done(finding, before, after)
    return _done(_told_as(back, told, job), before, after)


def _judged_with_lines(job: JudgeJob, states: _Compared, finding: Finding) -> Finding | None:
    """The finding with the lines that each turn was told of; None where it leaves out no such."""
    told_at = _departures(job).told_at
    if not (told_at and _leaves_out_lines(finding)):
        return None
    told, _ = _judge(job, states, told_at=told_at)
    return None if told.change_type is None or told.reasons == finding.reasons else told


def _told_as(back: Return | LineReturn, finding: Finding, job: JudgeJob) -> Finding:
    now = job.after.seen_at
    reason = back.reason(now, hold_of(job.rules))
    told = back.summary(now, finding.summary)
    return replace(finding, summary=told, reasons=(*finding.reasons, reason))


def _is_unsettled(done: JudgeDone, before: State, again: State | None, rules: Rules) -> bool:
    """Whether a page that went back was, a moment later, as it had been before."""
    if again is None or not any(one.signal == RETURNED for one in done.finding.reasons):
        return False
    closest = closest_state(again.reading, [before], rules)
    return closest is not None and closest.is_same


def _done(
    finding: Finding, before: State, after: State, compared: Compared | None = None
) -> JudgeDone:
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
    job: JudgeJob,
    states: _Compared,
    *,
    is_back: bool = False,
    least: ChangeType | None = None,
    told_at: tuple[datetime, ...] = (),
) -> tuple[Finding, bool]:
    # A state that was accepted once is no suspect; without flaps nothing is one.
    is_settled = job.is_settled or least is not None
    is_back = is_back or not hold_of(job.rules)
    circumstances = Circumstances(job.ratings, is_settled, job.volatile, is_back, least, told_at)
    given = (*states, job.rules, job.site_type, circumstances)
    return judge_or_ask(*given) if job.may_ask else (judge(*given), False)


def _in_place_of(other: State, before: State, history: list[State]) -> list[State]:
    """The history without one state, and with the state before in its place."""
    states = [*(state for state in history if state is not other), before]
    return sorted(states, key=lambda state: state.seen_at)


def _within_reach(history: Sequence[State], after: State, rules: Rules) -> list[State]:
    """The states of late, and the one with the very same text, however old."""
    hold, text_hash = hold_of(rules), after.reading.text_hash
    return [
        state
        for state in history
        if after.seen_at - state.seen_at < hold or state.reading.text_hash == text_hash
    ]


def _closer(
    job: JudgeJob, before: State, after: State, history: Sequence[State]
) -> Compared | None:
    """The recent state to which the page reverted, or that is much closer than the last one."""
    recent = _within_reach(history, after, job.rules)
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
