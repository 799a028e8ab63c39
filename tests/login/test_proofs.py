"""What proves who somebody is: secrets, passwords, and what a proxy in front says."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from daemon.login.identity import Identity
from daemon.login.passwords import Passwords, Work, why_unfit
from daemon.login.secret import hash_of, new_secret
from daemon.login.trusted_header import Proxies, UntrustedHeaderError, network_of

PASSWORD = "correct horse battery staple"
PROXIES = Proxies.of("Remote-User", ["192.0.2.0/24", "2001:db8::/64"])


def test_a_secret_cannot_be_guessed_nor_read_from_its_hash() -> None:
    made = {new_secret() for _each in range(100)}
    assert len(made) == 100
    assert all(len(one) >= 43 for one in made)
    assert {len(hash_of(one)) for one in made} == {64}


async def test_a_password_is_known_again_by_what_is_stored_whatever_it_cost_then() -> None:
    stored = await Passwords().hash(PASSWORD)
    assert PASSWORD not in stored
    now = Passwords(Work(n=2, r=1, p=1))
    assert await now.is_right(PASSWORD, stored)
    assert not await now.is_right(PASSWORD + "x", stored)
    assert not await now.is_right("", None)
    assert await now.hash(PASSWORD) != await now.hash(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "a" * 12, "ab" * 20, "x1y2" * 300])
def test_a_password_that_is_too_easy_or_too_long_is_refused(password: str) -> None:
    assert why_unfit(password)
    assert not why_unfit(PASSWORD)


@pytest.mark.parametrize(
    ("provider", "subject"), [("", "1"), ("a|b", "1"), ("a", ""), ("a", "x" * 254), ("a", "1\n")]
)
def test_an_identity_has_a_provider_and_a_subject_that_fit(provider: str, subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        Identity(provider, subject)
    assert Identity("github", "7|8").id == "github|7|8"


@pytest.mark.parametrize("peer", ["192.0.2.9", "2001:db8::7", "::ffff:192.0.2.9"])
def test_a_proxy_says_who_and_whence(peer: str) -> None:
    headers = CIMultiDict({"Remote-User": " ada ", "X-Forwarded-For": "1.2.3.4, 203.0.113.5"})
    assert PROXIES.user_in(peer, headers) == "ada"
    assert PROXIES.client_of(peer, headers) == "203.0.113.5"
    headers["X-Forwarded-For"] = "203.0.113.5, 192.0.2.8"
    assert PROXIES.client_of(peer, headers) == "203.0.113.5"
    headers["X-Forwarded-For"] = "203.0.113.5, unknown"
    assert PROXIES.client_of(peer, headers) == peer


def test_from_elsewhere_nothing_of_that_is_believed() -> None:
    headers = CIMultiDict({"X-Forwarded-For": "192.0.2.1"})
    assert PROXIES.client_of("203.0.113.9", headers) == "203.0.113.9"
    assert PROXIES.user_in("203.0.113.9", headers) is None
    for peer in ("203.0.113.9", "", "fe80::1%eth0"):
        with pytest.raises(UntrustedHeaderError):
            PROXIES.user_in(peer, CIMultiDict({"remote-user": "ada"}))


@pytest.mark.parametrize("names", [["ada", "root"], [""], ["github|7"], ["x" * 256]])
def test_a_header_names_one_person_and_no_identity_of_a_provider(names: list[str]) -> None:
    headers = CIMultiDict([("Remote-User", name) for name in names])
    with pytest.raises(UntrustedHeaderError):
        PROXIES.user_in("192.0.2.1", headers)


def test_failures_are_counted_for_an_address_or_a_customers_subnet() -> None:
    assert network_of("192.0.2.1") != network_of("192.0.2.2")
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1")
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1")
    assert network_of("what") == ""
