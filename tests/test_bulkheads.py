"""Where any error is caught: at a few places with a name, and never so that a cancellation ends."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

import daemon
from daemon.bulkhead import contained

PACKAGE = Path(daemon.__file__).parent
BULKHEADS = {
    "browser/service/browsers.py:_end",  # a browser that is gone: what is left of it is killed
    "browser/service/browsers.py:_start",  # a browser that does not start
    "browser/service/serving.py:_work",  # one page that is rendered
    "bulkhead.py:contained",  # code of others: the message is told, the caller goes on
    "runtime/llm_worker.py:_look_at",  # one change
    "store/core/server/hosts.py:_answers",  # one connection of the pool, which is replaced
    "store/core/server/hosts.py:_ask",  # one host of several, whose reason is told
    "runtime/sender.py:_attempt",  # one notice
    "store/record/writer.py:_write_once",  # one group of outcomes
    "runtime/supervisor.py:keep",  # one task
    "runtime/worker.py:_outcome",  # one check
    "web/edge.py:_answer_or_report",  # one page
}

# Where the signal that cancelled all becomes an exit code.
ENDS_BY_SIGNAL = "cli/commands/process/run.py:until_told"


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(PACKAGE)}:{node.name}", node


def catches() -> Iterator[tuple[str, str, ast.ExceptHandler]]:
    """Every handler by its function, with each name that it catches; nothing for a bare one."""
    for where, function in functions():
        for node in ast.walk(function):
            if isinstance(node, ast.ExceptHandler):
                for name in _names(node.type):
                    yield where, name, node


def _names(caught: ast.expr | None) -> list[str]:
    if isinstance(caught, ast.Tuple | ast.List):
        return [name for one in caught.elts for name in _names(one)]
    return [ast.unparse(caught).rpartition(".")[2] if caught else ""]


def test_any_error_is_caught_at_the_named_bulkheads_only() -> None:
    assert {where for where, name, _ in catches() if name == "Exception"} == BULKHEADS


def test_what_catches_a_cancellation_raises_it_again() -> None:
    for where, name, handler in catches():
        if name in {"", "BaseException", "CancelledError"} and where != ENDS_BY_SIGNAL:
            assert ast.unparse(handler.body[-1]) == "raise", where


def test_neither_any_error_nor_a_cancellation_is_suppressed() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
                names = {name for one in node.args for name in _names(one)}
                assert not names & {"Exception", "BaseException", "CancelledError"}, path


def test_whatever_fails_is_turned_into_what_stands_instead() -> None:
    def fails() -> str:
        raise LookupError("gone")

    assert contained(lambda: "well", str) == "well"
    assert contained(fails, lambda exc: f"{type(exc).__name__}: {exc}") == "LookupError: gone"


def test_a_cancellation_goes_through_the_wall() -> None:
    def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        contained(cancelled, lambda exc: None)
