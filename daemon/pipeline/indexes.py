"""Gathers the pages that an index names, through all sitemaps that it leads to."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from daemon.addresses import is_same_site
from daemon.conditions.pages import addresses_in, first_pages
from daemon.extract.index.listing import CONTENT_TYPE, SITEMAP, listing_of
from daemon.extract.index.values import Named, refuse_too_many
from daemon.model.errors import ExtractError, FetchError, ThrottledError
from daemon.model.outcome import SiteOutcome, StateDraft, UpdateDraft
from daemon.model.page import Page
from daemon.model.response import Document, Response
from daemon.model.site import Rules, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.packing import content_hash, unpack
from daemon.pipeline.context import CheckContext
from daemon.redaction import redact_text
from daemon.sandbox.messages import NameJob, ReadOne
from daemon.store.tables.ids import new_id
from daemon.url import host_of, origin_of

MOST_SITEMAPS = 100
_FOR_SITEMAPS = timedelta(minutes=10)  # they come one by one
_NOT_THERE = frozenset({ErrorClass.GONE, ErrorClass.HTTP_4XX})
_NO_SITEMAP = "what came is no sitemap, but a page or a text without addresses"
_ENDINGS = (".xml", ".gz", ".txt")  # of the addresses of sitemaps
_ROBOTS, _USUAL = "/robots.txt", "/sitemap.xml"


def extra_time(page: Page) -> timedelta:
    """How much longer a check of this page may take, as it may have to fetch sitemaps."""
    leads_to_more = any(site.rules.discover == SITEMAP for site in page.sites)
    return _FOR_SITEMAPS if leads_to_more else timedelta()


class Gathering:
    """The pages that one answer names, and those of all sitemaps that it leads to.

    Shape: it is one list for all rules with the same way to find them. Sitemaps of other sites, and
           those that are not there, are noted and left out.
    """

    def __init__(self, page: Page, context: CheckContext) -> None:
        self.wire_bytes = 0
        self._page = page
        self._context = context
        self._pages: dict[str, str] = {}
        self._waiting: list[str] = []
        self._seen: set[str] = set()
        self._missing = self._elsewhere = 0

    async def listed(self, response: Response, rules: Rules) -> Response:
        """The answer with the list of all pages in place of its document.

        Errors: CheckError when a sitemap can be had no more than in part; ThrottledError never.
        """
        document = response.document
        self._seen.add(document.url)
        found = await self._context.sandbox.name(NameJob(document, rules))
        self._take(found)
        if not found.is_index:
            _refuse_page_at(self._page.request.url)
            await self._look_where_they_are(document.url)
        while self._waiting:
            url = self._waiting.pop(0)
            found = await self._named_by(url)
            if not found.is_index:  # else the pages of this one would seem to be gone
                raise ExtractError(
                    ErrorClass.PARSE, f"the sitemap {redact_text(url)}: {_NO_SITEMAP}"
                )
            self._take(found)
        return self._as_answer(response)

    def _take(self, found: Named) -> None:
        self._pages |= {url: words for url, words in found.pages.items() if url not in self._pages}
        refuse_too_many(len(self._pages))
        self._lead_to(found.sitemaps)

    def _lead_to(self, sitemaps: Iterable[str]) -> None:
        for url in sitemaps:
            if url in self._seen:
                continue
            self._seen.add(url)
            if is_same_site(url, self._page.request.url):
                self._waiting.append(url)
            else:
                self._elsewhere += 1
        if len(self._seen) > MOST_SITEMAPS:
            detail = f"more than {MOST_SITEMAPS} sitemaps are named; take one of them as the url"
            raise ExtractError(ErrorClass.TOO_LARGE, detail)

    async def _look_where_they_are(self, url: str) -> None:
        """Ask for the sitemaps of a site by its robots.txt, or at their usual address."""
        origin = origin_of(url)
        robots = await self._named_by(f"{origin}{_ROBOTS}")
        self._missing = 0
        self._lead_to(robots.sitemaps)
        if robots.sitemaps:
            return
        usual = await self._named_by(f"{origin}{_USUAL}")
        self._take(usual)
        if self._missing or not usual.is_index:
            detail = (
                f"no sitemap: {redact_text(url)} is a page, {_ROBOTS} names none, and there is none"
                f" at {_USUAL}; take the address of the sitemap as the url"
            )
            raise ExtractError(ErrorClass.EMPTY, detail)

    async def _named_by(self, url: str) -> Named:
        """What a further document names; nothing when it is not there.

        Errors: CheckError, which names the document.
        """
        try:
            document = await self._fetched(url)
            return await self._context.sandbox.name(NameJob(document, Rules(discover=SITEMAP)))
        except FetchError as exc:
            self.wire_bytes += exc.wire_bytes
            if exc.error_class not in _NOT_THERE:
                raise _of(exc, url) from exc
        except ExtractError as exc:
            raise _of(exc, url) from exc
        self._missing += 1
        return Named()

    async def _fetched(self, url: str) -> Document:
        host = host_of(url)
        page = replace(self._page, request=self._page.request.led_to(url), host=host, cookies="")
        async with AsyncExitStack() as held:
            while True:
                try:
                    async with self._context.turn(host):
                        found = await self._context.fetch(page, None, held)
                        break
                except ThrottledError as exc:
                    # The deadline of the check bounds all of these waits.
                    await self._context.pause(exc.wait_seconds)
            self.wire_bytes += found.wire_bytes
            return found.document

    def _as_answer(self, response: Response) -> Response:
        notes = {"sitemaps_missing": self._missing, "sitemaps_elsewhere": self._elsewhere}
        told = [f"{name}:{number}" for name, number in notes.items() if number]
        body = listing_of(self._pages, told)
        document = Document(body, CONTENT_TYPE, "utf-8", response.document.url)
        return replace(response, document=document, body_hash=content_hash(body))


def _refuse_page_at(url: str) -> None:
    """Raise where a page came from the address of a sitemap, as in a bad minute of its server.

    Errors: ExtractError(parse).
    """
    if urlsplit(url).path.lower().endswith(_ENDINGS):
        raise ExtractError(ErrorClass.PARSE, _NO_SITEMAP)


def _of(exc: FetchError | ExtractError, url: str) -> ExtractError:
    return ExtractError(exc.error_class, f"the sitemap {redact_text(url)}: {exc.detail}")


def with_pages(outcome: SiteOutcome, one: ReadOne, draft: StateDraft) -> SiteOutcome:
    """The outcome of an index with the pages that it names, and how many new rules leave out."""
    if outcome.verdict is Verdict.FAILED or one.text is None:
        return outcome
    pages = tuple(addresses_in(unpack(one.text.data, one.text_hash).decode()))
    outcome = replace(outcome, pages=pages)
    is_known = outcome.verdict is not Verdict.INITIAL and outcome.site.is_read_by_these_rules
    return outcome if is_known or outcome.update else _with_left_out(outcome, draft)


def _with_left_out(outcome: SiteOutcome, draft: StateDraft) -> SiteOutcome:
    site, pages = outcome.site, outcome.pages or ()
    finding = first_pages(len(pages), site.rules.discover_limit)
    if finding is None:
        return outcome
    update = UpdateDraft(
        id=new_id(),
        title=site.name,
        finding=finding,
        diff="",
        before_text_hash=draft.text_hash,
        after_text_hash=draft.text_hash,
    )
    return replace(outcome, update=update)


def indexes(sites: Iterable[Site]) -> list[Site]:
    """Those of these sites whose pages name others."""
    return [site for site in sites if site.rules.discover is not None]
