"""All addresses of the interface for programs, and its description: OpenAPI 3.1."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from daemon.operations.lists.changes import SEVERITIES
from daemon.operations.lists.sites import SiteState
from daemon.web.answers import Answer, Document
from daemon.web.pages.api import models, reading
from daemon.web.request import Request

PREFIX = "/api/v1"
_REF = "#/components/schemas/{model}"
_WORDS = {"type": "array", "items": {"type": "string"}}
_UUID = {"type": "string", "format": "uuid"}
_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": reading.MOST, "default": reading.LIMIT},
    "cursor": {"type": "string", "description": "`next` of the answer before"},
    "q": {"type": "string", "maxLength": 255, "description": "a part of the name or address"},
    "tag": _WORDS,
    "state": {"type": "string", "enum": [one.value for one in SiteState]},
    "severity": {"type": "array", "items": {"enum": [one.value for one in SEVERITIES]}},
    "since": {"type": "string", "description": "an instant, or words as `friday` and `7d`"},
    "days": {"type": "integer", "minimum": 1, "maximum": 3650, "default": 90},
}
_PROBLEMS = {
    "400": "A field is wrong, or not known.",
    "401": "There is no token that may do this.",
    "404": "There is no such thing, or it is somebody else's.",
    "429": "Too many requests come from one address.",
    "503": "The database does not answer; try again in some seconds.",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address for programs, what it takes, and what it answers."""

    path: str
    handler: Callable[[Request], Awaitable[Answer]]
    model: type[BaseModel]
    takes: tuple[str, ...] = ()


_PAGE = ("cursor", "limit")
ENDPOINTS = (
    Endpoint("/sites", reading.sites, models.ListOf[models.Site], ("q", "state", "tag", *_PAGE)),
    Endpoint("/sites/{id}", reading.site, models.Site),
    Endpoint(
        "/sites/{id}/changes",
        reading.changes_of_site,
        models.ListOf[models.Change],
        ("severity", *_PAGE),
    ),
    Endpoint("/sites/{id}/checks", reading.checks, models.ListOf[models.Check], _PAGE),
    Endpoint("/sites/{id}/states", reading.states, models.ListOf[models.State], _PAGE),
    Endpoint(
        "/changes",
        reading.changes,
        models.ListOf[models.Change],
        ("severity", "since", "tag", *_PAGE),
    ),
    Endpoint("/changes/new", reading.new_changes, models.NewChanges, _PAGE),
    Endpoint("/changes/{id}", reading.change, models.WholeChange),
    Endpoint("/products", reading.products, models.ListOf[models.Product], ("q", "tag", *_PAGE)),
    Endpoint("/products/{id}/prices", reading.prices, models.Prices, ("days",)),
    Endpoint("/me", reading.me, models.Me),
    Endpoint("/status", reading.status, models.Status),
)


async def show_document(request: Request) -> Answer:
    """This description."""
    return Document(written().encode(), reading.CONTENT_TYPE)


@cache
def written() -> str:
    """The description as it is served and frozen."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def document() -> dict[str, Any]:
    """The description of all endpoints, from the models that make their answers."""
    wanted = [one.model for one in ENDPOINTS] + [models.Problem]
    refs, schemas = models_json_schema(
        [(model, "serialization") for model in dict.fromkeys(wanted)], ref_template=_REF
    )
    named = {model: ref for (model, _), ref in refs.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "changelogger", "version": "1"},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": {one.path: {"get": _operation(one, named)} for one in ENDPOINTS},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _UUID}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    in_query = [{"name": name, "in": "query", "schema": _PARAMETERS[name]} for name in one.takes]
    problem = {"application/problem+json": {"schema": refs[models.Problem]}}
    answer = {reading.CONTENT_TYPE: {"schema": refs[one.model]}}
    responses: dict[str, Any] = {"200": {"description": "Found.", "content": answer}}
    responses["304"] = {"description": "It has not changed since the given ETag."}
    for status, told in _PROBLEMS.items():
        responses[status] = {"description": told, "content": problem}
    return {
        "operationId": one.handler.__name__,
        "summary": inspect.getdoc(one.handler),
        "parameters": [*in_path, *in_query],
        "responses": responses,
    }
