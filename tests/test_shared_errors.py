"""A page that nobody can read is said to be so without the words of one who reads it."""

from __future__ import annotations

from uuid import UUID

import pytest

from daemon.model.outcome import SiteOutcome
from daemon.model.page import Page
from daemon.model.request import Request
from daemon.model.site import Rules, Site
from daemon.model.status import ErrorClass, Verdict
from daemon.pipeline.check import conclude
from daemon.pipeline.readers import CheckResults
from tests.making import PAST

OWN = "include[0]: '#secret' matches nothing"


def of(*details: str) -> str:
    """What is said of a page whose sites end with these errors."""
    sites = [
        Site(UUID(int=n), f"site {n}", "local", None, Rules(), "plain") for n in range(len(details))
    ]
    page = Page(
        id=UUID(int=9), request=Request("https://a.example/"), host="a.example:443",
        check_frequency="daily", next_check_at=PAST, lease_token=1, sites=tuple(sites),
    )  # fmt: skip
    found = CheckResults(page)
    for site, detail in zip(sites, details, strict=True):
        failed = SiteOutcome(
            site, Verdict.FAILED, error_class=ErrorClass.SELECTOR, error_detail=detail
        )
        found.add(failed)
    outcome = conclude(page, PAST, None, found, None)
    assert outcome.error_class is ErrorClass.SELECTOR
    return outcome.error_detail


@pytest.mark.parametrize("details", [(OWN,), (OWN, OWN)])
def test_what_all_say_is_said(details: tuple[str, ...]) -> None:
    assert of(*details) == OWN


def test_what_one_says_is_not_told_to_the_others() -> None:
    assert (
        of(OWN, "query matches nothing") == "none of the 2 that read this page can: each says why"
    )
