"""What is only searched for behind a quick look is found as if it were always searched for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.lexicon.importance.advisories import NUMBERS, PHRASES
from daemon.lexicon.phrases import Guarded

GUARDED = {"numbers": NUMBERS, "phrases": PHRASES}


@pytest.mark.parametrize("name", GUARDED)
@settings(max_examples=60)
@given(st.data())
def test_every_match_has_a_word_by_which_it_is_found(name: str, data: st.DataObject) -> None:
    guarded: Guarded = GUARDED[name]
    text = data.draw(st.from_regex(guarded.pattern))
    assert guarded.may_match(text)
    assert [one[0] for one in guarded.finditer(text)] == guarded.pattern.findall(text)
