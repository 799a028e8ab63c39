"""Describes the interface for programs: OpenAPI 3.1, made from the table and its models."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from daemon.operations.lists.changes import SEVERITIES
from daemon.operations.lists.notifications import STATUSES
from daemon.operations.lists.sites import SiteState
from daemon.web.access.programs import JSON_TYPES
from daemon.web.answers import Answer, Document
from daemon.web.pages.api import models, reading
from daemon.web.pages.api.options import options
from daemon.web.pages.api.table import ENDPOINTS, PREFIX, Endpoint
from daemon.web.request import Request

_REF = "#/components/schemas/{model}"
_RESPONSE = "#/components/responses/{}"
_WORDS = {"type": "array", "items": {"type": "string"}}
_UUID = {"type": "string", "format": "uuid"}
_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": reading.MOST, "default": reading.LIMIT},
    "cursor": {"type": "string", "description": "`next` of the answer before"},
    "q": {"type": "string", "maxLength": 255, "description": "a part of the name or address"},
    "tag": _WORDS,
    "state": {"type": "string", "enum": [one.value for one in SiteState]},
    "severity": {"type": "array", "items": {"enum": [one.value for one in SEVERITIES]}},
    "significant": {"type": "boolean", "description": "only those that matter"},
    "unseen": {"type": "boolean", "description": "only those that are not marked as seen"},
    "since": {"type": "string", "description": "an instant, or words as `friday` and `7d`"},
    "status": {"type": "string", "enum": list(STATUSES)},
    "channel": {"type": "string", "maxLength": 255},
    "days": {"type": "integer", "minimum": 1, "maximum": 3650, "default": 90},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "the ETag of what is changed, as it was read; then a change since is a 412",
}
_DONE = {200: "Done.", 201: "Made.", 202: "It will be done.", 204: "Done; there is no answer."}
_PROBLEMS = {
    "400": "A field is wrong, or not known.",
    "401": "There is no token that may do this.",
    "404": "There is no such thing, or it is somebody else's.",
    "406": "No answer in JSON is accepted.",
    "429": "Too many requests come from one address.",
    "503": "The database does not answer; try again in some seconds.",
}
_PROBLEMS_OF_CHANGES = {
    "409": "It is there already, a file of the configuration manages it, or a limit is reached.",
    "412": "It has changed since the given ETag.",
    "413": "More was sent than is taken.",
    "415": "What was sent is no JSON.",
}


async def show_document(request: Request) -> Answer:
    """This description."""
    return Document((await asyncio.to_thread(written)).encode(), reading.CONTENT_TYPE)


@cache
def written() -> str:
    """The description as it is served and frozen."""
    return json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def document() -> dict[str, Any]:
    """The description of all endpoints, from the models of what is sent and answered."""
    answers = [one.model for one in ENDPOINTS if one.model] + [models.Problem]
    bodies = [one.body for one in ENDPOINTS if isinstance(one.body, type)]
    wanted: list[tuple[type[BaseModel], Literal["serialization", "validation"]]] = [
        *((model, "serialization") for model in dict.fromkeys(answers)),
        *((model, "validation") for model in dict.fromkeys(bodies)),
    ]
    refs, schemas = models_json_schema(wanted, ref_template=_REF)
    named: dict[Any, Any] = {model: ref for (model, _), ref in refs.items()}
    named |= {name: {"$ref": _REF.format(model=name)} for name in options()}
    problem = {"application/problem+json": {"schema": named[models.Problem]}}
    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, named)
    return {
        "openapi": "3.1.0",
        "info": {"title": "changelogger", "version": "1"},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas["$defs"], **options()},
            "responses": {
                status: {"description": told, "content": problem}
                for status, told in {**_PROBLEMS, **_PROBLEMS_OF_CHANGES}.items()
            },
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": _UUID}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    in_query = [{"name": name, "in": "query", "schema": _PARAMETERS[name]} for name in one.takes]
    in_head = [_IF_MATCH] if one.held else []
    told: dict[str, Any] = {
        "operationId": one.handler.__name__,
        "summary": one.summary,
        "parameters": [*in_path, *in_query, *in_head],
        "responses": _responses(one, refs),
    }
    if one.body is not None:
        kinds = JSON_TYPES if one.method == "PATCH" else JSON_TYPES[:1]
        content = {kind: {"schema": refs[one.body]} for kind in kinds}
        told["requestBody"] = {"required": _is_required(one.body), "content": content}
    if one.method != "GET":
        told["security"] = [{"token": ["write"]}]
    return told


def _is_required(body: type[BaseModel] | str) -> bool:
    """Whether there is no answer without a body."""
    return isinstance(body, str) or any(one.is_required() for one in body.model_fields.values())


def _responses(one: Endpoint, refs: Mapping[Any, Any]) -> dict[str, Any]:
    found = one.method == "GET"
    done: dict[str, Any] = {"description": "Found." if found else _DONE[one.status]}
    if one.model is not None:
        done["content"] = {reading.CONTENT_TYPE: {"schema": refs[one.model]}}
    if one.status == HTTPStatus.CREATED:
        done["headers"] = {"Location": {"schema": {"type": "string", "format": "uri-reference"}}}
    responses: dict[str, Any] = {str(one.status): done}
    if one.method == "GET":
        responses["304"] = {"description": "It has not changed since the given ETag."}
    wrong = _PROBLEMS if one.method == "GET" else {**_PROBLEMS, **_PROBLEMS_OF_CHANGES}
    return responses | {status: {"$ref": _RESPONSE.format(status)} for status in wrong}
