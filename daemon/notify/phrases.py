"""Phrases the facts of a notice, independent of any channel's format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from daemon.alerting.values import DIGEST
from daemon.model.change import ChangeType, Mark, Segment
from daemon.model.status import ErrorClass
from daemon.notify.escaping import line
from daemon.phrasebook import Phrase, counted
from daemon.wording import duration, listed

_TROUBLES = {
    ErrorClass.DNS: "its name cannot be looked up",
    ErrorClass.CONNECT: "no connection can be made",
    ErrorClass.TLS: "its certificate or its encryption is not accepted",
    ErrorClass.TIMEOUT: "it does not answer in time",
    ErrorClass.RATE_LIMITED: "it asks us to come less often",
    ErrorClass.HTTP_5XX: "its server reports a fault of its own",
    ErrorClass.HTTP_4XX: "its server refuses the request",
    ErrorClass.GONE: "the page is gone for good",
    ErrorClass.AUTH: "it wants a login",
    ErrorClass.BOT_WALL: "it lets in browsers only: we are blocked",
    ErrorClass.REDIRECT: "it redirects to another page, or nowhere",
    ErrorClass.TOO_LARGE: "the page is larger than we read",
    ErrorClass.EMPTY: "the page is empty",
    ErrorClass.ROBOTS: "its robots.txt asks us to stay away",
    ErrorClass.BLOCKED: "its address is not one that may be fetched",
    ErrorClass.PROXY: "the proxy that it is asked through does not let us",
    ErrorClass.BROWSER: "it has to be rendered, and the browser does not answer",
    ErrorClass.SELECTOR: "its rules match nothing on the page any more",
    ErrorClass.STEP: "a step that is taken on it before it is read fails",
    ErrorClass.SEALED: "what is sent to it is encrypted under a key that is not here",
}
_WHY = {
    "digest": "in this digest",
    "quiet": "from the hours in which you were not to be disturbed",
    "host": "of one host at once",
    "cap": "held back by the daily limit",
}


# The links in messages, by what they do.
UNSUBSCRIBE = "Unsubscribe"
LABELS = {
    "page": "The change",  # or the site or product, where it is of no change
    "useful": "Useful",
    "noise": "Noise",
    "silence": "Silence for a week",
}
_SUBJECT_CHARS = 150
_AFTER_A_SIGN = re.compile(r"(?<=[^\w\s.]\.) ")  # "19 €. Date": of prose it might be no end
CUT = "… (there is more: the change itself is stored whole)"


@dataclass(frozen=True, slots=True)
class Item:
    """The text for one cause.

    Shape: `grade` is one word before the name; `tone` selects its colour where there is one;
           `links` are those by which its recipient says what becomes of it, with their labels.
    """

    name: str
    lead: str
    grade: str = ""
    tone: str = ""
    notes: tuple[str, ...] = ()
    lines: tuple[tuple[Segment, ...], ...] = ()
    is_cut: bool = False
    url: str = ""
    reference: str = ""
    links: tuple[tuple[str, str], ...] = ()

    @property
    def head(self) -> str:
        """The grade and the name, as one line."""
        return f"[{self.grade}] {self.name}" if self.grade else self.name


def items_of(kind: str, facts: Mapping[str, Any]) -> tuple[Item, ...]:
    """The items of a message, one for each cause."""
    if kind == DIGEST:
        return tuple(item_of(one["kind"], one) for one in facts.get("notices", ()))
    return (item_of(kind, facts),)


def item_of(kind: str, facts: Mapping[str, Any]) -> Item:
    """The item for one cause; a kind from a later version is shown by its summary."""
    tell = {
        "change": _change,
        "failing": _failing,
        "recovered": _recovered,
        "certificate": _certificate,
        "moved": _moved,
    }.get(kind, _other)
    return replace(tell(facts), links=tuple(_links(facts)))


def _links(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    links = facts.get("links", {})
    about = "" if facts.get("update_id") else "The product" if "product" in facts else "The site"
    for deed, label in LABELS.items():
        if deed in links:
            yield about if about and deed == "page" else label, str(links[deed])


def way_out_of(facts: Mapping[str, Any]) -> str:
    """The address at which messages of this kind end; "" if there is none."""
    return str(facts.get("links", {}).get("unsubscribe", ""))


def title_of(kind: str, facts: Mapping[str, Any]) -> str:
    """The subject of a message: one short line."""
    if kind != DIGEST:
        item = item_of(kind, facts)
        return _subject(item, facts) if kind == "change" else line(item.head, _SUBJECT_CHARS)
    notices, count = facts.get("notices", ()), int(facts.get("count", 0))
    names = list(dict.fromkeys(map(_name, notices)))
    return line(f"{count} notices: {listed(names, 3)}", _SUBJECT_CHARS)


def _subject(item: Item, facts: Mapping[str, Any]) -> str:
    """What matters most of a change, and how many things more there are."""
    # The words of a model are prose, whose sentences are no things to be counted.
    first, *others = [item.lead] if facts.get("analyser") else _facts_of(item.lead)
    if not others:
        return line(f"{item.head}: {item.lead}", _SUBJECT_CHARS)
    more = counted(len(others), Phrase.ONE_MORE, Phrase.MORE)
    shown = line(f"{item.head}: {first.removesuffix('.')}", _SUBJECT_CHARS - len(more) - 1)
    return f"{shown} {more}"


def _facts_of(summary: str) -> list[str]:
    """What a summary of ours says, one thing in each sentence; a quotation may hold several."""
    # Most runs tell of no change: only one that does pays for this import.
    from daemon.analyse.thoughts.ends import sentences

    told: list[str] = []
    parts = (part for sentence in sentences(summary) for part in _AFTER_A_SIGN.split(sentence))
    for sentence in parts:
        if told and told[-1].count("“") > told[-1].count("”"):
            told[-1] = f"{told[-1]} {sentence}"
        else:
            told.append(sentence)
    return told or [summary]


def _name(facts: Mapping[str, Any]) -> str:
    return str(facts.get("product") or facts.get("site") or "")


def opening_of(kind: str, facts: Mapping[str, Any]) -> str:
    """The first sentence of a message with several causes; empty for one."""
    if kind != DIGEST:
        return ""
    count, told = int(facts.get("count", 0)), len(facts.get("notices", ()))
    why = _WHY.get(str(facts.get("why")), "together")
    rest = f"; the first {told} follow" if told < count else ""
    return f"{count} notices {why}{rest}."


def _change(facts: Mapping[str, Any]) -> Item:
    sure, update_id = facts.get("confidence_score"), str(facts.get("update_id", ""))
    notes = [str(reason) for reason in facts.get("reasons", ())]
    if isinstance(sure, int | float):
        matters = "matters" if facts.get("is_significant") else "does not matter much"
        notes.insert(0, f"{sure:.0%} sure that it {matters}")
    if facts.get("analyser"):
        notes.append(f"in the words of {facts['analyser']}")
    # Who has a page to open need not know the command line.
    has_command = update_id and "page" not in facts.get("links", {})
    return Item(
        grade=line(grade := str(facts.get("change_type") or "change"), 30),
        tone=grade if grade in set(ChangeType) else "",
        name=line(str(facts.get("site", ""))),
        lead=line(str(facts.get("summary") or "it changed"), 1000),
        notes=tuple(line(note) for note in notes),
        lines=tuple(_lines(facts)),
        is_cut=bool(facts.get("is_cut")),
        url=str(facts.get("url", "")),
        reference=f"changelogger diff {update_id[-8:]}" if has_command else "",
    )


def _lines(facts: Mapping[str, Any]) -> Iterator[tuple[Segment, ...]]:
    """The lines of all hunks: a rewritten line as one, the others as removed and added."""
    # Most runs tell of no change: only one that does pays for this import.
    from daemon.compare import inline, rewritten

    for hunk in facts.get("hunks", ()):
        for old, new in rewritten(hunk.get("removed", ()), hunk.get("added", ())):
            if any(segment.mark is Mark.SAME for segment in old):
                yield inline(old, new)
            else:
                yield from filter(None, (old, new))


def _failing(facts: Mapping[str, Any]) -> Item:
    still = "still cannot" if facts.get("is_reminder") else "cannot"
    known = str(facts.get("error_class", ""))
    lead = _TROUBLES.get(ErrorClass(known), "") if known in set(ErrorClass) else ""
    if facts.get("status") == HTTPStatus.NOT_FOUND:
        lead = "the page is not found: it was moved or removed"
    return Item(
        tone="trouble",
        name=line(f"{_name(facts)} {still} be checked"),
        lead=_sentence(lead or "it cannot be read"),
        notes=(
            line(str(facts.get("detail", ""))),
            f"{facts.get('failures', 0)} failures in a row since {_minute(facts, 'failing_since')}",
        ),
        url=str(facts.get("url", "")),
        reference=f"reported as {line(known, 30)}",
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _recovered(facts: Mapping[str, Any]) -> Item:
    return Item(
        tone="good",
        name=line(f"{_name(facts)} can be checked again"),
        lead=f"It was out of reach for {duration(int(facts.get('outage_seconds', 0)))}.",
        notes=(f"since {_minute(facts, 'failing_since')}",),
        url=str(facts.get("url", "")),
    )


def _certificate(facts: Mapping[str, Any]) -> Item:
    left = int(facts.get("seconds_left", 0))
    host = line(str(facts.get("certificate_host", "")).removesuffix(":443"))
    ends = _minute(facts, "certificate_ends_at")
    return Item(
        tone="moderate",
        name=line(f"{facts.get('site', '')}: its certificate ends in {duration(left)}"),
        lead=f"The certificate of {host} is good until {ends}.",
        notes=("from then on it cannot be checked, and browsers warn of it, unless it is renewed",),
        url=str(facts.get("url", "")),
    )


def _moved(facts: Mapping[str, Any]) -> Item:
    url = line(str(facts.get("new_url", "")), 2000)
    note = "its text there is that known from the old address"
    if facts.get("text_differs"):
        note = (
            "its text there differs from that known before, and is what the next is compared with"
        )
    return Item(
        tone="moderate",
        name=line(f"{facts.get('site', '')} has moved"),
        lead=f"Its server says that its address is now {url}.",
        notes=(note, "it is still asked for at the old one: change the url of the site"),
        url=str(facts.get("url", "")),
    )


def _other(facts: Mapping[str, Any]) -> Item:
    return Item(
        name=line(str(facts.get("title") or _name(facts))),
        lead=line(str(facts.get("summary") or ""), 1000),
        notes=tuple(line(str(reason)) for reason in facts.get("reasons", ())),
        url=str(facts.get("url", "")),
    )


def _minute(facts: Mapping[str, Any], name: str) -> str:
    return str(facts.get(name, ""))[:16].replace("T", " ") + " UTC"


def link_of(url: str) -> str:
    """The URL if it is safe to link to; empty for any other scheme."""
    return line(url, 2000) if url.startswith(("https://", "http://")) else ""
