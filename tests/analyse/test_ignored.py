"""What is ignored on a site is listed with the reason."""

from __future__ import annotations

import pytest

from daemon.analyse.noise.ignored import Ignored, ignored
from daemon.model.reading import Reading, State
from daemon.model.site import Rules
from daemon.model.volatile_lines import Volatile
from tests.making import PAST

TEXT = "\n".join(("Visits: 12", "a" * 60 + "b", "Visits: 13"))


def of(rules: Rules) -> list[Ignored]:
    state = State(Reading("html", "Blog", TEXT, "0" * 32, "html/1"), None, PAST, 1)
    return [one for one in ignored([state], rules, Volatile()) if one.why != "mask"]


@pytest.mark.parametrize(
    ("pattern", "lines", "detail"),
    [
        ("^Visits", 2, "shown, but not compared: Visits: 12"),
        ("nothing", 0, "shown, but not compared"),
        ("(a|aa)+$", None, "it takes too long: checks fail"),
    ],
)
def test_what_a_pattern_ignores_is_counted_if_that_can_be_done(
    pattern: str, lines: int | None, detail: str
) -> None:
    assert of(Rules(ignore=(pattern,))) == [Ignored("ignore", pattern, lines, detail)]


def test_each_option_says_what_it_leaves_out() -> None:
    found = of(Rules(exclude=("nav",), drop_lines=("^Ad",), additions_only=True))
    assert [(one.why, one.what) for one in found] == [
        ("exclude", "nav"),
        ("drop_lines", "^Ad"),
        ("additions_only", "what goes"),
    ]


def test_without_a_state_only_the_options_are_known() -> None:
    [found] = ignored([], Rules(ignore=("x",)), Volatile())
    assert (found.why, found.lines) == ("ignore", 0)
