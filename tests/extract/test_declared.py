"""Declarations of an encoding are heeded where browsers heed them."""

from __future__ import annotations

import pytest

from daemon.extract.charset import decode
from daemon.extract.declared import declared_labels
from tests.extract.documents import document

HEEDED = {
    "an attribute": b"<meta charset=koi8-r>",
    "in capitals and spaces": b"<META\nCHARSET = 'koi8-r' >",
    "a pragma": b"<meta http-equiv=content-type content='text/html; charset=koi8-r; x'>",
    "a pragma after its content": b"<meta content=charset=koi8-r http-equiv=Content-Type>",
    "late": b"<script>var a = 1;</script>" * 400 + b"<meta charset=koi8-r>",
    "after one that nobody knows": b"<meta charset=no-such><meta charset=koi8-r>",
    "after comments": b"<!--><!-- <meta charset=utf-8> --><meta charset=koi8-r>",
    "after a tag in quotes": b"<p title='<meta charset=utf-8>'><meta charset=koi8-r>",
    "in a script at the beginning": b"<script>'<meta charset=koi8-r>'</script>",
}
IGNORED = {
    "another element": b"<metacharset=koi8-r>",
    "without its pragma": b"<meta content='text/html; charset=koi8-r'>",
    "under another pragma": b"<meta http-equiv=x content='text/html; charset=koi8-r'>",
    "unfinished": b"<meta charset=koi8-r",
    "an open quote": b"<meta charset='koi8-r>",
    "a stray quote": b"<meta charset=koi8-r'>",
    "in a comment": b"<!-- <meta charset=koi8-r>",
    "in a late script": b" " * 2000 + b"<script>'<meta charset=koi8-r>'</script>",
    "far too late": b"<p>x</p>" * 20_000 + b"<meta charset=koi8-r>",
}


def labels(body: bytes) -> list[str]:
    return [label for label in declared_labels(body) if label != "no-such"]


@pytest.mark.parametrize("body", HEEDED.values(), ids=HEEDED.keys())
def test_a_declaration_is_heeded(body: bytes) -> None:
    assert labels(body) == ["koi8-r"]


@pytest.mark.parametrize("body", IGNORED.values(), ids=IGNORED.keys())
def test_what_only_looks_like_a_declaration_is_none(body: bytes) -> None:
    assert labels(body) == []


def test_quotes_without_end_cost_no_time() -> None:
    assert labels(b"charset" + b'<a "' * 12_001) == labels(b"charset" + b"<meta x='" * 7_001) == []


@pytest.mark.parametrize("label", ["us-ascii", "iso-8859-1", "windows-1250", "koi8-r"])
def test_plain_utf_8_is_read_as_such_under_a_label_of_single_bytes(label: str) -> None:
    for body, header in (
        ("Grüße aus Köln".encode(), label),
        (f"<meta charset={label}>Grüße aus Köln".encode(), None),
        ('<?xml version="1.0" encoding="utf-8"?><a>Köln ü</a>'.encode(), label),
    ):
        found = decode(document(body, charset=header))
        assert (found.encoding, found.flags) == ("utf-8", ("charset:wrong_label",))


def test_one_letter_that_may_be_two_is_left_to_the_label() -> None:
    assert decode(document(b"\xc3\xa9", charset="windows-1250")).text == "\u0102\u00a9"
    assert decode(document(b"\xc3\xa9", charset="iso-8859-1")).text == "\u00e9"


def test_a_loose_declaration_is_heeded_where_the_bytes_need_one() -> None:
    text = "Привет, как дела"
    body = b"<meta content='text/html; charset=koi8-r'>" + text.encode("koi8-r")
    assert text in decode(document(body)).text
