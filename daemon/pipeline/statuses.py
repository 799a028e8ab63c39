"""Takes the status of an answer for the state of the sites that watch it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from daemon.conditions.statuses import answers, published, status_text
from daemon.model.errors import CheckError, FetchError, StoreError
from daemon.model.outcome import Outcome, SiteOutcome, StateDraft, UpdateDraft
from daemon.model.page import Page
from daemon.model.reading import STATUS_KIND, StoredState
from daemon.model.site import STATUS_READER, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.packing import pack, unpack
from daemon.pipeline.context import CheckContext
from daemon.pipeline.outcomes import failed
from daemon.store.tables.ids import new_id
from daemon.store.views.states import state_with

# These say that the server answered, and with which status; a block page is none of them.
_ANSWERED = frozenset(
    {
        ErrorClass.HTTP_4XX,
        ErrorClass.HTTP_5XX,
        ErrorClass.GONE,
        ErrorClass.AUTH,
        ErrorClass.RATE_LIMITED,
    }
)
_SHOWN_CHARS = 160
_LARGEST_SHOWN = 65_536  # bytes; the loop unpacks no more


def watched_status(page: Page, fault: CheckError | None) -> FetchError | None:
    """The refusal of a page by a status that one of its sites watches."""
    if not isinstance(fault, FetchError) or fault.error_class not in _ANSWERED:
        return None
    status = fault.status or 0
    return fault if any(site.rules.watches(status) for site in page.sites) else None


async def read_status(
    site: Site, fault: FetchError, context: CheckContext, now: datetime
) -> SiteOutcome:
    """The outcome of a status for one site: a state where it is watched, else a failure."""
    if fault.status is None or not site.rules.watches(fault.status):
        return failed(site, fault.error_class, fault.detail)
    draft = _draft(status_text(fault.status), fault.final_url or site.url)
    read_with = f"{site.rules_hash}:{STATUS_READER}"
    if site.text_hash is None:
        return SiteOutcome(site, Verdict.INITIAL, read_with, draft)
    if draft.text_hash == site.text_hash:
        is_known = site.read_with == read_with
        return SiteOutcome(site, Verdict.UNCHANGED, read_with, None if is_known else draft)
    try:
        before = await _known(site, context)
    except CheckError as exc:
        return failed(site, exc.error_class, exc.detail)
    return _changed(site, read_with, draft, before)


def appeared(site: Site, read_with: str, before: StoredState, draft: StateDraft) -> SiteOutcome:
    """The outcome of a page that has its content again, after a status that was watched."""
    finding = published(before.title, draft.title or _beginning(draft))
    update = UpdateDraft(
        id=new_id(),
        title=draft.title or site.name,
        finding=finding,
        diff="",
        before_text_hash=before.text_hash,
        after_text_hash=draft.text_hash,
    )
    return SiteOutcome(site, Verdict.CHANGED, read_with, draft, update)


def with_answer(outcome: Outcome, fault: FetchError) -> Outcome:
    """The outcome of a page with what the server answered, where that could not be read."""
    return replace(
        outcome,
        status=fault.status,
        final_url=fault.final_url,
        wire_bytes=fault.wire_bytes,
        retry_after_seconds=fault.retry_after_seconds,
        cookies=fault.cookies if fault.cookies is not None else outcome.cookies,
    )


def _changed(
    site: Site, read_with: str, draft: StateDraft, before: StoredState | None
) -> SiteOutcome:
    was = before.title if before else ""
    update = UpdateDraft(
        id=new_id(),
        title=was or site.name,
        finding=answers(draft.title, was),
        diff="",
        before_text_hash=site.text_hash or "",
        after_text_hash=draft.text_hash,
    )
    return SiteOutcome(site, Verdict.CHANGED, read_with, draft, update)


def _draft(text: str, url: str) -> StateDraft:
    packed = pack(text.encode())
    return StateDraft(
        kind=STATUS_KIND,
        title=text,
        extractor=STATUS_READER,
        flags=(),
        content_type="",
        charset=None,
        url=url,
        text_hash=packed.hash,
        text=packed,
        source=None,
    )


async def _known(site: Site, context: CheckContext) -> StoredState | None:
    text_hash = site.text_hash or ""
    try:
        return await context.database.insist(lambda s: state_with(s, site.id, text_hash))
    except StoreError as exc:
        raise CheckError(ErrorClass.STORE, str(exc)) from exc


def _beginning(draft: StateDraft) -> str:
    if draft.text is None or draft.text.size_bytes > _LARGEST_SHOWN:
        return ""
    return " ".join(unpack(draft.text.data).decode().split())[:_SHOWN_CHARS]
