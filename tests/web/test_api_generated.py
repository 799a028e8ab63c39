"""What the description of the interface allows, and what it does not, at random: no answer breaks.

A sample of what `benchmarks/api.py` asks at length: drawn from the frozen document, which is all
that a program knows. That has its keywords from pydantic; one that this does not know is an error.
"""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from daemon.web.pages.api.table import ENDPOINTS, PREFIX, Endpoint
from daemon.web.routes import ROUTES
from tests.making import Rows
from tests.web.test_api_writing import Program, mine, rows, web_settings
from tests.web.test_cost import address

__all__ = ["mine", "rows", "web_settings"]  # the fixtures

DOCUMENT: Mapping[str, Any] = json.loads(
    (Path(__file__).parents[2] / "docs" / "openapi.json").read_text()
)
EACH = 8  # of every operation
OPERATIONS = {
    (one.method, f"{PREFIX}{one.path}"): one
    for one in ENDPOINTS
    if not one.path.endswith("/try")  # they ask others, and are tested by themselves
}
TEXTS = [
    "", " ", "a", "1d", "daily", "https://a.example/", "main", "\0", "\u202e", "é" * 300,
    "x" * 5000, "'; --", "%", "//[", "(", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00",
    "0001-01-01T00:00:00+14:00", "EUR", "-1", "1e99", "NaN", "Infinity",
]  # fmt: skip
FITTING: Mapping[str, list[Any]] = {
    "url": [f"https://a.example/{number}" for number in range(9)],
    "check_frequency": ["2h", "daily", "auto"],
    "include": [["main"], ["//p"]],
}  # what their types do not say
NUMBERS: list[Any] = [0, -1, 1, 5, 200, 201, 2**31, 2**63, 10**30, 0.5, 1e300, -0.0]
OTHERS: list[Any] = [None, True, [], {}, [None], {"a": 1}, "x", 1]


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if (ref := schema.get("$ref")) is None:
        return schema
    found: Any = DOCUMENT
    for part in ref.removeprefix("#/").split("/"):
        found = found[part]
    return resolved(found)


class Drawer:
    """Draws values from schemas; one in so many is something else."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def is_wrong(self) -> bool:
        return self.random.random() < 0.05

    def value(self, schema: Mapping[str, Any]) -> Any:
        schema = resolved(schema)
        if self.is_wrong():
            return self.random.choice(OTHERS)
        if "anyOf" in schema and "properties" not in schema:
            return self.value(self.random.choice(schema["anyOf"]))
        if allowed := schema.get("enum"):
            return self.random.choice(allowed)
        drawn: Any = getattr(self, f"_{schema['type']}")(schema)
        return drawn

    def _null(self, _: Mapping[str, Any]) -> None:
        return None

    def _boolean(self, _: Mapping[str, Any]) -> bool:
        return self.random.random() < 0.5

    def _integer(self, schema: Mapping[str, Any]) -> int:
        if "maximum" in schema and not self.is_wrong():
            return self.random.randint(schema["minimum"], schema["maximum"])
        return int(self.random.choice(NUMBERS))

    def _number(self, _: Mapping[str, Any]) -> float:
        return float(self.random.choice(NUMBERS))

    def _string(self, schema: Mapping[str, Any]) -> str:
        if schema.get("format") == "uuid":
            return str(UUID(int=self.random.getrandbits(128)))
        if self.random.random() < 0.5:
            return self.random.choice(TEXTS)
        length = self.random.randint(1, 20)
        return "".join(self.random.choices(string.printable, k=length))

    def _array(self, schema: Mapping[str, Any]) -> list[Any]:
        return [self.value(schema["items"]) for _ in range(self.random.randint(0, 3))]

    def _object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        names = list(schema["properties"])
        few = self.random.sample(names, min(len(names), self.random.randint(0, 3)))
        required = next(iter(schema.get("anyOf", [schema]))).get("required", ())
        wanted = {*few, *(() if self.is_wrong() else required)}
        found = {name: self._named(name, schema["properties"][name]) for name in sorted(wanted)}
        return {**found, "colour": 1} if self.is_wrong() else found

    def _named(self, name: str, schema: Mapping[str, Any]) -> Any:
        is_fitting = name in FITTING and self.random.random() < 0.9
        return self.random.choice(FITTING[name]) if is_fitting else self.value(schema)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def asked(drawer: Drawer, program: Program, one: Endpoint, path: str) -> str:
    """What is wrong with the answer to a random request; "" if nothing is."""
    described = DOCUMENT["paths"][one.path][one.method.lower()]
    query = [
        (parameter["name"], as_text(drawer.value(parameter["schema"])))
        for parameter in described["parameters"]
        if parameter["in"] == "query" and drawer.random.random() < 0.3
    ]
    body = None
    if (sent := described.get("requestBody")) is not None and not drawer.is_wrong():
        body = drawer.value(sent["content"]["application/json"]["schema"])
    answer = await program.ask(one.method, f"{path}?{urlencode(query)}" if query else path, body)
    told = f"{one.method} {path} {query} {body}: {answer.status} {answer.text[:200]}"
    if answer.status >= 500 or str(answer.status) not in described["responses"]:
        return told
    if answer.status >= 400:
        problem = json.loads(answer.text)
        return "" if problem["status"] == answer.status and problem["detail"] else told
    if one.model is not None:
        one.model.model_validate_json(answer.text)
    return ""


async def test_no_answer_to_anything_breaks(rows: Rows, mine: Program) -> None:
    drawer, wrong = Drawer(1), list[str]()
    for route in sorted(ROUTES, key=lambda one: one.method == "DELETE"):  # these go last
        one = OPERATIONS.get((route.method, route.path))
        for _ in range(EACH if one is not None else 0):
            assert one is not None
            path = address(route, rows).removeprefix(PREFIX)
            wrong += filter(None, [await asked(drawer, mine, one, path)])
    assert not wrong, "\n".join(wrong)
