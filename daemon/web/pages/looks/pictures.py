"""How a page looked before and after a change, and where the pictures differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daemon.model.site import PICTURE
from daemon.operations.comparing import Comparison

_REGION = re.compile(r"(\d+),(\d+) (\d+)×(\d+) of (\d+)×(\d+)")


@dataclass(frozen=True, slots=True)
class Look:
    """A picture, and where it is."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Regions:
    """Where two pictures differ: x, y, width and height of each, within the size of a picture."""

    width: int
    height: int
    boxes: tuple[tuple[int, int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a change; `is_all` when it is one of pictures alone."""

    each: tuple[Look, ...]
    regions: Regions | None
    is_all: bool


def pictures_of(comparison: Comparison, change: Mapping[str, Any]) -> Pictures | None:
    """The pictures of a change as far as they are kept; None when there are none."""
    states = (("Before", comparison.before), ("After", comparison.after))
    each = tuple(
        Look(name, f"/sites/{one.site_id}/states/{one.id}/picture")
        for name, one in states
        if one is not None and one.has_picture
    )
    if not each:
        return None
    is_all = comparison.after is not None and comparison.after.kind == PICTURE
    return Pictures(each, _regions(change) if is_all else None, is_all)


def _regions(change: Mapping[str, Any]) -> Regions | None:
    lines = [line for hunk in change.get("hunks") or () for line in hunk.get("added") or ()]
    found = [tuple(map(int, one.groups())) for line in lines if (one := _REGION.fullmatch(line))]
    if not found:
        return None
    *_, width, height = found[0]
    return Regions(width, height, tuple((x, y, w, h) for x, y, w, h, *_ in found))
