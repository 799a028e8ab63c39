"""A query of a page whose JSON stands within its HTML."""

from __future__ import annotations

import pytest

from daemon.extract import read
from daemon.model.errors import ExtractError
from daemon.model.response import Document
from daemon.model.site import Rules

PAGE = """<html><head><title>Shop</title>
<script type="application/ld+json">{"@type": "Organization", "name": "Shop"}</script>
<script type="application/ld+json">{not json</script>
<script type="application/ld+json">{"@type": "Product", "offers": {"price": 79.90}}</script>
</head><body><p>Kettle</p></body></html>"""


def document(html: str) -> Document:
    return Document(html.encode(), "text/html", "utf-8", "https://shop.example/k")


@pytest.mark.parametrize("query", ["offers.price", "jsonpath:$.offers.price", "jq:.offers.price"])
def test_the_first_block_that_has_it_is_read(query: str) -> None:
    reading = read(document(PAGE), Rules(query=query))
    assert (reading.text, reading.kind) == ("79.9", "json")


def test_what_no_block_has_is_missing() -> None:
    reading = read(document(PAGE), Rules(query="offers.seller"))
    assert (reading.text, reading.flags) == ("", ("missing:query",))


def test_a_page_without_blocks_is_no_json() -> None:
    with pytest.raises(ExtractError, match="not JSON"):
        read(document("<html><body><p>Log in</p></body></html>"), Rules(query="offers.price"))


def test_who_asks_for_json_gets_no_page_instead() -> None:
    with pytest.raises(ExtractError, match="not JSON"):
        read(document(PAGE), Rules(kind="json", query="offers.price"))


def test_blocks_of_text_that_is_no_json_are_no_blocks() -> None:
    page = PAGE.replace('{"@type": "Product"', "{").replace('{"@type": "Organization"', "{,")
    with pytest.raises(ExtractError):
        read(document(page.replace("79.90", "79.90.")), Rules(query="offers.price"))
