"""Judging jobs: two stored states and their history in, a finding and a diff out."""

from __future__ import annotations

from daemon.analyse import judge
from daemon.compare import diff_text
from daemon.extract import read
from daemon.model import Document, Finding, Reading, Rules, State, StoredState
from daemon.packing import unpack
from daemon.sandbox.messages import JudgeDone, JudgeJob

_DIFF_LIMIT = 200_000  # characters of a diff that are stored beside the snapshots


def judge_one(job: JudgeJob) -> JudgeDone:
    """Say what the difference between two states is and how much it matters."""
    before = _state(job.before, job.rules, reread=job.reread)
    after = _state(job.after, job.rules)
    history = [_state(state, job.rules) for state in job.history]
    finding = judge(before, after, history, job.rules, job.site_type)
    return JudgeDone(finding, _diff(before.reading, after.reading, finding))


def _state(state: StoredState, rules: Rules, *, reread: bool = False) -> State:
    document = None
    if state.source is not None:
        document = Document(unpack(state.source), state.content_type, state.charset, state.url)
    return State(_reading(state, document, rules, reread=reread), document, state.seen_at)


def _reading(
    state: StoredState, document: Document | None, rules: Rules, *, reread: bool
) -> Reading:
    # Entries of a feed are not stored: they follow from the source.
    if document is not None and (reread or state.kind == "feed"):
        return read(document, rules)
    text = unpack(state.text).decode()
    return Reading(state.kind, state.title, text, state.text_hash, state.extractor)


def _diff(before: Reading, after: Reading, finding: Finding) -> str:
    if finding.change_type is None:
        return ""
    text = diff_text(before.text, after.text)
    return text if len(text) <= _DIFF_LIMIT else text[:_DIFF_LIMIT] + "\n… cut"
