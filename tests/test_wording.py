"""Lists are said in one way, however many there are."""

from __future__ import annotations

import pytest

from daemon.wording import listed


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([], ""),
        (["Blog"], "Blog"),
        (["Blog", "News"], "Blog, News"),
        (["Blog", "News", "Wiki"], "Blog, News and 1 more"),
    ],
)
def test_of_many_the_first_are_named(names: list[str], told: str) -> None:
    assert listed(names, 2) == told
