"""The sites of config.toml, and the site types they take their defaults from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from daemon.config.sections import Section
from daemon.config.values import (
    Flaw,
    FrequencyText,
    Headers,
    KeyPath,
    Line,
    Lines,
    Refused,
    TypeName,
    from_sentence,
)
from daemon.errors import UrlError
from daemon.model import Request, Rules
from daemon.url import parse_url

RULE_FIELDS = tuple(Rules.__dataclass_fields__)

BUILT_IN_TYPES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "blog": {"main_content": True},
        "news": {"main_content": True},
        "docs": {},
        "changelog": {},
        "legal": {},
        "feed": {"kind": "feed"},
        "api": {"kind": "json"},
        "json": {"kind": "json"},
        "other": {},
    }
)


def _canonical(text: str) -> str:
    try:
        return parse_url(text)
    except UrlError as exc:
        raise from_sentence(exc) from None


@lru_cache(maxsize=4096)
def _rule_flaws(field: str, value: str | tuple[str, ...]) -> tuple[Flaw, ...]:
    # It brings the parsers, which a configuration without rules does not need.
    from daemon.extract import check_rules

    return tuple(
        Flaw(_below(field, place), *_problem_and_hint(sentence))
        for place, sentence in check_rules(Rules(**{field: value}))
    )


def _below(field: str, place: str) -> KeyPath:
    """The path of "include[1]" seen from `include`."""
    return tuple(int(index) for index in re.findall(r"\[(\d+)\]", place.removeprefix(field)))


def _problem_and_hint(sentence: str) -> tuple[str, str]:
    problem, _, hint = sentence.rpartition("; ")
    return (problem, hint) if problem else (hint, "")


def _checked(field: str) -> AfterValidator:
    """A check of one rule by the floor that will apply it."""

    def check(value: Any) -> Any:
        flaws = _rule_flaws(field, value) if value else ()
        if flaws:
            raise Refused(*flaws)
        return value

    return AfterValidator(check)


class SiteDefaults(Section):
    """What a site type says for its sites, and a site for itself."""

    check_frequency: FrequencyText = "daily"
    kind: Literal["auto", "html", "feed", "json", "text", "pdf"] = "auto"
    main_content: bool = False
    include: Annotated[Lines, _checked("include")] = ()
    exclude: Annotated[Lines, _checked("exclude")] = ()
    query: Annotated[str, _checked("query")] | None = None
    keep_lines: Annotated[Lines, _checked("keep_lines")] = ()
    drop_lines: Annotated[Lines, _checked("drop_lines")] = ()
    ignore: Annotated[Lines, _checked("ignore")] = ()
    sort_lines: bool = False
    unique_lines: bool = False
    collapse_whitespace: bool = True
    headers: Headers = Field(default_factory=dict)

    def rules(self) -> Rules:
        """What is to be read from the page."""
        return Rules(**{field: getattr(self, field) for field in RULE_FIELDS})


class SiteTypeConfig(SiteDefaults):
    """Defaults for all sites of one type."""


class SiteConfig(SiteDefaults):
    """One site to watch; after loading, its type's defaults are part of it."""

    name: Line
    url: Annotated[str, AfterValidator(_canonical)]
    type: TypeName | None = None
    owner: Line | None = None
    paused: bool = False

    def with_defaults(self, defaults: SiteDefaults | None, owner: str) -> SiteConfig:
        """The site with what it leaves open taken from its type, and with an owner."""
        changes: dict[str, Any] = {} if self.owner else {"owner": owner}
        if defaults is not None:
            for name in defaults.model_fields_set - self.model_fields_set:
                changes[name] = getattr(defaults, name)
        return self.model_copy(update=changes) if changes else self

    def request(self) -> Request:
        """What is to be asked of the server, secret headers included."""
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        return Request(url=self.url, headers=headers)


def built_in_types() -> dict[str, SiteTypeConfig]:
    """The site types that need no configuration."""
    return {name: SiteTypeConfig.model_validate(table) for name, table in BUILT_IN_TYPES.items()}
