"""The conditions that an owner's rules set, and what one reading says of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from daemon.model.site import Rules, Standing

LANGUAGES = ("re", "css", "xpath", "xpath2", "query")
_QUERIES = ("jq", "jsonpath")  # beside JMESPath, which `query:` is by itself
SELECTORS = ("css", "xpath", "xpath2")
COMPARISONS = ("below", "above", "changes_by")


@dataclass(frozen=True, slots=True)
class Target:
    """What a condition looks for: words, or what a pattern, a selector or a query matches."""

    place: str  # "appears[0]"
    language: str  # words, or one of LANGUAGES
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a site.

    Shape: `key` stays the same wherever the condition stands in the list of its option.
    """

    option: str
    key: str
    place: str
    targets: tuple[Target, ...] = ()
    bound: Decimal | None = None
    is_percent: bool = False

    @property
    def is_counted(self) -> bool:
        """Whether its number is how often something is there, and not one that is read."""
        return self.option == "count" or (self.option in COMPARISONS and bool(self.targets))


@dataclass(frozen=True, slots=True)
class Observed:
    """What a reading says of a condition.

    Shape: `holds` is None for a mere number, and where it cannot be told: `problem` says why.
           `shown` are the words found, or the number as it is written.
    """

    key: str
    holds: bool | None = None
    number: str = ""
    shown: str = ""
    problem: str = ""


def conditions_of(rules: Rules) -> tuple[Condition, ...]:
    """All conditions that these rules set."""
    return (*_presences(rules), *_numbers(rules)) if rules.has_conditions else ()


def in_order(standings: Mapping[str, Standing], rules: Rules) -> dict[str, Standing]:
    """How conditions stand, in the order of the rules, whatever order a database keeps."""
    keys = [one.key for one in conditions_of(rules)]
    return {key: standings[key] for key in dict.fromkeys((*keys, *standings)) if key in standings}


def target_of(written: str, place: str) -> Target:
    """The target that an owner wrote: `re:`, `css:`, `xpath:` or `query:` before it, else words."""
    language, colon, text = written.partition(":")
    if colon and language.strip() in _QUERIES:
        return Target(place, "query", written.strip())
    if colon and language.strip() in LANGUAGES:
        return Target(place, language.strip(), text.strip())
    return Target(place, "words", " ".join(written.split()))


def selector_of(target: Target) -> str:
    """A target as `include` would have it."""
    return target.text if target.language == "css" else f"{target.language}:{target.text}"


def parse_change(written: str) -> tuple[Decimal, bool]:
    """The amount by which a number changes, and whether it is in percent of the one before.

    Errors: ArithmeticError, ValueError for what is no such amount.
    """
    text = written.strip()
    amount = Decimal(text.removesuffix("%").strip())
    if not amount.is_finite() or amount <= 0:
        raise ValueError(written)
    return amount, text.endswith("%")


def _targets(rules: Rules, option: str) -> tuple[Target, ...]:
    written = getattr(rules, option)
    return tuple(target_of(text, f"{option}[{index}]") for index, text in enumerate(written))


def _presences(rules: Rules) -> Iterator[Condition]:
    for option in ("appears", "disappears"):
        for written, target in zip(getattr(rules, option), _targets(rules, option), strict=True):
            yield Condition(option, f"{option} {written}", target.place, (target,))
    if rules.contains:
        key = f"contains {' and '.join(rules.contains)}"
        yield Condition("contains", key, "contains", _targets(rules, "contains"))


def _numbers(rules: Rules) -> Iterator[Condition]:
    counted = _targets(rules, "count")
    compared = [option for option in COMPARISONS if getattr(rules, option) is not None]
    for option in compared:
        yield from _comparisons(option, str(getattr(rules, option)), counted, rules)
    if not compared:
        for target, written in zip(counted, rules.count, strict=True):
            yield Condition("count", f"count {written}", target.place, (target,))


def _comparisons(
    option: str, written: str, counted: tuple[Target, ...], rules: Rules
) -> Iterator[Condition]:
    """A comparison of the number that is chosen, or of each that is counted."""
    bound, is_percent = (
        parse_change(written) if option == "changes_by" else (Decimal(written), False)
    )
    if not counted:
        yield Condition(option, f"{option} {written}", option, (), bound, is_percent)
    for target, of in zip(counted, rules.count, strict=True):
        key = f"{option} {written} of {of}"
        yield Condition(option, key, option, (target,), bound, is_percent)
