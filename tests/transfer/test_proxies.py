"""Imports of what goes through a proxy: by a proxy of ours, or paused, never around it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transfer.test_foreign import URL, from_jobs, from_watches, notes, the_site
from tests.transfer.test_ours import brought


@pytest.mark.parametrize(
    ("watch", "requests", "proxy"),
    [
        ({"proxy": "office"}, {}, "office"),
        ({"proxy": "ui-0office"}, {}, "office"),
        ({}, {"proxy": "ui-1office"}, "office"),
        ({"proxy": "no-proxy"}, {"proxy": "ui-1office"}, "none"),
        ({"proxy": None}, {}, ""),
    ],
)
def test_a_watch_keeps_its_proxy(
    watch: dict[str, Any], requests: dict[str, Any], proxy: str
) -> None:
    site = the_site(from_watches({"url": URL, **watch}, requests=requests))
    assert (site.request.proxy, site.is_active) == (proxy, True)


@pytest.mark.parametrize(
    "keys",
    [
        "https_proxy: http://127.0.0.1:3128",
        "https_proxy: http://me:hunter2@127.0.0.1:3128\nhttp_proxy: http://other.example:1",
        "proxy: http://127.0.0.1:3128/",
    ],
)
def test_a_job_goes_through_the_proxy_at_the_same_place(keys: str) -> None:
    site = the_site(from_jobs(f"name: Page\nurl: {URL}\n{keys}\n"))
    assert (site.request.proxy, site.is_active) == ("office", True)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("https_proxy: http://me:hunter2@p.example:3128", "its proxy 'p.example:3128' is not in"),
        ("https_proxy: http://me:hunter2", "its proxy 'of an address without host or port'"),
        ("proxy: home", "its proxy 'home' is not in"),
    ],
)
def test_a_job_whose_proxy_is_not_here_is_paused(keys: str, told: str) -> None:
    result = from_jobs(f"name: Page\nurl: {URL}\n{keys}\n")
    assert the_site(result).is_active is False
    assert f"paused: {told}" in notes(result)
    assert "hunter2" not in notes(result)


def test_an_export_whose_proxy_is_not_here_comes_paused_too() -> None:
    result = brought(f'[[site]]\nname = "a"\nurl = "{URL}"\nproxy = "home"\n', "toml")
    site = the_site(result)
    assert (site.request.proxy, site.is_active) == ("", False)
    assert "add it as [[proxy]]" in notes(result)
