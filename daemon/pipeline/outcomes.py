"""Makes the outcome of a check for a site: an error, a new baseline, noise or a change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from daemon.extract.markup.links import feed_base
from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.change import Finding
from daemon.model.outcome import SiteOutcome, StateDraft, UpdateDraft
from daemon.model.reading import HISTORY_LOST, Lost, StoredState
from daemon.model.response import Response
from daemon.model.site import FILE, PICTURE, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.sandbox.messages import JudgeDone, ReadDone, ReadOne
from daemon.store.tables.ids import new_id

_FEED = "feed/"  # the beginning of its extractor's name


def draft_of(response: Response, one: ReadOne, done: ReadDone) -> StateDraft:
    """The state of a site to be stored, with its text only if that is new.

    Shape: the source of a picture is the picture, as PNG.
    """
    document, source, picture = response.document, done.source, done.picture
    if one.kind == PICTURE:
        document, source, picture = replace(document, content_type="image/png"), picture, None
    return StateDraft(
        kind=one.kind,
        title=one.title,
        extractor=one.extractor,
        flags=one.flags,
        content_type=document.content_type,
        charset=document.charset,
        url=feed_base(document) if one.kind == "feed" else document.url,
        text_hash=one.text_hash,
        text=one.text,
        # The source of a file could only be hashed again.
        source=source if one.text is not None and one.kind != FILE else None,
        picture=picture if one.text is not None else None,
    )


def instead_of_a_feed(site: Site, draft: StateDraft) -> SiteOutcome | None:
    """The failure where a page, an error or plain words came in place of the feed known so far.

    Shape: None when the owner has other rules since then, or says what to read.
    """
    known = (site.read_with or "").partition(":")
    is_feed = known[0] == site.rules_hash and known[2].startswith(_FEED)
    if not is_feed or site.rules.kind != "auto" or draft.extractor.startswith(_FEED):
        return None
    what = f"{draft.kind} ({draft.title[:80]!r})" if draft.title else draft.kind
    detail = f"{what} came where a feed was before; if this is to be read from now on, say so"
    return failed(site, ErrorClass.PARSE, f'{detail} with `kind = "{draft.kind}"`')


def begun_anew(
    site: Site, read_with: str, draft: StateDraft, lost: tuple[Lost, ...]
) -> SiteOutcome:
    """The outcome with a new baseline, as the previous state cannot be read."""
    flagged = replace(draft, flags=(*draft.flags, HISTORY_LOST))
    return SiteOutcome(site, Verdict.INITIAL, read_with, flagged, lost=lost)


def judged(
    site: Site,
    read_with: str,
    draft: StateDraft,
    done: JudgeDone,
    title: str,
    is_for_a_model: Callable[[Finding], bool],
) -> SiteOutcome:
    """The outcome of a judged page: noise, a change, or a block page."""
    finding = done.finding
    if finding.failure is not None:
        return failed(site, finding.failure, finding.summary, finding.blind_spot)
    if finding.change_type is None:
        kept = SiteOutcome(site, Verdict.UNCHANGED, read_with, draft, lost=done.lost)
        return replace(kept, state=None, is_unsettled=True) if done.is_unsettled else kept
    update = UpdateDraft(
        id=new_id(),
        title=title,
        finding=finding,
        diff=done.diff,
        before_text_hash=done.before_text_hash,
        after_text_hash=draft.text_hash,
        compared_with=done.compared_with,
        awaits_analysis=is_for_a_model(finding),
    )
    return SiteOutcome(site, Verdict.CHANGED, read_with, draft, update, lost=done.lost)


def asks_nobody(_finding: Finding) -> bool:
    """For what no model has to be asked about."""
    return False


def as_stored(draft: StateDraft, now: datetime) -> StoredState:
    """A state as it will be stored, for comparing it before that."""
    if draft.text is None:
        raise ValueError("a text that is not the known one is always sent along")
    return StoredState(
        kind=draft.kind,
        title=draft.title,
        text_hash=draft.text_hash,
        extractor=draft.extractor,
        flags=draft.flags,
        text=draft.text.data,
        source=draft.source.data if draft.source else None,
        content_type=draft.content_type,
        charset=draft.charset,
        url=draft.url,
        seen_at=now,
    )


def failed(
    site: Site, error_class: ErrorClass, detail: str, blind_spot: BlindSpot | None = None
) -> SiteOutcome:
    """The outcome of a site that could not be read, or was a block page."""
    return SiteOutcome(
        site,
        Verdict.FAILED,
        error_class=error_class,
        error_detail=detail,
        blind_spot=blind_spot,
    )
