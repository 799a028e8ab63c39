"""The fields of the forms that describe a site or a product, in their order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from daemon.config.options.discover import Discover
from daemon.config.options.rendering import Render
from daemon.config.sites import Follow, Kind, NotifyOn, NotifyOnOfSites, Watch

_Kind = Literal["line", "lines", "words", "choice", "flag", "number", "url"]
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "notify_on": {
        "auto": "its conditions, or what matters if it has none",
        "significant": "changes that matter",
        "every": "every change",
        "none": "no change, only failures",
    },
    "watch": {
        "auto": "a line or two exactly, more of it without noise",
        "letter": "exactly, any difference counts",
        "region": "without what changes at every visit",
    },
    "follow": {
        "same-site": "only to addresses of its site",
        "any": "wherever they lead",
        "none": "they are errors",
    },
    "kind": {"auto": "what it is", "file": "only whether it changes", "html": "a page"},
    "render": {
        "never": "it is read as it is sent",
        "auto": "where it shows nothing without",
        "always": "at each check",
    },
    "discover": {"sitemap": "in its sitemap", "links": "in its links"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of the form: a key of the file, and what a person is told of it.

    Shape: `lines` are a list, one in each line; `words` a list with commas between; `choices` have
           words of their own where those of the file need explaining. `off` is the word for none of
           it, where an empty field means what is usual.
    """

    name: str
    label: str
    hint: str = ""
    kind: _Kind = "line"
    choices: Mapping[str, str] = field(default_factory=dict)
    off: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Fields that belong together; those without a title are always shown."""

    title: str
    asked: tuple[Asked, ...]


def _choice(name: str, label: str, allowed: object) -> Asked:
    told = _CHOICES.get(name, {})
    words = {one: f"{one}: {told[one]}" if one in told else one for one in get_args(allowed)}
    return Asked(name, label, "", "choice", {"": "as usual", **words})


_NAME = Asked("name", "Name", "empty: the title that a try finds, else host and path")
_TAGS = Asked("tags", "Tags", "with commas between", "words")
EVERY = Asked("check_frequency", "Check", "such as 15m, hourly, 0 9 * * mon, auto; empty: daily")
TIMES = (
    Asked("detect_within", "Accepted delay", "with “auto”: how late a change may be found, 2h"),
    Asked("hours", "Hours", "such as 08:00-18:00"),
    Asked("days", "Days", "such as mon-fri"),
    Asked("time_zone", "Time zone", "such as Europe/Berlin"),
)
_WHEN = Section(
    "When it is checked",
    (
        *TIMES,
        _choice("follow", "Redirects", Follow),
        Asked("paused", "Do not check it yet", kind="flag"),
    ),
)
READING = Section(
    "What of the page is read",
    (
        Asked("include", "Only these parts", "CSS or XPath, one a line", "lines"),
        Asked("exclude", "Without these parts", "CSS or XPath, one a line", "lines"),
        Asked("main_content", "Only its main content", kind="flag"),
        Asked("query", "Of JSON, only this", "JMESPath, or jq: and jsonpath:"),
        Asked("extract", "Only what matches", "one pattern a line", "lines"),
        Asked("replace", "Put other words", "one PATTERN -> WORDS a line", "lines"),
        Asked("keep_lines", "Only lines that match", "one pattern a line", "lines"),
        Asked("drop_lines", "Without lines that match", "one pattern a line", "lines"),
        Asked("ignore", "Shown, but not compared", "one pattern a line", "lines"),
        Asked("links", "With the addresses of links", kind="flag"),
        Asked("attributes", "With the values of attributes", "such as alt, with commas", "words"),
        Asked(
            "collapse_whitespace",
            "Many spaces",
            kind="choice",
            choices={"": "are one", "no": "count as they are"},
            off="no",
        ),
        Asked("sort_lines", "Sorted: the order of lines says nothing", kind="flag"),
        Asked("unique_lines", "Each line once", kind="flag"),
        _choice("kind", "Read it as", Kind),
        Asked("raw", "The source itself", kind="flag"),
    ),
)
TOLD = Section(
    "What to be told of",
    (
        _choice("notify_on", "Notify of", NotifyOnOfSites),
        _choice("watch", "Compare", Watch),
        Asked("sensitivity", "Sensitivity", "from -1.5, less, to 1.5, more", "number"),
        Asked("additions_only", "Only what is added", kind="flag"),
        Asked(
            "mask", "Noise that is left out", "names of noise rules, or: none", "words", off="none"
        ),
        Asked("flap_hold", "Going back is no news within", "such as 1d, or: no", off="no"),
        Asked(
            "appears",
            "When this appears or disappears",
            "words, css: or re:, one a line",
            "lines",
        ),
        Asked("disappears", "When this disappears", "words, css: or re:, one a line", "lines"),
        Asked("contains", "When all of these are there", "likewise, one a line", "lines"),
        Asked("count", "How often this is there", "likewise, one a line", "lines"),
        Asked("below", "When the chosen number falls below", "such as 19.90"),
        Asked("above", "When it rises above", "such as 100"),
        Asked("changes_by", "When it changes by", "such as 2.50 or 5%"),
    ),
)
RULES = (READING, TOLD)
_BROWSER = Section(
    "Shown by a browser",
    (
        _choice("render", "Render it", Render),
        Asked("wait_for", "Until this is there", "CSS, or text: and words"),
        Asked("wait", "For so long", "such as 3s"),
        Asked("scroll", "Scroll down so many screens", "0 to 50", "number"),
    ),
)
SITE = (
    Section("", (Asked("url", "Address", kind="url"), _NAME, EVERY, _TAGS)),
    *RULES,
    _BROWSER,
    _WHEN,
    Section(
        "Many pages from this one",
        (
            _choice("discover", "Watch the pages that it names", Discover),
            Asked("discover_match", "Only such addresses", "such as /guide/*, one a line", "lines"),
        ),
    ),
)
_TARGET = Asked("target_price", "Tell me when it costs at most", "such as 79.90")
_DROP = Asked("drop_percent", "A fall by so many percent", "such as 10")
CALLED = Asked("name", "Name")
_AT = Section("At which times", TIMES)
SITE_EDIT = (Section("", (CALLED, EVERY, _TAGS)), _AT)
PRODUCT_EDIT = (Section("", (_TARGET, _DROP, CALLED, EVERY, _TAGS)), _AT)
PRODUCT = (
    Section(
        "",
        (
            Asked(
                "urls", "Addresses", "one a line: of one product, in one shop or several", "lines"
            ),
            _NAME,
            _TARGET,
            Asked("currency", "Currency", "such as EUR"),
            EVERY,
            _TAGS,
        ),
    ),
    Section(
        "What to be told of",
        (
            _DROP,
            Asked("drop_amount", "A fall by so much", "such as 5.00"),
            Asked("lowest_in_days", "The lowest price of so many days", "such as 90", "number"),
            Asked("price_rise", "A higher price", kind="flag"),
            Asked("out_of_stock", "That it is sold out", kind="flag"),
            Asked("only_when_buyable", "Lower prices only while it can be bought", kind="flag"),
            _choice("notify_on", "Notify of", NotifyOn),
        ),
    ),
    Section(
        "Where the price is misread",
        (
            Asked("selector", "It stands here", "CSS or XPath"),
            Asked("variant", "This variant", "as the shop names it"),
            Asked("locale", "Numbers are written as in", "such as de-DE"),
        ),
    ),
    _WHEN,
)
