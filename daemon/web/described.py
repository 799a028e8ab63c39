"""Reads a site or a product from a form, by the rules and under the names of the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from daemon.config import Config, SiteConfig
from daemon.config.doubts.frequencies import unkept_timing
from daemon.config.products import ProductConfig
from daemon.config.reading.given import given_product, given_site
from daemon.config.reading.writing import plain_text, toml_value
from daemon.config.sites import RULE_FIELDS
from daemon.model.errors import ConfigError, Fault
from daemon.model.request import Timing
from daemon.model.site import Rules
from daemon.operations.editing import ProductEdit, SiteEdit, edited_product, edited_site
from daemon.operations.lookup import ProductView, SiteView
from daemon.url import name_from
from daemon.web.asked.fields import (
    CALLED,
    EVERY,
    PRODUCT,
    PRODUCT_EDIT,
    RULES,
    SITE,
    SITE_EDIT,
    TIMES,
    Asked,
    Section,
)
from daemon.web.forms import Fields

_MISSING = "is missing"
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?![0-9])", re.IGNORECASE)  # a port has digits
_ANYWHERE = "http://localhost/"  # of rules alone, without a site
_NO_RULES = Rules()
_NAMELESS = "new"  # where there is no address to name it by, which is told by itself
_Described = TypeVar("_Described")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a form: by field, and what belongs to none."""

    fields: Mapping[str, str]
    others: Sequence[str] = ()


NOTHING_WRONG = Wrong({})


class WrongFormError(Exception):
    """A form that describes nothing usable."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__("; ".join((*wrong.fields.values(), *wrong.others)))
        self.wrong = wrong


def names_of(sections: Sequence[Section]) -> tuple[str, ...]:
    """The names of all fields of a form."""
    return tuple(one.name for section in sections for one in section.asked)


def values_of(sections: Sequence[Section], fields: Fields) -> dict[str, str]:
    """What was written in each field, for showing the form again.

    Errors: InputError.
    """
    return {name: fields.text(name) for name in names_of(sections)}


def site_in(config: Config, fields: Fields) -> SiteConfig:
    """The site that a form describes.

    Errors: WrongFormError, InputError.
    """
    table = _table(SITE, fields)
    table.setdefault("name", name_from(str(table.get("url", ""))) or _NAMELESS)
    return _given(given_site, config, table, SITE)


def schedule_values(view: SiteView | ProductView) -> dict[str, str]:
    """What is written in the fields of a form for how something is called and checked."""
    given = {one.name: getattr(view, one.name) or "" for one in (CALLED, EVERY, *TIMES)}
    return {**given, "tags": ", ".join(view.tags)}


def rules_in(config: Config, fields: Fields, present: Rules) -> Rules:
    """The rules that a form describes, with those of the present ones that it does not ask for.

    Shape:  what is empty in it is empty, whatever a type or a group says.
    Errors: WrongFormError, InputError.
    """
    asked = names_of(RULES)
    kept = {
        name: value
        for name in RULE_FIELDS
        if name not in asked and (value := getattr(present, name)) != getattr(_NO_RULES, name)
    }
    # Neither a type nor tags are given: what is left empty here is not taken from these.
    table = {"name": _NAMELESS, "url": _ANYWHERE, **kept, **_table(RULES, fields)}
    return _given(given_site, config, table, RULES).rules()


def written_rules(rules: Rules) -> dict[str, str]:
    """What these rules are in the fields of a form; what is as usual is empty."""
    return {
        one.name: _written(one, getattr(rules, one.name), getattr(_NO_RULES, one.name))
        for section in RULES
        for one in section.asked
    }


def with_chosen(lines: str, selector: str) -> str:
    """The lines of a field with one more selector, unless it is among them."""
    present = lines.splitlines()
    return "\n".join(present if selector in present else [*present, selector])


def _written(asked: Asked, value: object, usual: object) -> str:
    if value == usual:
        return ""
    if asked.off and not value:
        return asked.off
    if isinstance(value, tuple):
        return ("\n" if asked.kind == "lines" else ", ").join(map(str, value))
    return "1" if value is True else str(value)


def lines_of(present: Rules, rules: Rules) -> list[str]:
    """The lines of a [[site]] table that make other rules of the present ones."""
    names = [name for name in names_of(RULES) if getattr(rules, name) != getattr(present, name)]
    return [_line(name, getattr(rules, name)) for name in names]


def _line(name: str, value: object) -> str:
    if value is None:
        return f"# and without {name}"
    if isinstance(value, tuple):
        value = [plain_text(one) for one in value]
    return f"{name} = {toml_value(plain_text(value) if isinstance(value, str) else value)}"


def product_in(config: Config, fields: Fields) -> ProductConfig:
    """The product that a form describes.

    Errors: WrongFormError, InputError.
    """
    table = _table(PRODUCT, fields)
    if "urls" in table:
        table["urls"] = [_with_scheme(url) for url in table["urls"]]
    table.setdefault("name", name_from(next(iter(table.get("urls", ())), "")) or _NAMELESS)
    return _given(given_product, config, table, PRODUCT)


def unkept(config: Config, timing: Timing, renderer: str) -> Iterator[str]:
    """Where something cannot be checked as often as its owner wishes, as `config check` says."""
    for flaw in unkept_timing((), timing, renderer, config):
        name = str(flaw.path[-1]).replace("_", " ").capitalize()
        yield f"{name} {flaw.problem}."


def site_edit_in(config: Config, fields: Fields, view: SiteView) -> SiteEdit:
    """What a form says that this site shall be called, and when it is checked.

    Shape:  what is empty in it is as usual.
    Errors: WrongFormError, InputError.
    """
    return _given(partial(edited_site, view=view), config, _edited(SITE_EDIT, fields), SITE_EDIT)


def product_edit_in(config: Config, fields: Fields, view: ProductView) -> ProductEdit:
    """What a form says of this product, as `site_edit_in`.

    Errors: WrongFormError, InputError.
    """
    table = _edited(PRODUCT_EDIT, fields)
    return _given(partial(edited_product, view=view), config, table, PRODUCT_EDIT)


def _edited(sections: Sequence[Section], fields: Fields) -> dict[str, Any]:
    return {**dict.fromkeys(names_of(sections)), **_table(sections, fields)}


def _table(sections: Sequence[Section], fields: Fields) -> dict[str, Any]:
    """What was filled in, as in the file."""
    table: dict[str, Any] = {}
    for one in (asked for section in sections for asked in section.asked):
        if text := fields.text(one.name):
            table[one.name] = _value(one, text)
    return table


def _value(one: Asked, text: str) -> object:
    if one.off and text == one.off:
        return [] if one.kind == "words" else False
    match one.kind:
        case "flag":
            return True
        case "url":
            return _with_scheme(text)
        case "lines":
            return [line.strip() for line in text.splitlines() if line.strip()]
        case "words":
            return [word.strip() for word in text.split(",") if word.strip()]
        case "number" if _NUMBER.fullmatch(text):
            return float(text) if "." in text else int(text)
        case _:  # what should be a number and is none is told by the rules of the file
            return text


def _with_scheme(text: str) -> str:
    """An address as browsers take it: without a scheme, it is one of https."""
    return text if text.startswith("/") or _SCHEME.match(text) else f"https://{text}"


def _given(
    read: Callable[..., _Described],
    config: Config,
    table: Mapping[str, Any],
    sections: Sequence[Section],
) -> _Described:
    try:
        return read(config, given=table, name_of=lambda path: str(path[0]) if path else "")
    except ConfigError as exc:
        raise WrongFormError(_wrong(exc.faults, names_of(sections))) from exc


def _wrong(faults: Sequence[Fault], known: Collection[str]) -> Wrong:
    """These faults by their fields."""
    told, others = dict[str, str](), list[str]()
    for fault in faults:
        # The hint of what is missing says how to write it in the file.
        has_hint = fault.hint and fault.problem != _MISSING
        words = f"{fault.problem}: {fault.hint}" if has_hint else fault.problem
        field = fault.where if fault.where in known else f"{fault.where}s"  # `url` for `urls`
        if field in known:
            told[field] = "; ".join(filter(None, (told.get(field), words)))
        else:
            others.append(f"{fault.where}: {words}" if fault.where else words)
    return Wrong(told, others)
