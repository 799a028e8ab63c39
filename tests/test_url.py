"""One grammar for addresses: what is canonical, what is refused, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import url as grammar
from daemon.model.errors import ForbiddenUrlError, UrlError
from daemon.redaction import redact_text
from daemon.url import host_of, is_address, join_url, origin_of, parse_url

CANONICAL = [
    ("http://example.com", "http://example.com/"),
    ("HTTP://EXAMPLE.com:80/A", "http://example.com/A"),
    ("https://example.com:443?x=1#top", "https://example.com/?x=1"),
    ("https://example.com:8443/", "https://example.com:8443/"),
    ("http://example.com:080/", "http://example.com/"),
    ("http://example.com:/", "http://example.com/"),
    ("http://example.com./", "http://example.com/"),
    ("http://example.com/?", "http://example.com/?"),
    ("http://localhost:8080/x", "http://localhost:8080/x"),
    ("http://my_site.example.com/", "http://my_site.example.com/"),
    ("http://127.0.0.1./", "http://127.0.0.1/"),
    ("http://[::1]:8080/", "http://[::1]:8080/"),
    ("http://[0:0::1]/", "http://[::1]/"),
    ("http://[::FFFF:127.0.0.1]/", "http://[::ffff:127.0.0.1]/"),
    ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    ("http://faß.example/", "http://xn--fa-hia.example/"),
    ("http://example.com/ü?ü=ä", "http://example.com/%C3%BC?%C3%BC=%C3%A4"),
    ("http://example.com/%7euser/%2f%41", "http://example.com/~user/%2FA"),
    ("http://example.com/100%", "http://example.com/100%25"),
    ("http://example.com/a/./b/../c/..", "http://example.com/a/"),
    ("http://example.com/%2e%2e/etc", "http://example.com/etc"),
    ("http://example.com/.well-known/x", "http://example.com/.well-known/x"),
    ("http://example.com/a[b]{c}|<d>", "http://example.com/a[b]%7Bc%7D%7C%3Cd%3E"),
    ("http://example.com//double//slash", "http://example.com//double//slash"),
    ("http://example.com/a?q=/../x", "http://example.com/a?q=/../x"),
]

REFUSED_HOSTS = [
    *("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1", "127.0.1", "0"),
    *("256.1.1.1", "1.2.3.4.5", "127.0.0.01", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1"),
    *("ｅxample.com", "127.0.0.%31", "%31%32%37.0.0.1", "[fe80::1%eth0]", "[fe80::1%25eth0]"),
    *("user@example.com", "user:secret@example.com", "@example.com"),
]

FORBIDDEN = [
    *(f"http://{host}/" for host in REFUSED_HOSTS),
    *("file:///etc/passwd", "FILE:///etc/passwd", "ftp://example.com/", "gopher://example.com/"),
    *("javascript:alert(1)", "data:text/html,x", "ws://example.com/", "mailto:a@example.com"),
    *("http://example.com\\@evil.example/", "http:\\\\example.com"),
]

MALFORMED = [
    *(
        "",
        "example.com",
        "example.com:8080/x",
        "localhost:8080",
        "//example.com/",
        "/path",
        "http:",
    ),
    *("http:example.com", "http://", "http:///x", "http://?x", "http://:80/", "http://a..b/"),
    *(
        "http://.example.com/",
        "http://exa mple.com/",
        " http://example.com/",
        "http://example.com/ ",
    ),
    *("http://example.com/\n", "http://example.com/\x00", "http://exa\tmple.com/", "http://a,b/"),
    *("http://example.com:0/", "http://example.com:65536/", "http://example.com:-1/"),
    *("http://example.com:x/", "http://example.com:8080x/", "http://example.com:\u0663/"),
    *("http://[::1/", "http://[::1]x/", "http://[]/", "http://[1::2::3]/", "http://::1/"),
    *("http://[127.0.0.1]/", f"http://{'a' * 64}.example/", f"http://{'a.' * 127}example/"),
    *("http://example.com/\udcff", f"http://example.com/{'a' * 8192}", "http://\u202eexample.com/"),
    *(
        "http://xn--\u00fc.example/",
        "http://example.com/\u00a0x",
        f"http://example.com/{'ü' * 2000}",
    ),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL)
def test_a_url_has_one_canonical_form(text: str, canonical: str) -> None:
    assert parse_url(text) == canonical
    assert parse_url(canonical) == canonical


@pytest.mark.parametrize("text", FORBIDDEN)
def test_a_disguised_or_foreign_address_is_forbidden(text: str) -> None:
    with pytest.raises(ForbiddenUrlError):
        parse_url(text)


@pytest.mark.parametrize("text", MALFORMED)
def test_what_is_no_url_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200


@given(st.text(max_size=60) | st.from_regex(r"https?://[^\s]{1,60}", fullmatch=True))
def test_parsing_raises_only_url_errors_and_twice_is_once(text: str) -> None:
    try:
        canonical = parse_url(text)
    except UrlError:
        return
    assert parse_url(canonical) == canonical
    assert canonical.isascii()
    assert canonical.isprintable()


@given(st.from_regex(grammar._CANONICAL, fullmatch=True))
def test_the_short_cut_agrees_with_the_grammar(text: str) -> None:
    if "/." not in text:
        assert grammar._canonical(text) == text


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "http://a.example/x"),
        ("c", "http://a.example/b/c"),
        ("../c d", "http://a.example/c%20d"),
        ("?q=1", "http://a.example/b/?q=1"),
        ("#top", "http://a.example/b/"),
        ("//B.example/x", "http://b.example/x"),
        (" https://b.example:443 ", "https://b.example/"),
        ("HTTPS://b.example", "https://b.example/"),
        ("/ü", "http://a.example/%C3%BC"),
        ("./a:b", "http://a.example/b/a:b"),
    ],
)
def test_a_redirect_is_joined_under_the_same_grammar(location: str, target: str) -> None:
    assert join_url("http://a.example/b/", location) == target


@pytest.mark.parametrize("location", ["file:///x", "ws:x", "\\\\b\\x", "//user@b/", "//0x7f.1/"])
def test_a_redirect_to_a_forbidden_address_is_forbidden(location: str) -> None:
    with pytest.raises(ForbiddenUrlError):
        join_url("http://a.example/", location)


@pytest.mark.parametrize("location", ["", "  ", "http://", "//", "//[x/", "/\r\nX: y", "a" * 9000])
def test_a_redirect_to_garbage_is_refused(location: str) -> None:
    with pytest.raises(UrlError):
        join_url("http://a.example/", location)


@given(st.text(max_size=60))
def test_joining_raises_only_url_errors(location: str) -> None:
    try:
        target = join_url("http://a.example/b", location)
    except UrlError:
        return
    assert parse_url(target) == target


def test_the_host_is_the_key_of_politeness() -> None:
    assert host_of("http://example.com/x") == "example.com"
    assert host_of("http://[::1]:8080/") == "[::1]:8080"
    assert origin_of("https://example.com:8443/x/y") == "https://example.com:8443"


@pytest.mark.parametrize(
    ("host", "is_literal"),
    [("127.0.0.1", True), ("[::1]", True), ("example.com", False), ("localhost", False)],
)
def test_an_address_is_told_from_a_name(host: str, is_literal: bool) -> None:
    assert is_address(host) is is_literal


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a/x?token=abc&b=1", "https://a/x?token=***&b=1"),
        ("https://a/x?b=1&X-Amz-Signature=abc", "https://a/x?b=1&X-Amz-Signature=***"),
        ("https://a/x?API_KEY=abc", "https://a/x?API_KEY=***"),
        ("https://a/x?refresh_token=a&id_token=b", "https://a/x?refresh_token=***&id_token=***"),
        ("https://u:p@a/x", "https://***@a/x"),
        ("https://a/x?monkey=1&keyword=2", "https://a/x?monkey=1&keyword=2"),
        ("not a url", "not a url"),
    ],
)
def test_secrets_in_a_url_are_masked(url: str, shown: str) -> None:
    assert redact_text(url) == shown
