"""The made-up pairs of the benchmark: one known edit each, in four layouts, short and long."""

from __future__ import annotations

import pytest

from benchmarks.changes import judged
from benchmarks.made_changes.pairs import HALVES, pairs

DOMAINS = sorted({pair.domain for pair in pairs("develop")})


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_made_up_pair_to_develop_with_comes_out_right(domain: str) -> None:
    rows = [judged(pair) for pair in pairs("develop") if pair.domain == domain]
    assert rows
    assert [row.failure for row in rows if not (row.is_right and row.has_grade)] == []


def test_each_half_has_pages_of_each_domain_and_no_page_in_common() -> None:
    urls = [{pair.url for pair in pairs(half)} for half in HALVES]
    domains = [{pair.domain for pair in pairs(half)} for half in HALVES]
    assert domains[0] == domains[1]
    assert not urls[0] & urls[1]
