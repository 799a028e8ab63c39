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

    # Pictures.
    PICTURE_REGION = "The picture differs {places} ({share} of it)."
    PICTURE_REGIONS = "The picture differs in {count} places, {places} ({share} of it)."
    PICTURE_RESIZED = "It is now {width} × {height} pixels."

    # Extent and place.
    REWRITTEN = "Rewritten: {count} places"
    REWRITTEN_MOSTLY = "Mostly rewritten: {count} places"
    REPLACED_MOSTLY = "Mostly rewritten: {gone} went and {came} came"
    NEW_SECTIONS = "New sections: {headings}"
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
    PRICE_UNSURE = "Its price is not certain yet"

    # Why it is graded so: parts of reasons, which are no sentences.
    WORD_DIFFERS = "1 word differs"
    WORDS_DIFFER = "{count} words differ"
    BLOCK_DIFFERS = "1 block differs"
    BLOCKS_DIFFER = "{count} blocks differ"
    LINE_MOVES = "1 line moves by itself"
    LINES_MOVE = "{count} lines move by themselves"
    LINE_COMES = "1 line comes and goes"
    LINES_COME = "{count} lines come and go"
    OF_IT = "({share} of it)"
    AND = " and "
    BY_RATINGS = "the ratings of this site ({useful} useful, {noise} noise)"
    BY_SENSITIVITY = "its sensitivity of {value}"
    WHY_RAISED = "{what} raise the odds that it matters"
    WHY_LOWERED = "{what} lower the odds that it matters"
    WHY_WALL = "the page looks like {wall}: {quote}"
    WHY_CHOSEN = "a chosen value is watched to the letter: any difference counts"
    WHY_GONE = "nothing matches any more: {rules}"
    WHY_APPEARED = "nothing had matched since {since}: {rules}"
    WHY_FLAP = "the page went back to its state of {then}"
    WHY_SAME = "nothing is left after the noise rules"
    WHY_ENTRY = "a new entry of the feed: news, however short"
    WHY_ENTRIES = "{count} new entries of the feed: news, however short"
    WHY_MASS_REMOVAL = "nearly all of the page went: shown although only additions are asked for"
    WHY_FORM = "the main content differs in spelling, signs or numbering"
    WHY_MAIN_WORD = "1 word of the main content differs"
    WHY_MAIN_WORDS = "{count} words of the main content differ"
    WHY_NUMBERS = "only numbers differ"
    WHY_REWORDED = "short rewordings, nothing new"
    WHY_SCATTERED = "scattered edits of a technical text"
    WHY_FEW = "no more than {count} words: minor unless they matter"
    WHY_HEADING = "a new heading: {quote}"
    WHY_PRICE = "a price changed: {old} → {new}"
    WHY_PRICE_GONE = "a price went, and no other is left: {old}"
    WHY_PRICE_COME = "a price came where none was: {new}"
    WHY_STOCK = "availability changed: {old} → {new}"
    WHY_DATE = "a date moved: {old} → {new}"
    WHY_SECURITY = "speaks of security: {quote}"
    WHY_ADVISORY = "a new advisory: {quote}"
    WHY_FIGURE = "a number changed: {old} → {new}"
    WHY_FIGURE_NAMED = "a number changed: {name}: {old} → {new}"
    WHY_CLAUSE = "few words that bind: {quote}"
    WHY_ITEM = "an item of a list: {quote}"
    WHY_RELEASE = "names a new version: {versions}"
    WHY_STATE = "a state flipped: {old} → {new}"
    WHY_WARNING = "warns of a danger: {quote}"
    WHY_BREAKING = "speaks of breaking changes"
    WHY_AROUND = "{differ} around the content ({places})"
    WHY_BESIDE = "{differ} beside the main content"
    WHY_TITLE = "the title changed: {old} → {new}"
    WHY_RESTLESS = "the text differed at {changes} of the last {visits} visits"
    WHY_RESTLESS_EACH = "the text differed at each of the last {visits} visits"
    WHY_RESTLESS_LAST = "the text differed at the last visit"
    WHY_LINE_MOVED = "1 line only moved"
    WHY_LINES_MOVED = "{count} lines only moved"
    WHY_MASKED = "{differ} only by counters, ages, tokens or formatting"
    WHY_ON_THIS_PAGE = "{what} on this page: {quote}"

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
