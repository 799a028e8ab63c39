"""Reads page files, and renders a page at each of its revisions.

A page file is TOML, a line `+++`, and the text of the page. A line of the text may begin with its
revisions: `@2 ` for revision 2 only, `@2- ` from 2 on, `@-1 ` up to 1, `@1-3 ` from 1 to 3.
`$name` is noise. Each `[[change]]` leads to the next revision; revision 0 is the first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from daemon.model.change import ChangeType
from daemon.model.site import Rules

# The order in which they change within each interval.
PAGE_FILES = (
    "releases.html",
    "kettle.html",
    "news.html",
    "advisories.xml",
    "limits.html",
    "status.json",
    "terms.html",
    "blog.html",
    "roadmap.html",
)

_HTML = "text/html; charset=utf-8"
_MARKED = re.compile(r"@(\d*)(-?)(\d*) (.*)")
_LIST_RULES = frozenset({"include", "exclude", "ignore"})


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """The change to a page's next revision, and the expected result.

    Shape: `grade` None when there is nothing to report; `trouble` is "outage" or "login" while
           the page cannot be read.
    """

    says: str
    grade: ChangeType | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """All revisions of one page."""

    name: str
    path: str
    site_type: str
    brand: str
    title: str
    rules: Rules
    changes: tuple[PlannedChange, ...]
    text: str
    content_type: str = _HTML
    is_validated: bool = False  # the server sends an ETag and answers 304
    target_price: Decimal | None = None

    def revision(self, interval_seconds: float, elapsed_seconds: float) -> int:
        """The revision after this time; the last one stays."""
        return max(0, min(int(elapsed_seconds // interval_seconds), len(self.changes)))

    def trouble(self, revision: int) -> str | None:
        """Why the page cannot be read at this revision, if it cannot."""
        return self.changes[revision - 1].trouble if revision > 0 else None

    def render(self, revision: int, noise: Mapping[str, str]) -> str:
        """The whole document at this revision."""
        lines = "".join(_lines_of(self.text, revision))
        if self.content_type != _HTML:
            return Template(lines).substitute(noise)
        head, _, body = lines.removeprefix("#head\n").rpartition("#body\n")
        return framed(self.brand, self.title, body, noise, head)


def framed(brand: str, title: str, body: str, noise: Mapping[str, str], head: str = "") -> str:
    """A page of the site around this content."""
    parts = {"brand": brand, "title": title, "head": head, "body": body}
    whole = Template(read("frame.html")).safe_substitute(parts)
    return Template(whole).substitute(noise)


@cache
def read(name: str) -> str:
    """The text of a file that ships with the demonstration."""
    return files("daemon.demo").joinpath("pages", name).read_text("utf-8")


def load(name: str) -> Script:
    """The page of this file."""
    head, _, text = read(name).partition("+++\n")
    table: dict[str, Any] = tomllib.loads(head)
    changes = tuple(
        PlannedChange(
            says=change["says"],
            grade=ChangeType(change["grade"]) if "grade" in change else None,
            trouble=change.get("trouble"),
        )
        for change in table.pop("change")
    )
    return Script(
        site_type=table.pop("type"),
        rules=_rules(table.pop("rules", {})),
        target_price=Decimal(table.pop("target_price")) if "target_price" in table else None,
        changes=changes,
        text=text,
        **table,
    )


def _rules(table: Mapping[str, Any]) -> Rules:
    values: dict[str, Any] = {
        key: tuple(value) if key in _LIST_RULES else value for key, value in table.items()
    }
    return Rules(**values)


def _lines_of(text: str, revision: int) -> list[str]:
    lines = []
    for line in text.splitlines(keepends=True):
        marked = _MARKED.match(line)
        if marked is None:
            lines.append(line)
        elif _stands(marked, revision):
            lines.append(marked[4] + "\n")
    return lines


def _stands(marked: re.Match[str], revision: int) -> bool:
    first, dash, last = marked[1], marked[2], marked[3]
    if not dash:
        return revision == int(first)
    return int(first or 0) <= revision <= int(last or revision)
