"""Which rules are written in which language, and whether its library is installed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NoReturn

from daemon.model.errors import ExtractError
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

INSTALL = "pip install 'changelogger[query]'"


@dataclass(frozen=True, slots=True)
class Language:
    """A language, the prefix by which a rule chooses it, and the library that runs it."""

    name: str
    prefix: str
    library: str

    def text_of(self, rule: str) -> str | None:
        """The rule without its prefix; None when it is of another language."""
        rule = rule.lstrip()
        return rule.removeprefix(self.prefix) if rule.startswith(self.prefix) else None

    @property
    def is_installed(self) -> bool:
        return find_spec(self.library) is not None


JQ = Language("jq", "jq:", "jq")
JSONPATH = Language("JSONPath", "jsonpath:", "jsonpath_ng")
XPATH2 = Language("XPath 2", "xpath2:", "elementpath")


RulePath = tuple[str | int, ...]


def not_installed(rules: Rules) -> Iterator[tuple[RulePath, str]]:
    """The place of each rule whose language has no library here, and the name of the language."""
    places: list[tuple[RulePath, str]] = [(("query",), rules.query or "")]
    for field in ("include", "exclude", "appears", "disappears", "contains", "count"):
        places += [((field, index), rule) for index, rule in enumerate(getattr(rules, field))]
    for place, rule in places:
        text = rule.strip().removeprefix("query:")  # which a condition may have before it
        for language in (JQ, JSONPATH, XPATH2):
            if language.text_of(text) is not None and not language.is_installed:
                yield place, language.name


def missing_languages(rules: Rules) -> list[str]:
    """The names of the languages in these rules that have no library here, each once."""
    return list(dict.fromkeys(name for _, name in not_installed(rules)))


class Missing:
    """Stands for a rule whose library is not installed: it fails where it is used."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, _root: Any) -> NoReturn:
        detail = f"{self._language.name} needs a library that is not installed: {INSTALL}"
        raise ExtractError(ErrorClass.SELECTOR, detail)

    search = __call__
