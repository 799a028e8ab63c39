"""Each case beside this file is checked as it says, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.sandbox.pool import Sandbox
from daemon.store.core.database import Database
from tests.cases.running import Case, differences, run

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
async def test_a_case_is_checked_as_it_says(
    name: str, database: Database, sandbox: Sandbox, tmp_path: Path
) -> None:
    case = Case.read(FOLDER / f"{name}.toml")
    said = await run(case, database, sandbox, tmp_path)
    found = {
        number: differences(state.expect, one)
        for number, (state, one) in enumerate(zip(case.state, said, strict=True))
    }
    assert {number: problems for number, problems in found.items() if problems} == {}, case.about


@pytest.mark.parametrize("name", NAMES)
def test_a_case_expects_something_of_every_state(name: str) -> None:
    case = Case.read(FOLDER / f"{name}.toml")
    assert len(case.state) > 1
    assert all(state.expect for state in case.state)


def test_what_is_not_as_expected_is_named() -> None:
    said = {"verdict": "changed", "change": {"summary": "New fee", "added": ["5"]}, "offer": None}
    wanted = {
        "verdict_not": "changed",
        "verdict_in": ["failed"],
        "change": {"summary_has": ["Old"], "added_lacks": ["5"], "summary": "Old fee"},
        "offer": {"price": "5"},
        "verdicts": "changed",
    }
    assert len(differences(wanted, said)) == 7
    wanted = {"verdict": "changed", "change": {"summary_has": ["fee"], "added_at_most": ["6"]}}
    assert differences(wanted, said) == []
