"""Choosing by pointing: the parts of a page, each a link to a form with a selector for it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from daemon.extract.proposing.values import Part
from daemon.operations.installation.described import as_owner
from daemon.web.answers import Answer, page
from daemon.web.asked.fields import SITE
from daemon.web.described import WrongFormError, site_in, values_of, with_chosen
from daemon.web.pages.adding import SITE_TAKES, wrong_site
from daemon.web.pages.site import head_of
from daemon.web.request import Request

_MOST_PICTURE_BYTES = 8 * 1024 * 1024  # of a page in which it is written out


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of a page, and where a click on it leads: to read it, all of its kind, or not it.

    Shape: `box` is its place on the picture.
    """

    part: Part
    path: str
    like: str
    left_out: str
    box: tuple[int, int, int, int] | None


async def choose_of_new(request: Request) -> Answer:
    """The page of the site that a form describes, to point at what of it is to be watched."""
    values = values_of(SITE, request.form)
    config = as_owner(request.viewer, request.config)
    try:
        described = site_in(config, request.form)
    except WrongFormError as exc:
        return wrong_site(request, values, exc.wrong)
    found = await request.context.tries.parts(request.viewer, config, described, request.now)
    kept = {name: values[name] for name in SITE_TAKES if values.get(name)}
    if found.done.picture:
        kept.setdefault("render", "always" if described.render == "always" else "auto")
    picture = found.done.picture if len(found.done.picture) <= _MOST_PICTURE_BYTES else b""
    choices = list(_choices(found.done.parts, "/sites/new", kept, found.places if picture else {}))
    return page(
        "choose.html",
        back=f"/sites/new?{urlencode(kept)}",
        name=values["url"],
        problem=found.problem,
        plain=found.plain,
        choices=choices,
        left_out=found.done.left_out,
        size=found.done.size,
        picture=base64.b64encode(picture).decode(),
    )


async def choose_of_site(request: Request) -> Answer:
    """The last state of a site, to point at what of it is to be read from now on."""
    head = await head_of(request, "rules")
    backtests, reading = request.context.backtests, request.context.reading
    done = await backtests.parts(reading, request.viewer, head.shown.view.id)
    back = f"{head.path}/rules"
    parts, left_out = ((), 0) if isinstance(done, str) else (done.parts, done.left_out)
    return page(
        "choose.html",
        back=back,
        name=head.shown.view.name,
        problem=done if isinstance(done, str) else "",
        plain="",
        choices=list(_choices(parts, back, {}, {})),
        left_out=left_out,
        size=(0, 0),
        picture="",
    )


def _choices(
    parts: Sequence[Part],
    path: str,
    kept: Mapping[str, str],
    places: Mapping[int, tuple[int, int, int, int]],
) -> Iterator[Choice]:
    def leading(option: str, selector: str) -> str:
        if not selector:
            return ""
        chosen = {option: with_chosen(kept.get(option, ""), selector)}
        return f"{path}?{urlencode({**kept, **chosen})}"

    for part in parts:
        yield Choice(
            part,
            leading("include", part.selector),
            leading("include", part.like),
            leading("exclude", part.selector),
            places.get(part.number),
        )
