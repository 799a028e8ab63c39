"""Reads what programs send: by small models, or by the rules that the file has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from daemon.config.values import KeyPath
from daemon.model.errors import BodyError, ConfigError
from daemon.web.request import Request

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


def body_of(request: Request, model: type[M]) -> M:
    """What was sent, as this model; without a body its defaults.

    Errors: BodyError with every fault.
    """
    try:
        return model.model_validate_json(request.body or b"{}")
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False, include_context=False)
    raise BodyError([(pointer(one["loc"]), one["msg"]) for one in errors])


def refuse_body(request: Request) -> None:
    """Raise for a body where none is taken: what it says would do nothing.

    Errors: BodyError.
    """
    if request.body:
        raise BodyError([("", "nothing is taken here: send no body")])


def table_of(request: Request, known: Collection[str]) -> Mapping[str, Any]:
    """The object that was sent, of these keys.

    Errors: BodyError with every key that is not known.
    """
    try:
        table = from_json(request.body, allow_inf_nan=False)
    except ValueError as exc:
        raise BodyError([("", f"this is no JSON: {exc}")]) from exc
    if not isinstance(table, dict):
        raise BodyError([("", "this is no object")])
    if unknown := [key for key in table if key not in known]:
        raise BodyError([(pointer((key,)), _unknown(key, known)) for key in unknown])
    return table


def described(read: Callable[..., T], *given: Any, **more: Any) -> T:
    """What a table describes, read by the rules of the file.

    Errors: BodyError with every fault.
    """
    try:
        return read(*given, name_of=pointer, **more)
    except ConfigError as exc:
        faults = exc.faults
    raise BodyError(
        [(one.where, f"{one.problem}: {one.hint}" if one.hint else one.problem) for one in faults]
    )


def pointer(path: KeyPath) -> str:
    """A place in what was sent. Source: RFC 6901 §3."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _unknown(key: str, known: Collection[str]) -> str:
    near = get_close_matches(key, known, 1)
    return "is not known" + (
        f": did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
    )
