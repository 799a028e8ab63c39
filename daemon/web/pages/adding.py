"""Adding a site or a product: the form, a try that stores nothing, and the adding itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from daemon.config import SiteConfig
from daemon.config.products import ProductConfig
from daemon.display.candidates import ShownCandidate, shown_candidates, source_words
from daemon.display.prices import money
from daemon.display.times import seconds, weekday_time
from daemon.display.words import count, percent
from daemon.extract.languages.extra import INSTALL, missing_languages
from daemon.model.errors import ConflictError, NameTakenError
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.operations import managing
from daemon.operations.managing import Added
from daemon.operations.trying import Tried, opens_at
from daemon.packing import unpack
from daemon.redaction import redact_text
from daemon.web.answers import Answer, Page, page, see_other
from daemon.web.described import (
    NOTHING_WRONG,
    PRODUCT,
    SITE,
    Section,
    Wrong,
    WrongFormError,
    names_of,
    product_in,
    site_in,
    values_of,
)
from daemon.web.request import Request
from daemon.wording import byte_size, listed

SITE_TAKES = ("url", "name")
PRODUCT_TAKES = ("urls", "name")
# It runs on the page that one is looking at, never on ours: our policy forbids that.
_BOOKMARKLET = (
    "javascript:void open('{}/sites/new?url='+encodeURIComponent(location.href)"
    "+'&name='+encodeURIComponent(document.title.slice(0,200)))"
)
_SHOWN_CHARACTERS = 3000
_PAGES = 5


@dataclass(frozen=True, slots=True)
class _Form:
    """What a form is for, and where it is sent."""

    noun: str
    path: str
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a try found, in words."""

    url: str
    is_failed: bool
    facts: Sequence[tuple[str, str]]
    text: str = ""
    is_cut: bool = False
    candidates: Sequence[ShownCandidate] = ()


_SITE = _Form("site", "/sites", SITE)
_PRODUCT = _Form("product", "/products", PRODUCT)


async def new_site(request: Request) -> Answer:
    """The empty form, or with the address of the page that a bookmarklet was used on."""
    return _form(request, _SITE, {name: request.query.text(name) for name in SITE_TAKES})


async def new_product(request: Request) -> Answer:
    """The empty form for a product."""
    return _form(request, _PRODUCT, {name: request.query.text(name) for name in PRODUCT_TAKES})


async def try_site(request: Request) -> Answer:
    """The form again, beside what a check would read."""
    values = values_of(SITE, request.form)
    try:
        site = site_in(request.config, request.form)
    except WrongFormError as exc:
        return _form(request, _SITE, values, exc.wrong)
    tries = request.context.tries
    found = await tries.site(request.viewer, request.config, site, request.now)
    return _form(request, _SITE, values, tried=[_shown(one) for one in found])


async def try_product(request: Request) -> Answer:
    """The form again, beside the prices that a check would read."""
    values = values_of(PRODUCT, request.form)
    try:
        product = product_in(request.config, request.form)
    except WrongFormError as exc:
        return _form(request, _PRODUCT, values, exc.wrong)
    tries = request.context.tries
    found = await tries.product(request.viewer, request.config, product, request.now)
    return _form(request, _PRODUCT, values, tried=[_shown(one) for one in found])


async def add_site(request: Request) -> Answer:
    """Watch the site that a form describes."""
    values = values_of(SITE, request.form)
    try:
        site = site_in(request.config, request.form)
        added = await managing.add_site(
            request.database,
            request.viewer,
            request.config,
            site,
            request.now,
            is_named=bool(request.form.text("name")),
        )
    except WrongFormError as exc:
        return _form(request, _SITE, values, exc.wrong)
    except ConflictError as exc:
        return _form(request, _SITE, values, _conflict(exc, "url"))
    lacking = missing_languages(site.rules())
    told = _told(request, f"Watching {added.name}.", added, site, lacking)
    return see_other(f"/sites/{added.id}", told)


async def add_product(request: Request) -> Answer:
    """Follow the product that a form describes."""
    values = values_of(PRODUCT, request.form)
    try:
        product = product_in(request.config, request.form)
        added = await managing.add_product(
            request.database, request.viewer, request.config, product, request.now
        )
    except WrongFormError as exc:
        return _form(request, _PRODUCT, values, exc.wrong)
    except ConflictError as exc:
        return _form(request, _PRODUCT, values, _conflict(exc, "name"))
    told = _told(request, f"Following {added.name}.", added, product, ())
    return see_other(f"/products/{added.id}", told)


def _form(
    request: Request,
    form: _Form,
    values: Mapping[str, str],
    wrong: Wrong = NOTHING_WRONG,
    tried: Sequence[Shown] = (),
) -> Page:
    everything = {**dict.fromkeys(names_of(form.sections), ""), **values}
    is_wrong = wrong is not NOTHING_WRONG
    return page(
        "new.html",
        400 if is_wrong else 200,
        form=form,
        values=everything,
        wrong=wrong,
        tried=tried,
        bookmarklet=_BOOKMARKLET.format(request.origin),
    )


def _conflict(exc: ConflictError, field: str) -> Wrong:
    """Where the form says that there is one already."""
    return Wrong({"name" if isinstance(exc, NameTakenError) else field: str(exc)})


def _told(
    request: Request,
    done: str,
    added: Added,
    described: SiteConfig | ProductConfig,
    lacking: Sequence[str],
) -> str:
    """What was added, and what its owner might not expect."""
    told = [done]
    if added.same_page_as:
        others = ", ".join(added.same_page_as)
        told.append(f"Its page is fetched once, for it and {others}.")
    if (opens := opens_at(request.config, described, request.now)) is not None:
        told.append(f"First check {weekday_time(opens)}: its hours begin then.")
    told += [f"{one} needs a library that is not installed: {INSTALL}." for one in lacking]
    return " ".join(told)


def _shown(tried: Tried) -> Shown:
    url, outcome = redact_text(tried.url), tried.outcome
    if outcome is None:
        return Shown(url, True, [("Not asked", tried.not_asked)])
    facts = list(_answered(outcome))
    for product in outcome.products:
        offer = product.check.offer if product.check else None
        candidates = (
            shown_candidates(offer.candidates, offer.price, offer.source, offer.path)
            if offer
            else ()
        )
        facts += _offered(product)
        return Shown(url, product.error_class is not None, facts, candidates=candidates)
    for site in outcome.sites:
        text, is_cut = _text(site)
        facts += _read(site)
        return Shown(url, site.error_class is not None, facts, text, is_cut)
    return Shown(url, True, facts)


def _answered(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What the server answered, or what went wrong."""
    if outcome.error_class is not None:
        yield "Failed", f"{outcome.error_class.replace('_', ' ')}: {outcome.error_detail}"
    if outcome.answer_status is not None:
        took, received = seconds(outcome.elapsed_seconds), byte_size(outcome.received_bytes)
        yield "Answer", f"{outcome.answer_status} in {took}, {received}"
    if outcome.answer_url not in (None, outcome.page.request.url):
        yield "Read at", redact_text(str(outcome.answer_url))


def _read(one: SiteOutcome) -> Iterator[tuple[str, str]]:
    """What was read for a site, and what is not there."""
    if one.error_class is not None:
        yield "Not read", f"{one.error_class.replace('_', ' ')}: {one.error_detail}"
        return
    if one.blind_spot is not None:
        yield "Instead of the page", one.blind_spot.words
    if one.state is not None:
        yield "Read as", one.state.kind
        if one.state.title:
            yield "Title", one.state.title
    for part in one.missing:
        yield "Not there", one.site.rules.unmatched(part)
    for key, standing in one.conditions.items():
        yield key, standing.words
    if one.pages is not None:
        names = listed([redact_text(url) for url in one.pages], _PAGES)
        limit = one.site.rules.discover_limit
        yield "Pages", f"{count(len(one.pages), 'page')} named: {names}"
        if len(one.pages) > limit:
            yield "Left out", f"{len(one.pages) - limit:,} of them, over {limit:,}"


def _text(one: SiteOutcome) -> tuple[str, bool]:
    """The beginning of the text that was read, and whether there is more."""
    if one.state is None or one.state.text is None:
        return "", False
    text = unpack(one.state.text.data).decode()
    return text[:_SHOWN_CHARACTERS], len(text) > _SHOWN_CHARACTERS


def _offered(one: ProductOutcome) -> Iterator[tuple[str, str]]:
    """What a shop asks for, and how sure that is."""
    if one.error_class is not None:
        yield "Not read", f"{one.error_class.replace('_', ' ')}: {one.error_detail}"
    if one.check is None:
        return
    offer = one.check.offer
    yield "Price", money(offer.price, offer.currency)
    if offer.list_price is not None:
        yield "Instead of", money(offer.list_price, offer.currency)
    yield "Stock", offer.availability.words
    sure = f"{percent(offer.confidence)} sure"
    yield "Read from", f"{source_words(offer.source)}, {sure}" if offer.source else sure
    if not one.check.is_believed:
        yield "Not believed", one.check.reason.replace("_", " ")
