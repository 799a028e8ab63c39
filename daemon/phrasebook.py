"""Every phrase in which a finding is told, each once: a translation replaces this table."""

from __future__ import annotations

from enum import StrEnum

# After one of these, also within quotation marks, a sentence needs no full stop.
_ENDS = ".!?。！？؟۔।։"
_CLOSING = "”)」』"


class Phrase(StrEnum):
    """A phrase with gaps in braces; where a number decides its form, it has one for each."""

    # What became of a piece of the page.
    ADDED = "Added: {quotes}"
    ADDED_MANY = "Added ({count}): {quotes}"
    REMOVED = "Removed: {quotes}"
    REMOVED_MANY = "Removed ({count}): {quotes}"
    NEW_SECTION = "New section {heading}"
    NEW_SECTION_SAYING = "New section {heading}: {quotes}"
    SECTION_GONE = "Section removed: {heading}"
    SECTION_GONE_SAYING = "Section removed: {heading}: {quotes}"
    NEW_ENTRY = "New: {heading}"
    NEW_ENTRY_SAYING = "New: {heading}: {quotes}"
    NEW_ENTRIES = "New: {headings}"
    REPLACED = "{old} → {new}"
    REPLACED_NAMED = "{name}: {old} → {new}"
    NOW = "{new} (before: {old})"
    NOW_NAMED = "{name}: {new} (before: {old})"
    CHANGED = "Changed: {quote} (was: {old})"
    CHANGED_BY_ADDING = "Added to {quote}: {new}"
    CHANGED_BY_LEAVING_OUT = "Changed: {quote} (no longer: {old})"
    SWAPPED = "{old} → {new} ({count} times)"
    SWAPPED_NAMED = "{name}: {old} → {new} ({count} times)"
    RENUMBERED = "Only the numbering differs: {old} → {new}"

    # Extent and place.
    REWRITTEN = "Rewritten: {count} places"
    REWRITTEN_MOSTLY = "Mostly rewritten: {count} places"
    REPLACED_MOSTLY = "Mostly rewritten: {gone} went and {came} came"
    NEW_SECTIONS = "New sections: {headings}"
    SECTIONS_GONE = "Sections removed: {headings}"
    AGAIN = "Repeated: {count} lines stand on the page a second time, from {quote} on"
    STILL_THERE = "Removed where they were repeated: {count} lines, from {quote} on"
    TOO_DIFFERENT = (
        "Nearly everything changed: {removed} lines went and {added} came,"
        " too many to compare one by one"
    )
    ONE_SENTENCE = "1 sentence"
    SENTENCES = "{count} sentences"
    ONE_LINE = "1 line"
    LINES = "{count} lines"
    ONE_MORE = "(and 1 more)"
    MORE = "(and {count} more)"
    ONE_MORE_PLACE = "(and 1 place more)"
    MORE_PLACES = "(and {count} places more)"
    SAME_ELSEWHERE = "(in {count} places)"
    AROUND = "Around the content ({places}): {told}"
    BESIDE = "Beside the main content: {told}"
    ONLY_AROUND = "Only what surrounds the content differs: {places}"
    ONLY_NOISE = "Nothing but counters, ages, tokens or formatting differs"
    ONLY_FORM = "Only spelling, spacing or formatting differs"
    ONE_MOVED = "1 place moved; no word differs"
    MOVED = "{count} places moved; no word differs"
    MOVED_AND_AROUND = "Moved lines: {count}; words differ only around the content ({places})"
    INSTEAD = "Instead of the page stands {wall} ({evidence})"
    NOTHING_CHOSEN = "Nothing is chosen: {rules} matches nothing"
    NO_LONGER_THERE = "No longer on the page: {quote} ({rules})"
    NOW_THERE = "Now on the page: {quote} ({rules})"

    # Prices, stock, dates, titles.
    PRICE = "Price: {old} → {new}"
    PRICES = "Price: {old} → {new} (and {count} more)"
    PRICE_GONE = "Price gone: {old}"
    PRICE_COME = "New price: {new}"
    AVAILABILITY = "Availability: {old} → {new}"
    DATE = "Date: {old} → {new}"
    DATE_COME = "New date: {new}"
    DATE_GONE = "Date gone: {old}"
    TITLE = "Title: {old} → {new}"
    COSTS = "It costs {new}"

    def say(self, **parts: object) -> str:
        """The phrase with its gaps filled."""
        return self.format(**parts)

    def sentence(self, **parts: object) -> str:
        """The phrase as a sentence, ended once."""
        return ended(self.format(**parts))


def counted(number: int, one: Phrase, several: Phrase) -> str:
    """A number with what it counts."""
    return one.say() if number == 1 else several.say(count=f"{number:,}")


def ended(text: str) -> str:
    """The text with a full stop, unless what it ends with, a quotation also, has an end."""
    bare = text.rstrip(_CLOSING)
    is_ended = bare[-1:] in _ENDS and (text.endswith("”") or bare == text)
    return text if is_ended else f"{text}."
