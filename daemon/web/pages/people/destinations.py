"""Where one is told: destinations of one's own, and the channels that the file gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.config.notify import ALL_KINDS
from daemon.model.change import ChangeType
from daemon.model.errors import ConflictError, InputError, NotifyError
from daemon.operations.people import destinations, proving, routes
from daemon.operations.people.destinations import DestinationReport, NewDestination
from daemon.web.answers import Answer, Page, page, see_other
from daemon.web.request import Request

_PATH = "/me/destinations"
# What may be told, and how it is called on the form.
KINDS = {
    "change": "changes",
    "price": "price alerts",
    "failing": "failures",
    "recovered": "recoveries",
    "certificate": "certificates that end",
    "moved": "pages that have moved",
}
_SEVERITIES = [one.value for one in ChangeType]


async def list_destinations(request: Request) -> Answer:
    """The destinations of one's own, and what the file gives."""
    return await _listed_again(request, {"name": "", "kind": ""}, {})


async def _listed_again(
    request: Request, values: Mapping[str, str], wrong: Mapping[str, str], status: int = 200
) -> Page:
    """The list with the form below it: what was typed in it, and what is wrong with that.

    Shape: an address may hold a secret, as a secret is one: neither is ever shown again.
    """
    viewer = request.viewer
    found = await destinations.list_destinations(
        request.database, viewer, request.config, viewer.user_id
    )
    return page(
        "destinations.html",
        status,
        values=values,
        wrong=wrong,
        own=found.own,
        given=found.given,
        kinds=destinations.kinds_of(request.config),
        email=await destinations.mail_of(request.database, viewer),
        most=destinations.MOST,
    )


async def show_destination(request: Request) -> Answer:
    """One destination: how it is proved, or what is sent there."""
    return _shown(await _report(request))


def _shown(report: DestinationReport, code: str = "", wrong: str = "") -> Page:
    """The page of a destination, with what is wrong with the code that was typed in."""
    return page(
        "destination.html",
        400 if wrong else 200,
        one=report,
        told=KINDS,
        severities=_SEVERITIES,
        wanted=report.route,
        code=code,
        wrong=wrong,
    )


async def add_destination(request: Request) -> Answer:
    """Add a destination; a key that was made for it is shown this once."""
    form, config = request.form, request.config
    name, kind = form.text("name", most=100), form.text("kind", most=100)
    new = NewDestination(name, kind, form.secret("address"), form.secret("secret"))
    try:
        actor = request.asking.actor
        view, secret = await destinations.add(request.database, actor, config, new, request.now)
    except InputError as exc:
        typed = {"name": name, "kind": kind}
        return await _listed_again(request, typed, {exc.kind: exc.beside}, 400)
    except ConflictError as exc:  # its name is another's, or no mail reaches its owner
        typed, field = {"name": name, "kind": kind}, "kind" if kind == "mail" else "name"
        return await _listed_again(request, typed, {field: str(exc)}, 409)
    if secret:
        values = {"name": view.name, "id": view.id, "secret": secret}
        return Page("destination_key.html", values, has_secret=True)
    told = f"{view.name} is added. Have a code sent there, to prove that it is yours."
    return see_other(f"{_PATH}/{view.id}", told)


async def test_destination(request: Request) -> Answer:
    """Send a code, or a sample to a destination that is proved."""
    id_, path = request.id("destination", "destination"), request.path.removesuffix("/test")
    actor, config = request.asking.actor, request.config
    try:
        view = await proving.send_test(
            request.database, actor, config, id_, request.now, proving.PATIENCE_SECONDS
        )
    except NotifyError as exc:
        return see_other(path, f"It was not taken: {exc.detail}")
    told = "the test" if view.confirmed_at else "the code: type it in here"
    return see_other(path, f"{view.name} took {told}.")


async def confirm_destination(request: Request) -> Answer:
    """Prove a destination by the code that came there."""
    id_, code = request.id("destination", "destination"), request.form.text("code", most=20)
    actor, config = request.asking.actor, request.config
    try:
        view = await proving.confirm(request.database, actor, config, id_, code, request.now)
    except InputError as exc:
        return _shown(await _report(request), code, exc.beside)
    return see_other(f"{_PATH}/{id_}", f"{view.name} is yours: notifications are sent there.")


async def change_destination(request: Request) -> Answer:
    """Change what is sent to a destination, and when."""
    id_ = request.id("destination", "destination")
    actor, config = request.asking.actor, request.config
    chosen = _chosen(request)
    await routes.change_route(request.database, actor, config, id_, chosen, request.now)
    return see_other(f"{_PATH}/{id_}", "Saved; what waits for it waits anew.")


def _chosen(request: Request) -> dict[str, Any]:
    form = request.form
    kinds = form.choices("kinds", ALL_KINDS)
    if not kinds:
        raise InputError("kinds", "", "are none", "choose one, or pause the destination")
    lists = {name: _listed(form.text(name)) for name in ("names", "tags", "include", "exclude")}
    words = {name: form.text(name) or None for name in ("digest", "quiet")}
    return {
        "kinds": kinds,
        "only_significant": form.choice("which", ("significant", "all")) != "all",
        "least_severity": form.choice("least_severity", _SEVERITIES, "minor"),
        "at_once_from": form.choice("at_once_from", _SEVERITIES) or None,
        "daily_cap": form.number("daily_cap", 0, 0, 100_000),
        **{name: value for name, value in lists.items() if value},
        **words,
    }


def _listed(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


async def remove_destination(request: Request) -> Answer:
    """Remove a destination, with its address."""
    id_ = request.id("destination", "destination")
    view = await destinations.remove(request.database, request.asking.actor, id_, request.now)
    return see_other(_PATH, f"{view.name} is removed, and its address forgotten.")


async def pause_destination(request: Request) -> Answer:
    """Send nothing to a destination for now."""
    view = (await _report(request)).view
    await _pause(request, view.user_id, view.channel, is_pause=True)
    return see_other(f"{_PATH}/{view.id}", f"{view.name} is paused.")


async def resume_destination(request: Request) -> Answer:
    """Send to a destination again."""
    view = (await _report(request)).view
    await _pause(request, view.user_id, view.channel, is_pause=False)
    return see_other(f"{_PATH}/{view.id}", f"{view.name} is sent notifications again.")


async def pause_channel(request: Request) -> Answer:
    """Have oneself sent nothing on a channel of the file for now."""
    name = request.form.text("channel", most=100)
    await _pause(request, request.viewer.user_id, name, is_pause=True)
    return see_other(_PATH, f"{name} is paused.")


async def resume_channel(request: Request) -> Answer:
    """Have oneself told on a channel of the file again."""
    name = request.form.text("channel", most=100)
    await _pause(request, request.viewer.user_id, name, is_pause=False)
    return see_other(_PATH, f"{name} is sent notifications again.")


async def _pause(request: Request, user_id: str, channel: str, *, is_pause: bool) -> None:
    act = routes.pause_channel if is_pause else routes.resume_channel
    await act(request.database, request.asking.actor, user_id, channel, request.now)


async def _report(request: Request) -> DestinationReport:
    id_ = request.id("destination", "destination")
    return await destinations.show_destination(
        request.database, request.viewer, request.config, id_
    )
