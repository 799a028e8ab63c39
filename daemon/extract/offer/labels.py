"""Reads what the words beside an amount, and the names around it, say that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice

from lxml.etree import _Element as Element

from daemon.extract.markup.hidden import is_hidden
from daemon.extract.offer import regions
from daemon.extract.offer.regions import DomContext
from daemon.extract.offer.tree import INLINE, Tree, lineage, squeeze, text_of
from daemon.money import words
from daemon.money.parse import Amount, find_amounts

_LONGEST_LINE = 150
_MOST_LEVELS = 4  # around one amount
_DIGIT = re.compile(r"\d")
_SENTENCE_END = re.compile(r"[.!?;•|](?=\s)|[。！]")
_LETTER = re.compile(r"[^\W\d_]")
_FEW_LETTERS = 3  # of a word that nobody knows: "no", "à"
_ONE_WORD = 6  # shorter than most nouns: "schon", "our"
_MANY_LETTERS = 12  # after an amount: more than its unit or its tax

_CALLED_PRICE = 1.0
_CALLED_SOME_PRICE = -0.5  # the price for members, the lowest of the month: or just "our price"
_CALLED_BY_A_WORD = -1.5
_CALLED_OTHERWISE = -2.0
_IN_A_SENTENCE = -0.8
_HIGHER_OF_TWO = -1.0
_CELLS = ("td", "th", "dt", "dd")
_STRUCK_TAGS = ("del", "s", "strike")


@dataclass(frozen=True, slots=True)
class Label:
    """The words of an amount's own line, between it and the amounts beside it."""

    before: str = ""
    after: str = ""
    role: str | None = None  # that the words give, where the line is short enough to say
    is_prose: bool = False  # in the middle of a paragraph
    is_higher: bool = False  # of two amounts side by side, without a word that tells them apart

    @property
    def score(self) -> float:
        """How much the words speak for a price: it stands alone, or is called a price.

        What nobody calls a price is that of a guarantee, a club, another seller or a comment.
        """
        if self.is_prose:
            return _CALLED_OTHERWISE + _IN_A_SENTENCE
        score = _called(self.before) + (_HIGHER_OF_TWO if self.is_higher else 0.0)
        return score + (_IN_A_SENTENCE if _unexplained(self.after) >= _MANY_LETTERS else 0.0)

    @property
    def is_other(self) -> bool:
        """Whether the words before the amount name something else than a price."""
        return _called(self.before) <= _CALLED_OTHERWISE


NO_LABEL = Label()


@lru_cache(maxsize=2048)
def _called(before: str) -> float:
    unexplained = _unexplained(before)
    if not words.PRICE_NOUN.search(before):
        return 0.0 if unexplained < _FEW_LETTERS else _called_otherwise(unexplained)
    if unexplained < _FEW_LETTERS:
        return _CALLED_PRICE
    if unexplained < _ONE_WORD:
        return 0.0  # "our price"
    return _CALLED_SOME_PRICE if unexplained < _MANY_LETTERS else _CALLED_OTHERWISE


def _called_otherwise(letters: int) -> float:
    return _CALLED_BY_A_WORD if letters < _ONE_WORD else _CALLED_OTHERWISE


_PRICE_WORDS = (
    words.WAS,
    words.NOW,
    words.WITHOUT_TAX,
    words.WITH_TAX,
    words.PIECE_BEFORE,
    words.PRICE_NOUN,
    words.FROM_ANYWHERE,
)


@lru_cache(maxsize=2048)
def _unexplained(text: str) -> int:
    """How many letters of the text are not of words that belong to prices."""
    if not _LETTER.search(text):
        return 0
    for pattern in _PRICE_WORDS:
        text = pattern.sub(" ", text)
    return len(_LETTER.findall(text))


def label_of(element: Element, shown: str, amount: Amount, tree: Tree) -> Label:
    """The words around the amount that `shown`, the text of the element, has.

    Shape: those of the smallest block that says more than the element, such as a row of a table;
           of the element alone where that block is long, or holds the heading.
    """
    own = _within(shown, amount)
    if _unexplained(own.before) < len(_LETTER.findall(own.before)):
        return own  # it says itself that it is a price, and of what kind
    inner = element
    for node in islice(lineage(element), 1, _MOST_LEVELS):
        if node in tree.heading_line:
            break
        text = squeeze(text_of(node, _LONGEST_LINE + 20))
        if len(text) <= len(shown):
            inner = node
            continue
        if len(text) > _LONGEST_LINE:
            return _within(shown, amount, is_prose=node.tag == "p" and element.tag in INLINE)
        label = _within(text, amount)
        if inner.tag not in INLINE and inner.tag not in _CELLS:
            label = replace(
                _below(inner, text_of(inner, 170), amount, tree), is_higher=label.is_higher
            )
        return replace(label, role="now") if _follows_struck(node, element, label) else label
    return own


def _below(line: Element, shown: str, amount: Amount, tree: Tree) -> Label:
    """The label of an amount in a line of its own: its words, and the line right above it."""
    above = line.getprevious()
    if above is None or is_hidden(above.tag, above.get):
        return _within(squeeze(shown), amount)
    return _within(squeeze(f"{tree.line_of(above)} {shown}"), amount)


def _follows_struck(node: Element, element: Element, label: Label) -> bool:
    """Whether the block strikes out another amount: then this one replaces it."""
    if label.role not in (None, "plain"):
        return False
    struck = islice(node.iter(*_STRUCK_TAGS), 4)
    return any(one is not element and _DIGIT.search(text_of(one, 40)) for one in struck)


@lru_cache(maxsize=1024)
def amounts_in(text: str) -> tuple[Amount, ...]:
    """The amounts of a text with their roles: a block is read for its role and for its label."""
    return tuple(find_amounts(text))


def _within(text: str, amount: Amount, is_prose: bool = False) -> Label:
    """The label that a text gives to the amount in it; without a role if the text has it twice."""
    amounts = amounts_in(text)
    places = [n for n, found in enumerate(amounts) if found.number == amount.number]
    if not places:
        return Label(is_prose=is_prose)
    first = places[0]
    begin = max((found.end for found in amounts[:first] if found.mark), default=0)
    end = amounts[first + 1].start if first + 1 < len(amounts) else len(text)
    roles = {amounts[n].role for n in places}
    before = _SENTENCE_END.split(text[begin : amounts[first].start])[-1]
    after = _SENTENCE_END.split(text[amounts[first].end : end])[0]
    role = roles.pop() if len(roles) == 1 else None
    return Label(before, after, role, is_prose, _is_higher(amounts[first], amounts, text))


def _is_higher(amount: Amount, amounts: tuple[Amount, ...], text: str) -> bool:
    """Whether the text is two amounts and no words, and this is the higher: the old price."""
    marked = [found for found in amounts if found.mark]
    if len(marked) != 2 or {found.role for found in marked} != {"plain"}:
        return False
    if words.WITH_TAX.search(text) or words.WITHOUT_TAX.search(text) or _unexplained(text) > 8:
        return False
    one, other = (found.value() or 0 for found in marked)
    return max(one, other) == amount.value() and one != other


def role_of(amount: Amount, label: Label, where: DomContext) -> str:
    """What the amount is: by strikes, by its own words, by names, then by the words beside it."""
    if where.is_struck:
        return "struck"
    if amount.role not in ("plain", "from"):
        return amount.role
    if label.role == "net":
        return "net"  # whatever the names say: they name old and new
    named = _named_role(where.levels)
    if named:
        return named
    return label.role or amount.role


_NAMED_ROLES = (
    ("unit", regions.UNIT),
    ("monthly", regions.MONTHLY),
    ("save", regions.SAVING),
    ("shipping", regions.SHIPPING),
    ("member", regions.MEMBER),
)


def _named_role(levels: tuple[str, ...]) -> str | None:
    """The role that names give: first those that are no price of the product, then old or new.

    Between old and new the nearest name counts, and within one element the first.
    """
    around = "".join(levels[:3])
    for role, pattern in _NAMED_ROLES:
        if pattern.search(around):
            return role
    for names in levels:
        old, sale = regions.OLD.search(names), regions.SALE.search(names)
        if old or sale:
            return "was" if old and (not sale or old.start() < sale.start()) else None
    return None
