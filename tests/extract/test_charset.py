from __future__ import annotations

import pytest

from daemon.extract.charset import codec_of, decode
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass
from tests.extract.documents import document

RUSSIAN = "Привет, как дела сегодня? Всё хорошо."


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (b"\xef\xbb\xbfh\xc3\xa9", "iso-8859-1", "hé"),
        ("hé".encode("utf-16"), None, "hé"),
        (b"\xfe\xff\x00h", None, "h"),
        (b"h\xe9", "latin1", "hé"),
        (b"\x80 5", "ISO-8859-1", "€ 5"),
        (RUSSIAN.encode("cp1251"), "windows-1251", RUSSIAN),
        (RUSSIAN.encode("cp1251"), "utf-8", RUSSIAN),
        (RUSSIAN.encode("cp1251"), None, RUSSIAN),
        (RUSSIAN.encode(), "no-such-thing", RUSSIAN),
        (RUSSIAN.encode(), "punycode", RUSSIAN),
        ("<p>hello</p>".encode("utf-16-le"), None, "<p>hello</p>"),
        ("<p>hello</p>".encode("utf-16-be"), None, "<p>hello</p>"),
        ("caf\u00e9 ".encode() * 20 + b"\xff", None, "café " * 20 + "\ufffd"),
        (b"", None, ""),
        (b'<meta charset="utf-8">\xc3\xa9', "=windows-1252", '<meta charset="utf-8">Ã©'),
        (RUSSIAN.encode("cp1251"), "=windows-1251", RUSSIAN),
        (b"\xff", "=utf-8", "\ufffd"),
        (b"\xef\xbb\xbfh\xc3\xa9", "=utf-8", "hé"),
    ],
)
def test_a_body_is_decoded_by_the_first_source_that_holds(
    body: bytes, charset: str | None, text: str
) -> None:
    assert decode(document(body, charset=charset)).text == text


@pytest.mark.parametrize(
    "declaration",
    [
        '<meta charset="koi8-r">',
        "<META CHARSET=koi8-r>",
        '<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">',
        '<?xml version="1.0" encoding="koi8-r"?>',
        '<!-- <meta charset="utf-8"> --><meta charset="koi8-r">',
    ],
)
def test_a_declaration_in_the_body_is_heeded(declaration: str) -> None:
    text = f"{declaration}<p>{RUSSIAN}</p>"
    assert decode(document(text.encode("koi8-r"))).encoding == "koi8-r"


def test_the_header_wins_over_the_declaration() -> None:
    body = f'<meta charset="utf-8"><p>{RUSSIAN}'.encode("koi8-r")
    assert RUSSIAN in decode(document(body, charset="koi8-r")).text


def test_a_declaration_of_utf_16_in_ascii_means_utf_8() -> None:
    assert decode(document('<meta charset="utf-16">é')).text.endswith("é")


def test_a_label_that_garbles_the_text_is_told() -> None:
    assert decode(document(RUSSIAN.encode("cp1251"), charset="utf-8")).flags == (
        "charset:wrong_label",
    )


@pytest.mark.parametrize(
    "label",
    [
        "punycode",
        "idna",
        "utf-7",
        "rot13",
        "zlib",
        "hex",
        "unicode_escape",
        "utf-32",
        "cp037",
        "",
        "x" * 2000,
        "utf\x00-8",
        "mbcs",
        "undefined",
        "replacement",
        "ütf-8",
    ],
)
def test_labels_that_the_web_does_not_know_are_not_used(label: str) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("label", "codec"),
    [("latin1", "cp1252"), (" UTF8 ", "utf-8"), ('"gb2312"', "gb18030"), ("sjis", "cp932")],
)
def test_labels_mean_what_browsers_take_them_for(label: str, codec: str) -> None:
    assert codec_of(label) == codec


def test_zeros_on_both_sides_are_not_utf_16() -> None:
    assert decode(document(b"\x00" * 64 + b"text")).text == "text"


def test_text_that_is_none_in_any_encoding_is_a_charset_fault() -> None:
    body = b"\x00a" * 40 + b"\xd8\x01" * 400  # UTF-16 by its looks, of halves of pairs
    with pytest.raises(ExtractError) as caught:
        decode(document(body))
    assert caught.value.error_class is ErrorClass.CHARSET
