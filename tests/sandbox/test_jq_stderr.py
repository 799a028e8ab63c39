"""What jq writes to stderr by itself, past our log: the outcome says it, or it is dropped."""

from __future__ import annotations

import os

import pytest

from daemon.extract.jsondoc import queried
from daemon.sandbox.pool import Sandbox
from tests.sandbox.test_sandbox import queries

ENDLESS = 'jq:("x" * 1000000000) | length'


async def test_a_program_that_takes_all_memory_writes_no_line_of_its_own(
    capfd: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    [one] = (await sandbox.read(queries(ENDLESS))).readings
    assert one.error_detail == f"{ENDLESS!r} needs more memory than it may have"
    assert capfd.readouterr() == ("", "")


def test_stderr_is_heard_again_behind_a_program(capfd: pytest.CaptureFixture[str]) -> None:
    assert queried({"a": 1}, "jq:.a") == 1
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_a_program_runs_where_stderr_is_closed() -> None:
    kept = os.dup(2)
    os.close(2)
    try:
        assert queried({"a": 1}, "jq:.a") == 1
    finally:
        os.dup2(kept, 2)
        os.close(kept)
