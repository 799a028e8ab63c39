"""Where the viewer is told, for programs: destinations of their own, added, proved and removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from daemon.model.errors import BodyError, ConflictError, InputError, NotifyError
from daemon.operations.people import destinations, proving
from daemon.operations.people.destinations import DestinationReport, NewDestination
from daemon.web.answers import Document
from daemon.web.pages.api import models
from daemon.web.pages.api.bodies import body_of
from daemon.web.pages.api.made import Maker
from daemon.web.pages.api.reading import NOTHING, PREFIX, json_of
from daemon.web.request import Request


async def list_destinations(request: Request) -> Document:
    """The destinations of one's own, the oldest first; those of the file are no part of it."""
    who = request.database, request.viewer, request.config, request.viewer.user_id
    found = await destinations.list_destinations(*who)
    told = tuple(models.Destination(**_told(request, one)) for one in found.own)
    return json_of(models.ListOf[models.Destination](items=told, next=None))


async def show_destination(request: Request) -> Document:
    """One destination, without its address."""
    return json_of(models.Destination(**_told(request, await _report(request, _id(request)))))


async def add_destination(request: Request) -> Document:
    """Add a destination, to which nothing is sent before it is confirmed by a code."""
    given, actor = body_of(request, models.NewDestination), request.asking.actor
    new = NewDestination(given.name, given.kind, given.address, given.secret)
    try:
        view, secret = await destinations.add(
            request.database, actor, request.config, new, request.now
        )
    except InputError as exc:
        raise _wrong(exc) from exc
    told = _told(request, await _report(request, view.id))
    answer = models.AddedDestination(**told, secret=secret or None)
    return json_of(answer, 201, f"{PREFIX}/destinations/{view.id}")


async def test_destination(request: Request) -> Document:
    """Send a code to a destination, or a sample to one that is confirmed."""
    who = request.database, request.asking.actor, request.config
    try:
        await proving.send_test(*who, _id(request), request.now, proving.PATIENCE_SECONDS)
    except NotifyError as exc:
        word = str(_id(request))
        raise ConflictError("destination", word, f"it was not taken: {exc.detail}") from exc
    return await show_destination(request)


async def confirm_destination(request: Request) -> Document:
    """Confirm a destination by the code that came there: from now on it is sent notifications."""
    code, actor = body_of(request, models.Code).code, request.asking.actor
    who = request.database, actor, request.config
    try:
        await proving.confirm(*who, _id(request), code, request.now)
    except InputError as exc:
        raise _wrong(exc) from exc
    return await show_destination(request)


async def remove_destination(request: Request) -> Document:
    """Remove a destination with its address; what waits for it is dropped."""
    who = request.database, request.asking.actor
    await destinations.remove(*who, _id(request), request.now)
    return NOTHING


def _id(request: Request) -> UUID:
    return request.id("id", "destination")


async def _report(request: Request, id_: UUID) -> DestinationReport:
    who = request.database, request.viewer, request.config
    return await destinations.show_destination(*who, id_)


def _told(request: Request, one: DestinationReport) -> dict[str, Any]:
    maker, view = Maker.of(request), one.view
    return {
        "id": view.id,
        "name": maker.line(view.name),
        "kind": view.kind,
        "where": maker.line(one.where) or None,
        "channel": maker.line(view.channel),
        "state": one.state,
        "problem": one.problem or None,
        "sent": tuple(map(maker.line, one.wishes)),
        "created_at": view.created_at,
        "tested_at": view.tested_at,
        "failure": maker.text(view.test_error or one.fared.failure),
        "confirmed_at": view.confirmed_at,
        "paused_since": one.paused_since,
        "last_sent_at": one.fared.delivered_at,
    }


def _wrong(exc: InputError) -> BodyError:
    """The error at its place in the body, which has the fields of the form."""
    return BodyError([(f"/{exc.kind}", exc.beside)])
