"""An API that answers with an error, and content in which errors are only named."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.lexicon.api_errors import error_in

ERRORS: list[tuple[Any, str]] = [
    ({"error": "rate limited"}, "rate limited"),
    (
        {"error": {"code": 429, "message": "Quota exceeded", "status": "EXHAUSTED"}},
        "Quota exceeded",
    ),
    ({"errors": [{"message": "Timeout", "path": ["slots"]}], "data": None}, "Timeout"),
    ({"errors": [{"message": "Timeout"}], "data": {"slots": None, "user": {}}}, "Timeout"),
    ({"jsonapi": {"version": "1.1"}, "errors": [{"status": "500", "title": "Oops"}]}, "Oops"),
    ({"errors": {"slot": ["is full"]}}, "is full"),
    ({"status": "error", "message": "maintenance"}, "maintenance"),
    ({"success": False, "msg": "try later", "items": []}, "try later"),
    ({"ok": False, "error": "invalid_auth"}, "invalid_auth"),
    ({"error": True, "message": "no such day", "code": 7}, "no such day"),
    ({"fault": {"faultstring": "Spike arrest", "detail": {"code": "x"}}}, "Spike arrest"),
]
CONTENT: list[Any] = [
    {"slots": []},
    {"slots": [], "error": None},
    {"slots": [], "errors": []},
    {"slots": [], "error": "none"},
    {"error": False, "slots": []},
    {"errors": 3, "warnings": 1},  # how many, of a report
    {"error": "partly", "slots": [{"day": "May 4"}]},
    {"errors": [{"message": "of one field"}], "data": {"name": "Visa", "slots": None}},
    {"status": "fail", "build": 17},
    {"status": "error", "build": 17},
    {"success": True, "message": "nothing yet"},
    {"message": "closed"},
    [{"error": "rate limited"}],
    "error",
    None,
    0,
]


@pytest.mark.parametrize(("value", "said"), ERRORS)
def test_an_error_that_stands_alone_is_one(value: Any, said: str) -> None:
    assert error_in(value) == said


@pytest.mark.parametrize("value", CONTENT)
def test_content_is_no_error_though_it_names_one(value: Any) -> None:
    assert error_in(value) == ""
