"""How much the difference of two pictures of a page matters, and in which words."""

from __future__ import annotations

from daemon.compare.pictures import Difference, PictureError, Region, differences
from daemon.model.change import Change, ChangeType, Finding, Hunk, Reason
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass
from daemon.phrasebook import Phrase

_ANALYSER = "pictures/1"
_SURE, _LIKELY = 0.9, 0.7
_MODERATE, _MAJOR = 0.005, 0.15  # of all that is seen
_NAMED = 3


def judge_pictures(before: bytes, after: bytes, sensitivity: float = 0.0) -> Finding | None:
    """The finding for two pictures; None when they show the same.

    Units:  `sensitivity` as of rules: with more of it, less of a picture matters.
    Errors: ExtractError for bytes that are no picture.
    """
    try:
        found = differences(before, after)
    except PictureError as exc:
        raise ExtractError(ErrorClass.PARSE, str(exc)) from exc
    if not found.regions:
        return None
    level = _level(found.share * 10**sensitivity)
    summary = _summary(found)
    return Finding(
        change_type=level,
        is_significant=level is not ChangeType.MINOR,
        confidence_score=_SURE if found.share > 2 * _MODERATE else _LIKELY,
        category="content",
        summary=summary,
        reasons=(Reason("picture", found.share, f"{found.share:.1%} of the picture differs"),),
        analyser=_ANALYSER,
        change=_change(found),
    )


def _level(share: float) -> ChangeType:
    if share >= _MAJOR:
        return ChangeType.MAJOR
    return ChangeType.MODERATE if share >= _MODERATE else ChangeType.MINOR


def _summary(found: Difference) -> str:
    places = [_place(one, found.size) for one in _largest(found)]
    shown = ", ".join(dict.fromkeys(places))
    several = Phrase.PICTURE_REGIONS if len(found.regions) > 1 else Phrase.PICTURE_REGION
    told = several.format(share=_percent(found.share), count=len(found.regions), places=shown)
    if not found.is_resized:
        return told
    width, height = found.size
    return f"{told} {Phrase.PICTURE_RESIZED.format(width=f'{width:,}', height=f'{height:,}')}"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _largest(found: Difference) -> list[Region]:
    return sorted(found.regions, key=lambda one: -one.area)[:_NAMED]


def _place(region: Region, size: tuple[int, int]) -> str:
    """As in "at the top right"."""
    across, down = region.x + region.width / 2, region.y + region.height / 2
    column = ("left", "", "right")[min(2, int(3 * across / max(1, size[0])))]
    row = ("top", "", "bottom")[min(2, int(3 * down / max(1, size[1])))]
    return f"at the {row} {column}".replace("  ", " ").strip() if row or column else "in the middle"


def _change(found: Difference) -> Change:
    within = "{}×{}".format(*found.size)
    lines = tuple(f"{one.x},{one.y} {one.width}×{one.height} of {within}" for one in found.regions)
    return Change(
        hunks=(Hunk(1, 1, (), lines),),
        added_lines=0,
        removed_lines=0,
        moved_lines=0,
        added_words=0,
        removed_words=0,
        similarity=round(1 - found.share, 4),
    )
