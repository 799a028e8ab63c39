"""A change in full, and any two states of a site compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from daemon.display.words import count, percent
from daemon.model.errors import ConflictError, ExtractError, InputError
from daemon.model.site import PICTURE
from daemon.operations import comparing
from daemon.operations.comparing import ComparedChange, Comparison, LayoutOptions
from daemon.web.answers import Answer, File, page, see_other
from daemon.web.pages.looks.pictures import pictures_of
from daemon.web.request import Request

FORMS = {"words": "Words", "lines": "Lines", "sides": "Side by side"}
MOST_CONTEXT = 1_000
TAKES = ("form", "context")
_FLAGS = {
    "too_different": "too different to be aligned: compared as sets of lines",
    "mass_removal": "nearly all of the text is gone",
    "cut": "not all of its lines are recorded",
}


async def show_change(request: Request) -> Answer:
    """A change with its difference, its reasons, and what was said of it."""
    change_id = request.id("id", "change")
    options = _options(request)
    full = await comparing.change_in_full(
        request.database, request.viewer, request.context.comparer, change_id, options
    )
    detail = full.whole.detail
    return page(
        "change.html",
        full=full,
        has_destinations=bool(request.config.notify),
        view=detail.view,
        reasons=_reasons(detail.view.reasons),
        pictures=pictures_of(full.comparison, detail.processed_content or {}),
        facts=list(_facts(detail.processed_content or {}, _compared(full.comparison))),
        rated=[one.verdict for one in full.whole.ratings if one.user_id == _rater(request, full)],
        **_shown(full.comparison, options, f"/changes/{change_id}"),
    )


def _rater(request: Request, full: ComparedChange) -> str:
    """Whose rating the buttons set: an admin rates for the site's owner."""
    return full.whole.detail.view.owner_id if request.viewer.is_admin else request.viewer.user_id


async def change_patch(request: Request) -> Answer:
    """The difference of a change as a file: a patch of its texts, or what was recorded."""
    change_id = request.id("id", "change")
    return _text(
        await comparing.patch_of_change(
            request.database, request.viewer, request.context.comparer, change_id
        ),
        f"change-{change_id}.patch",
    )


async def show_comparison(request: Request) -> Answer:
    """Two states of one site, compared."""
    ids = request.id("before", "state"), request.id("after", "state")
    options = _options(request)
    found = await comparing.compare_states(
        request.database, request.viewer, request.context.comparer, ids, options
    )
    path = f"/compare/{ids[0]}/{ids[1]}"
    return page("compare.html", found=found, **_shown(found.comparison, options, path))


async def choose_states(request: Request) -> Answer:
    """The comparison of the states that a form names."""
    ids = [request.query.id(name) for name in ("before", "after")]
    if None in ids:
        raise InputError("before", "", "is missing", "choose two states, and compare them")
    return see_other(f"/compare/{ids[0]}/{ids[1]}")


async def comparison_patch(request: Request) -> Answer:
    """The difference of two states as a patch of their texts."""
    ids = request.id("before", "state"), request.id("after", "state")
    try:
        patch = await comparing.patch_of_states(
            request.database, request.viewer, request.context.comparer, ids
        )
    except ExtractError as exc:
        raise _unreadable(exc.detail) from exc
    return _text(patch, f"{ids[0]}-{ids[1]}.patch")


def _unreadable(problem: str) -> ConflictError:
    return ConflictError("state", "", f"what is stored of it cannot be read: {problem}")


def _text(text: str, name: str) -> File:
    return File(text.encode(), name=name)


def _options(request: Request) -> LayoutOptions:
    return LayoutOptions(
        request.query.choice("form", FORMS, "words"),
        request.query.number("context", 3, 0, MOST_CONTEXT),
    )


def _shown(comparison: Comparison, options: LayoutOptions, path: str) -> dict[str, Any]:
    """The values of a difference, however it came about."""
    return {
        "comparison": comparison,
        "layout": comparison.layout,
        "options": options,
        "here": path,
        "forms": [
            (name, _address(path, form, options.context), None, form == options.form)
            for form, name in FORMS.items()
        ],
        "contexts": [
            (number, _address(path, options.form, number), number == options.context)
            for number in (0, 3, 10, 100)
        ],
    }


def _address(path: str, form: str, context: int) -> str:
    return f"{path}?form={form}&context={context}"


def _reasons(stored: Sequence[Any]) -> list[tuple[float, str]]:
    """The reasons for a grade with their weights, the weightiest first."""
    found = [
        (float(one.get("weight", 0)), str(one.get("text", "")))
        for one in stored
        if isinstance(one, Mapping)
    ]
    return sorted(found, key=lambda one: -abs(one[0]))


def _compared(comparison: Comparison) -> str:
    is_picture = comparison.after is not None and comparison.after.kind == PICTURE
    return "the picture" if is_picture else "the text"


def _facts(change: Mapping[str, Any], what: str) -> Iterator[tuple[str, str]]:
    """What was counted when the change was found."""
    if compared := change.get("compared_with"):
        alike = percent(compared["similarity"])
        yield "Compared with", f"an earlier state, {alike} of it unchanged"
    if "similarity" in change:
        yield "Unchanged", f"{percent(change['similarity'])} of {what}"
    counted = [
        # All words of these lines, of which a reason counts only those that differ.
        (change.get("added_words"), "word", "in added lines"),
        (change.get("removed_words"), "word", "in removed lines"),
        (change.get("moved_lines"), "line", "only moved"),
    ]
    for number, noun, kind in counted:
        if number:
            yield kind.capitalize(), count(number, noun)
    for flag in change.get("flags") or ():
        word, _, number = str(flag).partition(":")
        left = "1 old entry" if number == "1" else f"{number} old entries"
        told = f"{left} left the feed" if word == "rolled_off" else _FLAGS.get(word)
        yield "Note", told or word.replace("_", " ")
