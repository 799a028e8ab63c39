"""Pages that send their visitors on by themselves."""

from __future__ import annotations

import pytest

from daemon.extract.markup.forward import forward_of

BASE = "https://example.com/page"


@pytest.mark.parametrize(
    "tag",
    [
        '<meta http-equiv="refresh" content="0; url=/home">',
        "<META CONTENT='3;URL=\"/home\"' HTTP-EQUIV=Refresh />",
        '<meta http-equiv="refresh" content="0,https://example.com/home">',
        '<meta http-equiv="refresh" content="0;&#32;url=/home">',
    ],
)
def test_a_page_that_sends_on_says_where(tag: str) -> None:
    assert forward_of(f"<head>{tag}</head>", BASE) == "https://example.com/home"


@pytest.mark.parametrize(
    "tag",
    [
        '<meta http-equiv="refresh" content="300">',
        '<meta http-equiv="refresh" content="600; url=/home">',
        '<!-- <meta http-equiv="refresh" content="0; url=/home"> -->',
        '<noscript><meta http-equiv="refresh" content="0; url=/home"></noscript>',
        '<meta name="refresh" content="0; url=/home">',
        '<meta http-equiv="refresh" content="0; url=javascript:home()">',
        '<meta http-equiv="refresh" content="0; url=">',
    ],
)
def test_a_page_that_keeps_its_visitors_says_nothing(tag: str) -> None:
    assert forward_of(tag, BASE) == ""
