"""Which addresses mean the same page, the next of a series, a page above, or the same site."""

from __future__ import annotations

import pytest

from daemon.addresses import is_above, is_next_of, is_same_page, is_same_site, leads_nowhere

PAGE = "https://example.com/shop/lantern"


@pytest.mark.parametrize(
    "reached",
    [
        "http://example.com/shop/lantern",
        "https://www.example.com/shop/lantern",
        "https://m.example.com/shop/lantern/",
        "https://example.com/shop/Lantern.html",
        "https://example.com/en/shop/lantern",
        "https://example.com/de-at/shop/lantern/index.php",
        "https://example.com/shop/lantern?currency=eur&session=12",
        "https://store.example.com/shop/lantern",
    ],
)
def test_another_spelling_is_the_same_page(reached: str) -> None:
    assert is_same_page(reached, PAGE)


@pytest.mark.parametrize(
    "reached",
    [
        "https://example.com/",
        "https://example.com/en/",
        "https://example.com/shop",
        "https://example.com/shop/torch",
        "https://example.com/login?next=/shop/lantern",
        "https://example.com/search?q=shop/lantern",
        "https://login.example.com/",
    ],
)
def test_another_path_is_another_page(reached: str) -> None:
    assert not is_same_page(reached, PAGE)


@pytest.mark.parametrize(
    ("reached", "known", "is_same"),
    [
        ("https://a.example/item?id=2", "https://a.example/item?id=1", False),
        ("https://a.example/item", "https://a.example/item?id=1", False),
        ("https://a.example/item?id=1&lang=en", "https://a.example/item?id=1", True),
        ("https://a.example/item", "https://a.example/item?utm_source=mail&fbclid=x", True),
        ("https://a.example/p/12345-new-name", "https://a.example/p/12345-old-name", True),
        ("https://a.example/p/12346-old-name", "https://a.example/p/12345-old-name", False),
        ("https://a.example/2026/new", "https://a.example/2026/old", False),
        ("https://a.example/home", "https://a.example/", True),
        ("https://a.example/en/", "https://a.example/", True),
        ("https://a.example/", "https://a.example/it", False),
        ("https://a.example/de/x", "https://a.example/en/x", False),
        ("https://a.example/x", "https://a.example/en/x", True),
        ("https://shop.a.example/", "https://a.example/", False),
        ("http://127.0.0.1:8443/x", "http://127.0.0.1:8080/x", True),
    ],
)
def test_what_of_an_address_tells_pages_apart(reached: str, known: str, is_same: bool) -> None:
    assert is_same_page(reached, known) is is_same


@pytest.mark.parametrize(
    ("reached", "is_next"),
    [
        ("https://a.example/releases/v1.10", True),
        ("https://a.example/releases/latest", False),
        ("https://a.example/releases", False),
        ("https://b.example/releases/v1.10", False),
        ("https://a.example/releases/v1.9", False),  # the same
    ],
)
def test_the_next_of_a_series_has_another_number(reached: str, is_next: bool) -> None:
    assert is_next_of(reached, "https://a.example/releases/v1.9") is is_next


@pytest.mark.parametrize(
    ("reached", "is_it"),
    [
        ("https://example.com/", True),
        ("https://www.example.com/en/", True),
        ("https://example.org/", True),
        ("https://example.com/shop/", True),
        ("https://example.com/shop/torch", False),
        ("https://example.com/sales", False),
    ],
)
def test_a_home_page_and_a_folder_are_above(reached: str, is_it: bool) -> None:
    assert is_above(reached, PAGE) is is_it


@pytest.mark.parametrize("path", ["login", "sign_in.php", "account/login", "suche", "404.html"])
def test_a_login_a_search_or_an_error_is_no_page_of_its_own(path: str) -> None:
    assert leads_nowhere(f"https://example.com/{path}")


@pytest.mark.parametrize("path", ["", "concerts/may", "research", "errors-in-print", "logins"])
def test_other_paths_are_pages(path: str) -> None:
    assert not leads_nowhere(f"https://example.com/{path}")


@pytest.mark.parametrize(
    ("one", "other", "are"),
    [
        ("https://example.com/", "http://login.example.com:8080/x", True),
        ("https://example.co.uk/", "https://other.co.uk/", False),
        ("https://one.github.io/", "https://two.github.io/", False),
        ("https://example.com/", "https://example.org/", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("http://[::1]:1/", "http://[::1]:2/", True),
        ("http://localhost/", "http://intranet/", False),
        ("https://com/", "https://example.com/", False),
    ],
)
def test_a_site_is_all_below_what_somebody_registered(one: str, other: str, are: bool) -> None:
    assert is_same_site(one, other) is are
