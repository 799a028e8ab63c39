"""Parameters that name no page: comparing texts and following redirects agree on them."""

from __future__ import annotations

import pytest

from daemon.addresses import is_same_page
from daemon.compare.masks import mask
from daemon.lexicon.parameters import is_tracking

TRACKING = (
    "utm_source utm_campaign UTM_Medium fbclid gclid dclid msclkid twclid ttclid yclid ysclid"
    " gclsrc gbraid wbraid igshid mc_cid mc_eid mkt_tok li_fat_id _hsenc _hsmi _gl _ga ref"
    " referrer source"
).split()
NAMING = "id page q lang article product p utm refs resource sources reference glid".split()


@pytest.mark.parametrize("name", TRACKING)
def test_what_says_where_a_visitor_came_from_makes_no_difference_anywhere(name: str) -> None:
    assert is_tracking(name)
    shown = [f"Read on: https://a.example/story?{name}={value}" for value in ("first1", "second2")]
    assert mask(shown[0]) == mask(shown[1])
    known = f"https://a.example/story?id=7&{name}=first"
    assert is_same_page("https://a.example/story?id=7", known)
    assert is_same_page(f"https://a.example/story?id=7&{name}=second", known)


@pytest.mark.parametrize("name", NAMING)
def test_what_names_a_page_makes_a_difference_everywhere(name: str) -> None:
    assert not is_tracking(name)
    shown = [f"Read on: https://a.example/story?{name}={value}" for value in ("first1", "second2")]
    assert mask(shown[0]) != mask(shown[1])
    assert not is_same_page("https://a.example/story", f"https://a.example/story?{name}=first")
