"""Reads documents and their offers in a worker, and packs the results."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from daemon.characters import storable
from daemon.conditions.values import Observed
from daemon.extract import read
from daemon.model.change import Finding
from daemon.model.errors import CheckError, ExtractError
from daemon.model.product import offer_hash
from daemon.model.reading import Reading, State
from daemon.model.response import Document
from daemon.model.site import FILE, PICTURE, Rules
from daemon.model.status import ErrorClass
from daemon.money.offer import Offer, PriceCandidate
from daemon.packing import Packed, pack
from daemon.sandbox.messages import (
    ExplainDone,
    ExplainJob,
    OfferWant,
    ReadDone,
    ReadJob,
    ReadOffer,
    ReadOne,
    Want,
)

_TEXT_LENGTH = 300
_APART = ("html", "candidates")

_LONGEST_WALL = 2_500  # characters; longer texts are real pages and need no second check
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def read_all(job: ReadJob) -> ReadDone:
    """Read a document once for each of the rules; a rule that fails does not stop the others."""
    pictured = _Pictured(job)
    readings = tuple(_read_one(pictured, want) for want in job.wants)
    offers = tuple(_offer(job.document, want) for want in job.offers)
    is_new = any(one.text is not None and one.kind != FILE for one in readings) or any(
        one.offer_hash != want.known_hash for one, want in zip(offers, job.offers, strict=True)
    )
    source = pack(job.document.body, job.body_hash) if is_new else None
    return ReadDone(readings, source, offers, pictured.packed() if is_new else None)


class _Pictured:
    """The picture of a page, written anew when somebody first needs it."""

    def __init__(self, job: ReadJob) -> None:
        self._job = job
        self._document: Document | None = None

    def document_for(self, want: Want) -> Document:
        """What is read by these rules: for a picture, that alone."""
        if want.rules.kind != PICTURE or not self._job.screenshot:
            return self._job.document
        return self._picture()

    def packed(self) -> Packed | None:
        """The picture, where there is one that can be kept."""
        if not self._job.screenshot:
            return None
        try:
            return pack(self._picture().body)
        except ExtractError:
            return None  # told where it is read; elsewhere a page without its picture is whole

    def _picture(self) -> Document:
        from daemon.compare.pictures import MISSING, PictureError, still

        if self._document is None:
            try:
                data, _ = still(self._job.screenshot)
            except PictureError as exc:
                is_missing = str(exc) == MISSING
                broken = ErrorClass.UNSUPPORTED if is_missing else ErrorClass.PARSE
                raise ExtractError(broken, str(exc)) from exc
            self._document = Document(data, "image/png", None, self._job.document.url)
        return self._document


def explain_one(job: ExplainJob) -> ExplainDone:
    """Explain how a document is read, and observe what the owner's conditions ask for."""
    from daemon.extract.explain.explaining import explain  # only people ask for it

    explained = explain(job.document, job.rules)
    if explained.error_class:
        return ExplainDone(explained)
    try:
        observed = _observed(job.document, read(job.document, job.rules), job.rules)
    except ExtractError as exc:
        failed = replace(explained, error_class=exc.error_class.value, error_detail=exc.detail)
        return ExplainDone(failed)
    return ExplainDone(explained, observed)


def _read_one(pictured: _Pictured, want: Want) -> ReadOne:
    try:
        document = pictured.document_for(want)
        reading = read(document, want.rules)
        is_new = want.known_text_hash is None or reading.is_nothing
        wall = _wall(document, reading, want) if is_new else None
        observed = _observed(document, reading, want.rules)
    except CheckError as exc:
        return ReadOne(error_class=exc.error_class, error_detail=exc.detail)
    if wall is not None:
        return ReadOne(wall.failure, wall.summary, blind_spot=wall.blind_spot)
    return ReadOne(
        kind=reading.kind,
        title=reading.title,
        text_hash=reading.text_hash,
        extractor=reading.extractor,
        flags=reading.flags,
        text=None if reading.text_hash == want.known_text_hash else _pack_text(reading),
        observed=observed,
    )


def _observed(document: Document, reading: Reading, rules: Rules) -> tuple[Observed, ...]:
    if not rules.has_conditions:
        return ()
    from daemon.conditions.observing import observe

    return observe(document, reading, rules)


def _wall(document: Document, reading: Reading, want: Want) -> Finding | None:
    """The block page served at the first check, or in place of the page with what is chosen."""
    if len(reading.text) > _LONGEST_WALL:
        return None
    # Only a worker that meets a short new page pays for this import.
    from daemon.analyse import first_look

    rules = Rules() if reading.is_nothing else want.rules
    return first_look(State(reading, document, _ANY_TIME), rules)


def _offer(document: Document, want: OfferWant) -> ReadOffer:
    # Most pages are no products: only a worker that meets one pays for this import.
    from daemon.extract.offer import read_offer

    try:
        offer = read_offer(document, want.hint)
    except CheckError as exc:
        return ReadOffer(exc.error_class, exc.detail)
    return ReadOffer(offer=_storable(offer), offer_hash=offer_hash(offer))


def _storable(offer: Offer) -> Offer:
    """The offer with its texts made storable: short and without NUL."""
    return replace(
        offer,
        **{f.name: _cut(getattr(offer, f.name)) for f in fields(offer) if f.name not in _APART},
        html=storable(offer.html),
        candidates=tuple(_storable_candidate(one) for one in offer.candidates),
    )


def _storable_candidate(one: PriceCandidate) -> PriceCandidate:
    return replace(one, raw=_cut(one.raw), context=_cut(one.context))


def _cut(value: Any) -> Any:
    return storable(value[:_TEXT_LENGTH]) if type(value) is str else value


def _pack_text(reading: Reading) -> Packed:
    return pack(reading.text.encode(), reading.text_hash)
