"""Formats an outcome for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    PLAIN,
    SEVERITY,
    STRONG,
    WARM,
    Clean,
    Style,
    paragraph,
)
from daemon.display.times import seconds, stamp, weekday_time
from daemon.display.words import count, percent, short_id
from daemon.model.change import Finding, Reason, lines_added, lines_removed
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.request import BROWSER
from daemon.model.site import Standing
from daemon.model.status import Verdict
from daemon.schedule.next_check import hours_begin
from daemon.wording import byte_size, duration, listed

# Of a page that a browser may show.
AS_SENT = "It shows nothing of this as it is sent; scripts may fill it in."

_VERDICT: dict[Verdict, Style] = {
    Verdict.INITIAL: {"fg": "blue"},
    Verdict.CHANGED: WARM,
    Verdict.UNCHANGED: GOOD,
    Verdict.NOT_MODIFIED: GOOD,
    Verdict.FAILED: BAD,
}
_SHOWN_LINES = 14
_REASONS = 4
_PAGES = 5


def outcome_lines(outcome: Outcome, clean: Clean, *, diff: bool = True) -> Iterator[str]:
    """The result for each site and product on the page."""
    for one in outcome.sites:
        yield from _site_lines(outcome, one, clean, diff=diff)
    for found in outcome.products:
        yield from _product_lines(outcome, found, clean)
    if not (outcome.sites or outcome.products):
        name = click.style(clean.url(outcome.page.request.url), **STRONG)
        names = ", ".join(outcome.page.names)
        head = click.style(clean.line(names), **STRONG) if names else name
        yield f"{head}  {_facts(outcome, outcome.verdict)}"
        if outcome.error_class is not None:
            yield from _failure(outcome.error_class, outcome.error_detail, clean)


def _next_check(outcome: Outcome) -> str:
    """When its page is checked next, if it is on the schedule, and why not sooner."""
    page, now, at = outcome.page, outcome.started_at, outcome.next_check_at
    if page.claimed_at is None:
        return ""
    if (begins_at := hours_begin(page.timings, now, at)) is not None:
        return f"next {weekday_time(begins_at)}, when its hours begin"
    return f"next in {duration(round((at - now).total_seconds()))}"


def _site_lines(outcome: Outcome, one: SiteOutcome, clean: Clean, *, diff: bool) -> Iterator[str]:
    yield f"{click.style(clean.line(one.site.name), **STRONG)}  {_facts(outcome, one.verdict)}"
    if one.error_class is not None:
        what = one.blind_spot.words if one.blind_spot else one.error_class
        yield from _failure(what, one.error_detail, clean)
    for note in outcome.response.notes if outcome.response else ():
        yield f"  {click.style('note', **WARM)}: {paragraph(note, '    ')}"
    if one.verdict is Verdict.INITIAL and one.lost:
        yield f"  {click.style('begun anew', **WARM)}: {_lost(one, clean)}"
    yield from missing_lines(one, clean)
    yield from condition_lines(one.conditions, clean)
    yield from pages_lines(one, clean)
    if one.move is not None:
        told = "; its text differs there, and is the new start" * one.move.text_differs
        place = clean.line(clean.url(one.move.url))
        yield f"  {click.style('moved', **WARM)}: for good to {place}{told}"
    if one.update is not None:
        finding = one.update.finding
        yield from finding_lines(finding, clean)
        if diff and finding.change is not None:
            # Loads the comparison, which a check without changes does not need.
            from daemon.cli.terminal.diffing import show_change

            yield from show_change(finding.change, clean, _SHOWN_LINES)


def missing_lines(one: SiteOutcome, clean: Clean) -> Iterator[str]:
    """The chosen parts that this check did not find, and whether it found others."""
    if one.error_class is not None:
        return
    found = "nothing is chosen yet" if one.is_nothing else "the other parts were read"
    for part in one.missing:
        told = clean.line(f"{one.site.rules.unmatched(part)}; {found}")
        yield f"  {click.style('missing', **WARM)}: {paragraph(told, '    ')}"


def condition_lines(standings: Mapping[str, Standing], clean: Clean) -> Iterator[str]:
    """Each condition of a site, and whether it holds."""
    for key, standing in standings.items():
        style = WARM if standing.problem else PLAIN
        told = clean.line(f"{key}: {standing.words}")
        yield f"  {click.style('condition', **style)}: {paragraph(told, '    ')}"


def pages_lines(one: SiteOutcome, clean: Clean) -> Iterator[str]:
    """How many pages an index names, and the first of them."""
    if one.pages is None:
        return
    shown = clean.line(listed([clean.url(url) for url in one.pages], _PAGES))
    told = f"{count(len(one.pages), 'page')} listed: {shown}"
    yield f"  pages: {paragraph(told, '    ')}"


def left_out_lines(one: SiteOutcome) -> Iterator[str]:
    """How many of the pages that an index names are not watched."""
    limit = one.site.rules.discover_limit
    if one.pages is not None and len(one.pages) > limit:
        told = f"{len(one.pages) - limit:,} of them, over discover_limit = {limit:,}"
        yield f"  {click.style('left out', **WARM)}: {told}"


def conditions_json(standings: Mapping[str, Standing], clean: Clean) -> list[dict[str, Any]]:
    """How conditions stand, one object each."""
    return [
        {
            "condition": clean.line(key),
            "holds": one.holds,
            "number": one.number or None,
            "shown": clean.line(one.shown),
            "problem": clean.line(one.problem) or None,
            "since": stamp(one.since),
        }
        for key, one in standings.items()
    ]


def _lost(one: SiteOutcome, clean: Clean) -> str:
    reason = clean.line(one.lost[0].reason)
    told = f"the state before cannot be read ({reason}), so what changed since then is not known"
    return paragraph(told, "    ")


def _product_lines(outcome: Outcome, one: ProductOutcome, clean: Clean) -> Iterator[str]:
    # Most pages are no products.
    from daemon.cli.terminal.offers import offer_lines

    yield f"{click.style(clean.line(one.product.name), **STRONG)}  {_facts(outcome, one.verdict)}"
    if one.error_class is not None:
        yield from _failure(one.error_class, one.error_detail, clean)
    yield from offer_lines(one, clean)


def _facts(outcome: Outcome, verdict: Verdict) -> str:
    facts = [
        f"{outcome.answer_status or ''}",
        seconds(outcome.elapsed_seconds),
        byte_size(outcome.received_bytes),
        "rendered" if outcome.renderer == BROWSER else "",
        _next_check(outcome),
    ]
    shown = click.style(verdict.value.replace("_", " "), **_VERDICT[verdict])
    return shown + click.style("  " + " · ".join(filter(None, facts)), **DIM)


def _failure(what: str, detail: str, clean: Clean) -> Iterator[str]:
    yield f"  {click.style(what, **BAD)}: {paragraph(clean.line(detail), '    ')}"


def finding_lines(finding: Finding, clean: Clean) -> Iterator[str]:
    """Severity, confidence, summary and the weightiest reasons."""
    kind = finding.change_type.value if finding.change_type else "minor"
    yield f"  {severity(kind)} {sure(finding.confidence_score)}"
    yield f"  {paragraph(clean.line(finding.summary), '  ')}"
    weighty = sorted(finding.reasons, key=lambda reason: -abs(reason.weight))
    for reason in weighty[:_REASONS]:
        yield click.style(f"    · {paragraph(clean.line(reason.text), '      ')}", **DIM)


def severity(kind: str) -> str:
    """How much a change matters, as a coloured word."""
    return click.style(f" {kind.upper()} ", **{"reverse": True, **SEVERITY.get(kind, PLAIN)})


def sure(confidence: float | None) -> str:
    """The confidence that a change matters, or does not."""
    return click.style(f"{percent(confidence)} sure", **DIM)


def outcome_json(outcome: Outcome, clean: Clean) -> Iterator[dict[str, Any]]:
    """One object for each site and product on the page."""
    common = {
        "url": clean.url(outcome.page.request.url),
        "status": outcome.answer_status,
        "final_url": clean.url(final_url(outcome)),
        "elapsed_seconds": round(outcome.elapsed_seconds, 4),
        "wire_bytes": outcome.received_bytes,
        "renderer": outcome.renderer,
        "is_restless": outcome.response is not None and outcome.response.is_restless,
        "stopped_requests": outcome.response.stopped_requests if outcome.response else 0,
        "started_at": stamp(outcome.started_at),
        "next_check_at": stamp(outcome.next_check_at),
    }
    page = outcome.page
    for one in outcome.sites or [SiteOutcome(site, outcome.verdict) for site in page.sites]:
        yield {
            "site": clean.line(one.site.name),
            "verdict": one.verdict.value,
            **common,
            **_error_json(outcome, one, clean),
            "blind_spot": one.blind_spot,
            "moved_to": clean.url(one.move.url) if one.move else None,
            "missing": [] if one.error_class is not None else list(one.missing),
            "conditions": conditions_json(one.conditions, clean),
            "pages": None if one.pages is None else [clean.url(url) for url in one.pages],
            "change": change_json(one, clean) if one.update else None,
        }
    for found in outcome.products or [
        ProductOutcome(one, outcome.verdict) for one in page.products
    ]:
        yield {
            "product": clean.line(found.product.name),
            "verdict": found.verdict.value,
            **common,
            **_error_json(outcome, found, clean),
            **_offer_json(found, clean),
        }


def _error_json(
    outcome: Outcome, one: SiteOutcome | ProductOutcome, clean: Clean
) -> dict[str, Any]:
    """The error of one site or product, or of the page."""
    error_class = one.error_class or outcome.error_class
    detail = one.error_detail or outcome.error_detail
    return {
        "error_class": error_class.value if error_class else None,
        "error_detail": clean.line(detail) if error_class else None,
    }


def _offer_json(one: ProductOutcome, clean: Clean) -> dict[str, Any]:
    from daemon.cli.terminal.offers import alert_json, offer_json

    return {
        "offer": offer_json(one, clean),
        "alerts": [alert_json(alert) for alert in one.alerts],
    }


def final_url(outcome: Outcome) -> str:
    """The URL of the response after redirects, or the requested one if that is unknown."""
    return outcome.answer_url or outcome.page.request.url


def change_json(one: SiteOutcome, clean: Clean) -> dict[str, Any] | None:
    """The change of a site's state as one object."""
    if one.update is None:
        return None
    finding = one.update.finding
    hunks = finding.change.hunks if finding.change else ()
    return {
        "id": str(one.update.id),
        "short_id": short_id(one.update.id),
        "title": clean.line(one.update.title),
        "change_type": finding.change_type,
        "is_significant": finding.is_significant,
        "confidence_score": round(finding.confidence_score, 4),
        "category": finding.category,
        "summary": clean.line(finding.summary),
        "conditions": [clean.line(said) for said in finding.conditions],
        "reasons": [reason_json(reason, clean) for reason in finding.reasons],
        "removed": [clean.line(line) for line in lines_removed(hunks)],
        "added": [clean.line(line) for line in lines_added(hunks)],
    }


def reason_json(reason: Reason, clean: Clean) -> dict[str, Any]:
    """One piece of evidence."""
    return {"signal": reason.signal, "weight": reason.weight, "text": clean.line(reason.text)}
