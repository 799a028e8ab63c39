"""Previews what a configuration would do to what is watched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.alerting.values import Route
from daemon.model.request import RENDER, RENDERING_OPTIONS, Request, Tls, screenshot_of
from daemon.model.site import Owner
from daemon.redaction import MASK
from daemon.store.catalogue.owners import plan_owners
from daemon.store.catalogue.plan import Move, SyncPlan, differing
from daemon.store.catalogue.products import plan_products
from daemon.store.catalogue.reconcile import DesiredState, plans_of, refuse_blank
from daemon.store.catalogue.seals import keyed
from daemon.store.catalogue.sites import plan_sites
from daemon.store.core.database import Database
from daemon.store.core.requests import keyring_of, request_if_any
from daemon.store.record.outbox import known_routes, wanted_routes
from daemon.store.sealing.keyring import NO_KEYS, Keyring

# The configuration's names for columns named differently.
_NAMES = {"site_type": "type", "target": "url", "owner_id": "owner"}
_Fields = Mapping[str, tuple[Any, Any]]


class Action(StrEnum):
    """What is done to an owner, site, product or route."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    PAUSED = "paused"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class ConfigDifference:
    """What would be done to one object, by its name; each changed option, old and new."""

    kind: str  # owner, site, product or notify, as its table is called
    action: Action
    name: str
    owner: str | None = None
    url: str | None = None
    fields: _Fields = field(default_factory=dict)


async def differences(
    wanted: DesiredState, database: Database | None
) -> tuple[ConfigDifference, ...]:
    """What a synchronisation would do; without a database all is new.

    Errors: StoreError when the synchronisation could not be done; ConfigError when it is rejected.
    """
    if database is None:
        return tuple(_everything(wanted))
    async with database.reading() as session:
        return tuple(await _compared(wanted, session))


def _everything(wanted: DesiredState) -> Iterator[ConfigDifference]:
    yield from _owner_differences(wanted.owners, ())
    yield from _planned("site", plan_sites((), wanted.sites))
    yield from _planned("product", plan_products((), wanted.products))
    yield from _route_differences({}, wanted.routes)


async def _compared(wanted: DesiredState, session: AsyncSession) -> list[ConfigDifference]:
    await refuse_blank(session, wanted)
    owners = await plan_owners(session, wanted.owners)
    known = replace(
        wanted,
        sites=await keyed(session, wanted.sites),
        products=await keyed(session, wanted.products),
    )
    sites, products = await plans_of(session, known)
    return [
        *_owner_differences(*owners),
        *_planned("site", sites, keyring_of(session)),
        *_planned("product", products),
        *_route_differences(await known_routes(session), wanted.routes),
    ]


def _owner_differences(
    fresh: Iterable[Owner], moved: Iterable[tuple[Owner, Owner]]
) -> Iterator[ConfigDifference]:
    for owner in fresh:
        yield ConfigDifference("owner", Action.ADDED, owner.id)
    for before, after in moved:
        fields = differing(asdict(before), asdict(after))
        yield ConfigDifference("owner", Action.CHANGED, after.id, fields=fields)


def _planned(
    kind: str, plan: SyncPlan[Any], keyring: Keyring = NO_KEYS
) -> Iterator[ConfigDifference]:
    moved_on = dict(_new_owners(plan))
    gone = {id(row) for row in moved_on.values()}
    for row in plan.removed:
        if id(row) not in gone:
            yield ConfigDifference(kind, Action.REMOVED, row.name, row.owner_id, row.url)
    for move in plan.changed:
        row, fields = move.row, _named(move, keyring)
        yield ConfigDifference(kind, _action(fields), row.name, row.owner_id, row.url, fields)
    for place, spec in enumerate(plan.added):
        if place in moved_on:
            owners = {"owner": (moved_on[place].owner_id, spec.owner_id)}
            yield ConfigDifference(
                kind, Action.CHANGED, spec.name, spec.owner_id, spec.request.url, owners
            )
        else:
            yield ConfigDifference(kind, Action.ADDED, spec.name, spec.owner_id, spec.request.url)


def _new_owners(plan: SyncPlan[Any]) -> Iterator[tuple[int, Row[Any]]]:
    """Objects that move to another owner: the index of the addition, and the removed row."""
    gone = {(row.name, row.url): row for row in plan.removed}
    for place, spec in enumerate(plan.added):
        row = gone.get((spec.name, spec.request.url))
        if row is not None and row.owner_id != spec.owner_id:
            yield place, row


def _named(move: Move[Any], keyring: Keyring) -> dict[str, tuple[Any, Any]]:
    """The fields by their configuration names: rules one by one, secrets hidden."""
    named: dict[str, tuple[Any, Any]] = {}
    for key, (old, new) in move.fields.items():
        if key == "rules":
            for option in sorted({*old, *new}):
                if old.get(option) != new.get(option):
                    named[option] = old.get(option), new.get(option)
        elif key == "parent_id":
            continue  # the configuration takes over what was discovered
        elif key == "is_active":
            named["paused"] = not old, not new
        elif key == "request_key":
            named |= _request_fields(request_if_any(move.row, keyring), move.spec.request)
        else:
            named[_NAMES.get(key, key)] = old, new
    return named


def _request_fields(before: Request, after: Request) -> dict[str, tuple[Any, Any]]:
    """What else than the URL makes it another request; cookies and authentication are headers."""
    secret = {
        "headers": before.headers != after.headers,
        "body": before.body != after.body,
        "step": before.typed != after.typed,
    }
    fields: dict[str, tuple[Any, Any]] = {
        name: (MASK, MASK) for name, differs in secret.items() if differs
    }
    return fields | differing(_shown(before), _shown(after))


def _shown(request: Request) -> dict[str, Any]:
    """What is no secret of a request, by the names of the configuration."""
    tls = asdict(request.tls or Tls())
    verify = tls.pop("verify")
    seconds = request.timeout_seconds
    return {
        "method": request.method,
        "proxy": request.proxy,
        "keep_cookies": request.keep_cookies,
        "timeout": f"{seconds:g}s" if seconds else None,
        "charset": request.charset or None,
        **{name: file or None for name, file in tls.items()},
        "verify_tls": verify,
        "render": RENDER.get(request.renderer),
        **_rendering(request),
        "step": [step.options() for step in request.steps] or None,
        "screenshot": screenshot_of(request) or None,
    }


def _rendering(request: Request) -> dict[str, Any]:
    given = request.rendering.options() if request.rendering else {}
    shown = dict.fromkeys(RENDERING_OPTIONS)
    return {**shown, **given}


def _action(fields: _Fields) -> Action:
    if fields.keys() != {"paused"}:
        return Action.CHANGED
    return Action.PAUSED if fields["paused"][1] else Action.RESUMED


def _route_differences(
    known: Mapping[str, Sequence[dict[str, Any]]], routes: Mapping[str, Sequence[Route]]
) -> Iterator[ConfigDifference]:
    for owner in sorted({*known, *routes}):
        before = known.get(owner, [])
        after = wanted_routes(before, routes.get(owner, ()))
        if before != after:
            yield from _route_fields(owner, _ours(before), _ours(after))


def _ours(stored: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The stored routes of the configuration, by name."""
    return {one["name"]: one for one in stored if one.get("managed_by", "config") == "config"}


def _route_fields(
    owner: str, before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]
) -> Iterator[ConfigDifference]:
    for name in before:
        if name not in after:
            yield ConfigDifference("notify", Action.REMOVED, name, owner)
    yield from _changed_routes(owner, before, after)
    for name in after:
        if name not in before:
            yield ConfigDifference("notify", Action.ADDED, name, owner)


def _changed_routes(
    owner: str, before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]
) -> Iterator[ConfigDifference]:
    """The routes that stay and say something else, or stand at another place among those."""
    kept = [name for name in before if name in after]
    now_kept = [name for name in after if name in before]
    for place, name in enumerate(now_kept):
        fields = _shown_fields(before[name], after[name])
        if (old_place := kept.index(name)) != place:
            fields["place"] = old_place + 1, place + 1
        if fields:
            yield ConfigDifference("notify", Action.CHANGED, name, owner, fields=fields)


def _shown_fields(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """The fields of a route that differ, by the keys of the file; where it leads is a secret."""
    return {
        _NAMES.get(key, key): (MASK, MASK) if key == "target" else (old, new)
        for key, (old, new) in differing(before, after).items()
    }
