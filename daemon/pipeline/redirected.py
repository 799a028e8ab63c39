"""Tells a page from another one that a redirect led to, before anything of it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from daemon.addresses import is_above, is_next_of, is_same_page, is_same_site, leads_nowhere
from daemon.lexicon.blind_spots import BlindSpot
from daemon.model.errors import ExtractError
from daemon.model.outcome import Move, ProductOutcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.product import Product
from daemon.model.response import Response
from daemon.model.site import Site
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.outcomes import failed
from daemon.redaction import redact_text


def refusals(page: Page, response: Response) -> Iterator[SiteOutcome | ProductOutcome]:
    """The failures of those that must not be read from where this answer came from.

    Shape: an answer of the page itself, or with its known bytes, fails for nobody.
    """
    if response.document.url == page.request.url or response.body_hash == page.body_hash:
        return
    for site in page.sites:
        if fault := _fault_for(site, page, response):
            yield failed(site, fault.error_class, fault.detail, BlindSpot.REDIRECTED)
    for product in page.products:
        if fault := _fault_for(product, page, response):
            yield ProductOutcome(
                product,
                Verdict.FAILED,
                error_class=fault.error_class,
                error_detail=fault.detail,
            )


def moved_with(page: Page, response: Response, outcome: SiteOutcome) -> SiteOutcome:
    """The outcome of a site, without a change and with the new address if its page has moved."""
    url = response.moved_to
    if page.answer_url is None or url is None or _is_expected(page, url):
        return outcome
    if response.is_not_modified or outcome.verdict in (Verdict.FAILED, Verdict.INITIAL):
        return outcome
    differs = outcome.state is not None and outcome.state.text_hash != outcome.site.text_hash
    move = Move(url, text_differs=differs)
    # What crossed with the move is told at the next check.
    return replace(outcome, verdict=Verdict.UNCHANGED, update=None, standings=None, move=move)


def _fault_for(owned: Site | Product, page: Page, response: Response) -> ExtractError | None:
    reached = response.document.url
    if owned.rules.follow == "none":
        return _fault(f"it leads to {redact_text(reached)}, and redirects are not followed")
    if owned.rules.follow == "same-site" and not _is_at_home(page, reached):
        return _fault(
            f"it leads to {redact_text(reached)}, on another site: "
            'take that address, or set follow = "any"'
        )
    if page.answer_url is None or _is_expected(page, reached):
        return None
    return _of_another_page(owned, page, response)


def _of_another_page(owned: Site | Product, page: Page, response: Response) -> ExtractError | None:
    """The failure of a known page that now leads to another; None when it moved there."""
    reached = redact_text(response.document.url)
    if response.moved_to is None:
        return _fault(f"it leads to {reached} now")
    if leads_nowhere(response.moved_to):
        return _fault(f"it leads for good to {reached}, which is no page of its own")
    if is_above(response.moved_to, page.request.url):
        detail = f"the page is gone: it leads for good to {reached}, a page above it"
        return ExtractError(ErrorClass.GONE, detail)
    if isinstance(owned, Product):
        detail = f"it leads for good to {reached}: if that is the same product, take its url"
        return _fault(detail)
    return None


def _is_at_home(page: Page, reached: str) -> bool:
    """Whether an address belongs to the site of the page, as asked for or as it was known."""
    known = (page.request.url, page.answer_url)
    return any(url is not None and is_same_site(reached, url) for url in known)


def _is_expected(page: Page, reached: str) -> bool:
    """Whether a known page may answer from this address and still be the same."""
    asked, known = page.request.url, page.answer_url
    if is_same_page(reached, asked):
        return True
    if known is None or is_same_page(known, asked):
        return False
    # It always redirects: to the same place, or to the latest of a series.
    return is_same_page(reached, known) or is_next_of(reached, known)


def _fault(detail: str) -> ExtractError:
    return ExtractError(ErrorClass.REDIRECT, detail)
