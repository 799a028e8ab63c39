"""Adding a site or a product: the form, a try that stores nothing, and the adding itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from daemon.config import Config, SiteConfig
from daemon.config.products import ProductConfig
from daemon.display.candidates import ShownCandidate, shown_candidates, source_words
from daemon.display.outcomes import outcome_words
from daemon.display.prices import money
from daemon.display.times import seconds, weekday_time
from daemon.display.words import count, percent
from daemon.extract.languages.extra import INSTALL, missing_languages
from daemon.model.errors import ConflictError, DuplicateError, NameTakenError
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.request import AUTO, BROWSER, RENDER, timing_in
from daemon.operations import managing
from daemon.operations.installation.described import as_owner
from daemon.operations.managing import Added
from daemon.operations.trying import Tried, opens_at
from daemon.packing import unpack
from daemon.pipeline.rendering import shows_something
from daemon.redaction import redact_text
from daemon.web.answers import Answer, Page, page, see_other
from daemon.web.asked.fields import PRODUCT, SITE, Section
from daemon.web.described import (
    NOTHING_WRONG,
    Wrong,
    WrongFormError,
    names_of,
    product_in,
    site_in,
    unkept,
    values_of,
)
from daemon.web.forms import Fields
from daemon.web.request import Request
from daemon.wording import byte_size, listed

_Described = TypeVar("_Described", SiteConfig, ProductConfig)
SITE_TAKES = names_of(SITE)  # what a part of the page was chosen for is kept as it was filled in
PRODUCT_TAKES = ("urls", "name")
# It runs on the page that one is looking at, never on ours: our policy forbids that.
_BOOKMARKLET = (
    "javascript:void open('{}/sites/new?url='+encodeURIComponent(location.href)"
    "+'&name='+encodeURIComponent(document.title.slice(0,200)))"
)
_LONGEST_NAME = 200  # of a title, as the bookmarklet takes it
_SHOWN_CHARACTERS = 3000
_PAGES = 5


@dataclass(frozen=True, slots=True)
class _Form(Generic[_Described]):
    """What a form is for, how it is read, and where what it describes goes."""

    noun: str
    path: str
    done: str
    sections: Sequence[Section]
    read: Callable[[Config, Fields], _Described]
    look: Callable[[Request, _Described], Awaitable[Sequence[Tried]]]
    add: Callable[[Request, _Described], Awaitable[Added]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a try found, in words."""

    url: str
    is_failed: bool
    facts: Sequence[tuple[str, str]]
    text: str = ""
    is_cut: bool = False
    candidates: Sequence[ShownCandidate] = ()


async def new_site(request: Request) -> Answer:
    """The empty form, or with the address of the page that a bookmarklet was used on."""
    return _empty(request, _SITE, SITE_TAKES)


async def new_product(request: Request) -> Answer:
    """The empty form for a product."""
    return _empty(request, _PRODUCT, PRODUCT_TAKES)


def wrong_site(request: Request, values: Mapping[str, str], wrong: Wrong) -> Page:
    """The form again, with what is wrong in it."""
    return _form(request, _SITE, values, wrong)


async def try_site(request: Request) -> Answer:
    """The form again, beside what a check would read."""
    return await _try(request, _SITE)


async def try_product(request: Request) -> Answer:
    """The form again, beside the prices that a check would read."""
    return await _try(request, _PRODUCT)


async def add_site(request: Request) -> Answer:
    """Watch the site that a form describes."""
    return await _add(request, _SITE)


async def add_product(request: Request) -> Answer:
    """Follow the product that a form describes."""
    return await _add(request, _PRODUCT)


async def _look_at_site(request: Request, site: SiteConfig) -> Sequence[Tried]:
    tries = request.context.tries
    return await tries.site(request.viewer, _config(request), site, request.now)


async def _look_at_product(request: Request, product: ProductConfig) -> Sequence[Tried]:
    tries = request.context.tries
    return await tries.product(request.viewer, _config(request), product, request.now)


async def _watch(request: Request, site: SiteConfig) -> Added:
    is_named = bool(request.form.text("name"))
    what = request.database, request.viewer, _config(request), site, request.now
    return await managing.add_site(*what, is_named=is_named)


async def _follow(request: Request, product: ProductConfig) -> Added:
    what = request.database, request.viewer, _config(request), product, request.now
    return await managing.add_product(*what)


_SITE = _Form("site", "/sites", "Watching", SITE, site_in, _look_at_site, _watch)
_PRODUCT = _Form(
    "product", "/products", "Following", PRODUCT, product_in, _look_at_product, _follow
)


def _config(request: Request) -> Config:
    """The configuration in which what is added is the viewer's own."""
    return as_owner(request.viewer, request.config)


def _empty(request: Request, form: _Form[Any], takes: Sequence[str]) -> Page:
    return _form(request, form, {name: request.query.text(name) for name in takes})


async def _try(request: Request, form: _Form[_Described]) -> Page:
    values = values_of(form.sections, request.form)
    try:
        described: Any = form.read(_config(request), request.form)
    except WrongFormError as exc:
        return _form(request, form, values, exc.wrong)
    found = await form.look(request, described)
    values["name"] = values["name"] or _title(found)
    renderer: str = described.renderer
    if any(_is_read(one.rendered) for one in found):
        renderer, values["render"] = AUTO, RENDER[AUTO]  # as it was just tried; the form shows it
    slower = [*unkept(_config(request), timing_in(described), renderer)]
    return _form(request, form, values, tried=[_shown(one, slower) for one in found])


async def _add(request: Request, form: _Form[_Described]) -> Answer:
    values = values_of(form.sections, request.form)
    try:
        described = form.read(_config(request), request.form)
        added = await form.add(request, described)
    except WrongFormError as exc:
        return _form(request, form, values, exc.wrong)
    except NameTakenError as exc:
        return _form(request, form, values, Wrong({"name": str(exc)}))
    except ConflictError as exc:  # the same is there already
        there = exc.name if isinstance(exc, DuplicateError) else ""
        wrong = Wrong({names_of(form.sections)[0]: str(exc)})
        return _form(request, form, values, wrong, there=there)
    told = " ".join(_told(request, f"{form.done} {added.name}.", added, described))
    return see_other(f"{form.path}/{added.id}", told)


def _form(
    request: Request,
    form: _Form[Any],
    values: Mapping[str, str],
    wrong: Wrong = NOTHING_WRONG,
    tried: Sequence[Shown] = (),
    there: str = "",
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
        there=there,
        bookmarklet=_BOOKMARKLET.format(request.origin),
    )


def _told(
    request: Request, done: str, added: Added, described: SiteConfig | ProductConfig
) -> Iterator[str]:
    """What was added, and what its owner might not expect."""
    yield done
    if added.same_page_as:
        yield f"Its page is fetched once, for it and {', '.join(added.same_page_as)}."
    if (opens := opens_at(request.config, described, request.now)) is not None:
        yield f"First check {weekday_time(opens)}: its hours begin then."
    yield from unkept(_config(request), timing_in(described), described.renderer)
    if isinstance(described, SiteConfig):
        for language in missing_languages(described.rules()):
            yield f"{language} needs a library that is not installed: {INSTALL}."


def _title(tries: Sequence[Tried]) -> str:
    """What the page that was tried calls itself, as a name; empty if it says nothing."""
    sites = (site for one in tries if one.outcome for site in one.outcome.sites)
    titles = (one.state.title for one in sites if one.state is not None and not one.blind_spot)
    return " ".join(next(filter(None, titles), "").split())[:_LONGEST_NAME]


def _is_read(rendered: Outcome | None) -> bool:
    """Whether a browser showed what was not there without it."""
    return rendered is not None and shows_something(rendered)


def _shown(tried: Tried, slower: Sequence[str]) -> Shown:
    url, outcome = redact_text(tried.url), tried.outcome
    if outcome is None:
        return Shown(url, True, [("Not asked", tried.not_asked)])
    facts = []
    if _is_read(tried.rendered):
        facts = [("Without a browser", "it shows nothing of this")]
        outcome = tried.rendered or outcome
    elif tried.rendered is not None:
        facts = [("With a browser", "it shows nothing either")]
    elif tried.no_browser:
        facts = [("With a browser", f"not tried: {tried.no_browser}")]
    facts += _answered(outcome)
    facts += [("How often", said) for said in slower]
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
        text, is_cut = beginning_of(site)
        facts += _read(site)
        return Shown(url, site.error_class is not None, facts, text, is_cut)
    return Shown(url, True, facts)


def _answered(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What the server answered, or what went wrong."""
    if outcome.error_class is not None:
        yield "Failed", f"{outcome_words(outcome.error_class)}: {outcome.error_detail}"
    if outcome.answer_status is not None:
        took, received = seconds(outcome.elapsed_seconds), byte_size(outcome.received_bytes)
        rendered = ", rendered by a browser" if outcome.renderer == BROWSER else ""
        yield "Answer", f"{outcome.answer_status} in {took}, {received}{rendered}"
    for note in outcome.response.notes if outcome.response else ():
        yield "Note", note
    if outcome.answer_url not in (None, outcome.page.request.url):
        yield "Read at", redact_text(str(outcome.answer_url))


def _read(one: SiteOutcome) -> Iterator[tuple[str, str]]:
    """What was read for a site, and what is not there."""
    if one.error_class is not None:
        yield "Not read", f"{outcome_words(one.error_class)}: {one.error_detail}"
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


def beginning_of(one: SiteOutcome) -> tuple[str, bool]:
    """The beginning of the text that was read, and whether there is more."""
    if one.state is None or one.state.text is None:
        return "", False
    text = unpack(one.state.text.data).decode()
    return text[:_SHOWN_CHARACTERS], len(text) > _SHOWN_CHARACTERS


def _offered(one: ProductOutcome) -> Iterator[tuple[str, str]]:
    """What a shop asks for, and how sure that is."""
    if one.error_class is not None:
        yield "Not read", f"{outcome_words(one.error_class)}: {one.error_detail}"
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
