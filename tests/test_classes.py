from __future__ import annotations

import re
from pathlib import Path

import pytest

import daemon
from daemon.model.status import ErrorClass, Verdict

TEXT = (Path(daemon.__file__).parent.parent / "docs" / "classes.md").read_text()
ROWS = re.findall(r"^\| `(\w+)` \| (.+?) \|", TEXT, re.MULTILINE)
WHOSE = dict(ROWS)


def test_every_outcome_and_every_class_has_one_row() -> None:
    assert [name for name, _ in ROWS] == [*Verdict, *ErrorClass]


@pytest.mark.parametrize("error_class", ErrorClass)
def test_the_table_says_whose_a_class_is_as_the_code_does(error_class: ErrorClass) -> None:
    whose = WHOSE[error_class]
    assert whose in ("theirs, passing", "theirs, standing", "a rule", "ours")
    assert (whose == "ours") == error_class.is_ours
    assert (whose == "theirs, passing") == error_class.is_transient
