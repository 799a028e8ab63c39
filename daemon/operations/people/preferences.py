"""How a person likes pages and notifications: by the file, or else as they have chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from daemon.alerting.values import Route
from daemon.config import Config
from daemon.config.explain import explain
from daemon.config.sections import PreferencesConfig
from daemon.logs.logger import get_logger
from daemon.model.errors import InputError, ManagedError, NotFoundError
from daemon.model.viewer import Actor
from daemon.operations.installation.opening import Database
from daemon.pipeline.releasing import retiming
from daemon.store.people.audit import write_down
from daemon.store.people.preferences import personal_of, set_personal
from daemon.store.people.routes import change_routes
from daemon.store.people.users import find_users

log = get_logger(__name__)
_PLACE = "owner", 0, "preferences"
USUAL = PreferencesConfig()


def in_file(config: Config, user_id: str) -> PreferencesConfig | None:
    """What the file says of a person; None where they choose themselves."""
    return next((one.preferences for one in config.owners if one.id == user_id), None)


async def preferences_of(database: Database, config: Config, user_id: str) -> PreferencesConfig:
    """What a person prefers; what is usual where it cannot be read.

    Errors: StoreError.
    """
    if (given := in_file(config, user_id)) is not None:
        return given
    async with database.reading() as session:
        stored = await personal_of(session, user_id)
    try:
        return PreferencesConfig.model_validate(stored) if stored else USUAL
    except ValidationError:
        log.warning("preferences_not_read", user=user_id)
        return USUAL


async def change_preferences(
    database: Database,
    actor: Actor,
    config: Config,
    user_id: str,
    given: Mapping[str, str],
    now: datetime,
) -> PreferencesConfig:
    """Change some of what a person prefers; an empty value takes one back to what is usual.

    Shape:  what waits for quiet hours, or for a digest of their own, waits for the new ones.
    Errors: InputError for a value that is none; ManagedError for what the file gives;
            NotFoundError.
    """
    if not actor.viewer.may_see(user_id):
        raise NotFoundError("user", user_id)
    if in_file(config, user_id) is not None:
        raise ManagedError("preferences", [user_id])
    async with database.writing() as session:
        if not [one for one in await find_users(session, user_id) if one.id == user_id]:
            raise NotFoundError("user", user_id)
        stored = await personal_of(session, user_id)
        wanted = {**stored, **{name: _typed(name, text) for name, text in given.items()}}
        chosen = _validated({name: value for name, value in wanted.items() if value != ""})
        async with retiming(session, user_id, now):
            personal = chosen.model_dump(mode="json", exclude_unset=True)
            await set_personal(session, user_id, personal)
            zone = chosen.time_zone or config.schedule.time_zone
            await change_routes(session, user_id, partial(_in_zone, zone))
        await write_down(session, actor, "preferences changed", now, user_id)
    return chosen


def _in_zone(zone: str, own: Sequence[Route]) -> list[Route]:
    return [replace(route, time_zone=zone) for route in own]


def _typed(name: str, text: str) -> str | int:
    return int(text) if name == "page_size" and text.isascii() and text.isdecimal() else text


def _validated(values: Mapping[str, object]) -> PreferencesConfig:
    try:
        return PreferencesConfig.model_validate(dict(values))
    except ValidationError as exc:
        error = exc.errors(include_url=False)[0]
        placed = {**error, "loc": (*_PLACE, *error["loc"])}
        flaw = explain(cast(ErrorDetails, placed), is_hidden=True)[0]
        raise InputError(str(flaw.path[-1]), "", flaw.problem, flaw.hint) from None
