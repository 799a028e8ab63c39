"""From a scene and the template of its shop system to the bytes of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup as Safe

from benchmarks.shop_pages import filler
from benchmarks.shop_pages.markup import Markup, json_lds, markup, state_tree
from benchmarks.shop_pages.scenes import Note, Scene, scene
from benchmarks.shop_pages.vocabulary import half_of, languages, share

_STYLES = Path(__file__).with_name("styles")
_SHARED = {"layout", "parts", "other"}
_ENTITIES = {"€": "&euro;", "£": "&#163;", "\u00a0": "&nbsp;", "¥": "&yen;", "₹": "&#8377;"}
_SCRIPT_OR_SIGN = re.compile(r"<(script|style)\b.*?</\1>|[€£\u00a0¥₹]", re.DOTALL)
# Classes of looks, which say nothing of what they are put on.
_UTILITY = [
    "size-medium text-success",
    "text-sm option-row",
    "font-size-small color-variant",
    "select-none medium-6 text-gray-700",
    "col-size-12 text-body",
    "choice-line small-12 text-right",
    "mb-2 variant-bold size-s",
    "label-sm text-option",
]


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its answer."""

    name: str
    style: str
    url: str
    body: bytes
    expected: dict[str, str | None]
    features: tuple[str, ...]
    roles: tuple[tuple[str, Decimal], ...]  # of the amounts that are not the answer


@cache
def styles() -> tuple[str, ...]:
    """The shop systems that have a template."""
    return tuple(sorted({path.stem for path in _STYLES.glob("*.html")} - _SHARED))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_STYLES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


def combinations(half: str, chosen: Iterable[str]) -> list[tuple[str, str]]:
    """The shop systems and languages of a half."""
    return [
        (style, language)
        for style in chosen
        for language in languages()
        if half_of(style, language) == half
    ]


def page(seed: int, half: str, number: int, chosen: Iterable[str] | None = None) -> Page:
    """The page of this number, always the same."""
    rng = Random(f"{seed}/{half}/{number}")
    style, language = rng.choice(combinations(half, chosen or styles()))
    made = scene(style, language, half, rng)
    url = f"https://www.{made.brand.lower()}-{style}.{made.locale.tld}/p/{made.sku.lower()}"
    template = _environment().get_template(f"{style}.html")
    view = View(made, url)
    text = _finished(template.render(p=view), rng)
    name = f"{half}-{seed}-{number:05}-{style}-{made.locale.name}"
    features = tuple(sorted(made.features))
    roles = (*made.roles, *view.told_role)
    return Page(name, style, url, text.encode(), made.expected, features, roles)


def _finished(text: str, rng: Random) -> str:
    if rng.random() < 0.25:
        text = _SCRIPT_OR_SIGN.sub(lambda found: _ENTITIES.get(found[0], found[0]), text)
    if rng.random() < 0.4:
        return re.sub(r">\s*\n\s*<", "><", text)
    return re.sub(r"\n\s*\n+", "\n", text)


class View:
    """What the templates ask: the scene, its markup, and what differs from shop to shop."""

    def __init__(self, made: Scene, url: str) -> None:
        self._made = made
        self._rng = made.rng
        self.url = url
        self._told = markup(made)  # of another product in a script only, never at the price itself
        self.told = self._told if self._told.title == made.title else Markup()
        self.bytes = filler.page_bytes(made.rng)
        self._dialect: dict[str, str] = {}
        is_dressed = made.chance(0.3, "utility classes")
        self.utility = (
            " " + self.d("|".join(_UTILITY).replace(" ", "+")).replace("+", " ")
            if is_dressed
            else ""
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    @property
    def told_role(self) -> list[tuple[str, Decimal]]:
        """The amount that machines are told."""
        return [("markup", Decimal(self._told.price))] if self._told else []

    def d(self, choices: str) -> str:
        """One of the choices: of those of the half, and the same throughout the page."""
        if choices not in self._dialect:
            self._dialect[choices] = self._rng.choice(share(choices.split("|"), self.half))
        return self._dialect[choices]

    def maybe(self, chance: float, feature: str = "") -> bool:
        """Whether the page has a thing of this share of all pages."""
        return self._made.chance(chance, feature)

    def word(self, key: str) -> str:
        return self._made.words.same(key)

    def any_word(self, key: str) -> str:
        return self._made.words.one(key)

    def every_word(self, key: str) -> list[str]:
        return self._made.words.every(key)

    def listed(self, key: str) -> list[str]:
        return self._made.words.listed(key)

    @property
    def menu(self) -> list[str]:
        return self.listed("menu")

    @property
    def sellers_title(self) -> str:
        """The words before the number of others' offers."""
        return self.listed("others")[0].partition(":")[0].partition("：")[0]

    def notes_at(self, slot: str) -> list[Note]:
        return [note for note in self.notes if note.slot == slot]

    @property
    def is_product(self) -> bool:
        """Whether the page is about one product, with a price or without."""
        return self.kind not in {"category", "blog", "contact"}

    @property
    def no_price_words(self) -> str:
        return self.word(self.kind) if self.kind in {"login", "on_request"} else ""

    @property
    def zero(self) -> Any:
        """The empty cart of the header."""
        return self.price.times(0).less(self.price.times(0))

    @property
    def json_lds(self) -> list[Safe]:
        return [Safe(one.replace("</", "<\\/")) for one in json_lds(self._made, self._told)]

    @property
    def schema_url(self) -> str:
        return (
            f"{self.told.url or 'https://schema.org/'}{self.told.state}" if self.told.state else ""
        )

    def variations(self) -> str:
        """The options as an attribute holds them."""
        return json.dumps(
            [
                {
                    "attributes": {"attribute_option": one.name},
                    "display_price": float(one.money.plain),
                    "is_in_stock": one.is_available,
                    "availability_html": f'<p class="stock">{self.any_word("sold_option")}</p>',
                }
                for one in self.options
            ],
            ensure_ascii=False,
        )

    def state_json(self) -> Safe:
        """The state of a script-built shop."""
        return self.json(state_tree(self._made, self.told))

    def json(self, value: Any) -> Safe:
        return Safe(json.dumps(value, ensure_ascii=False).replace("</", "<\\/"))

    def css(self) -> Safe:
        return Safe(filler.styles(self._rng, self.bytes // 3))

    def script(self) -> Safe:
        return Safe(filler.script(self._rng, self.bytes // 3))

    def drawing(self) -> str:
        return filler.drawing(self._rng)

    def number(self, least: int, most: int) -> int:
        return self._rng.randint(least, most)
