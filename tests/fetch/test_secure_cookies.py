"""Cookies of encrypted answers: what one without encryption may not do, and what names promise."""

from __future__ import annotations

import pytest

from tests.fetch.test_cookies import HOME, NOW, again, jar

OPEN = HOME.replace("https:", "http:")
SECURE = "id=safe; Path=/; Secure"


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("id=bad; Path=/", OPEN),
        ("id=bad; Path=/app", OPEN),
        ("id=bad", OPEN),  # for the folder
        ("id=bad; Path=/; Domain=example.com", OPEN),
        ("id=bad; Path=/; Domain=www.example.com", OPEN),
        ("id=; Path=/; Max-Age=0", OPEN),
        ("id=bad; Path=/; Secure", OPEN),
    ],
)
async def test_an_open_answer_replaces_no_secure_cookie_and_takes_none_back(
    line: str, url: str
) -> None:
    made = again(jar(SECURE))
    made.take(url, [line], NOW)
    assert made.header_for(HOME) == "id=safe"


async def test_an_open_answer_of_a_domain_replaces_no_secure_cookie_of_it() -> None:
    made = jar("id=safe; Path=/; Domain=example.com; Secure")
    made.take(OPEN, ["id=bad; Path=/"], NOW)
    made.take("http://example.com/", ["id=bad; Path=/; Domain=example.com"], NOW)
    assert made.header_for(HOME) == "id=safe"


async def test_an_open_answer_may_set_other_cookies() -> None:
    made = jar("id=safe; Path=/admin; Secure")
    made.take(OPEN, ["other=1; Path=/", "id=2; Path=/", "id=3; Path=/administration"], NOW)
    made.take("http://other.example.net/", ["id=4; Path=/"], NOW)
    assert made.header_for(HOME) == "other=1; id=2"
    assert made.header_for("https://www.example.com/admin") == "other=1; id=safe"
    assert made.header_for("http://other.example.net/") == "id=4"


async def test_an_open_answer_sets_no_secure_cookie() -> None:
    assert jar(SECURE, url=OPEN).header_for(HOME) == ""


async def test_an_encrypted_answer_may_replace_a_secure_cookie_by_an_open_one() -> None:
    made = jar(SECURE, "id=new; Path=/")
    assert made.header_for(OPEN) == "id=new"


@pytest.mark.parametrize(
    ("line", "url", "is_kept"),
    [
        ("__Secure-id=1; Secure", HOME, True),
        ("__Secure-id=1; Secure; Path=/; Domain=example.com", HOME, True),
        ("__Secure-id=1", HOME, False),
        ("__Secure-id=1; Secure", OPEN, False),
        ("__SECURE-id=1", HOME, False),
        ("__Host-id=1; Secure; Path=/", HOME, True),
        ("__Host-id=1; Secure; Path=/; Domain=", HOME, True),
        ("__Host-id=1; Secure; Path=/; Domain=www.example.com", HOME, False),
        ("__Host-id=1; Secure; Path=/; Domain=example.com", HOME, False),
        ("__Host-id=1; Secure; Path=/app", HOME, False),
        ("__Host-id=1; Secure", HOME, False),
        ("__Host-id=1; Path=/", HOME, False),
        ("__host-id=1; Path=/", HOME, False),
        ("__Host-id=1; Secure; Path=/", OPEN, False),
        ("__Hostess=1", HOME, True),
    ],
)
async def test_a_name_with_a_prefix_is_kept_only_as_it_promises(
    line: str, url: str, is_kept: bool
) -> None:
    made = jar(line, url=url)
    sent = line.partition(";")[0] if is_kept else ""
    assert (made.header_for(HOME), again(made).header_for(HOME)) == (sent, sent)
