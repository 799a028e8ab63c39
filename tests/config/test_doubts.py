"""What is allowed and hardly meant: said by the check, at a start and after an edit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from daemon.config import load
from daemon.config.doubts import doubts
from daemon.config.reading.loading import unplaced
from daemon.model.site import SiteSpec
from daemon.operations.installation.described import desired_state_of
from daemon.store.catalogue.products import ProductSpec
from daemon.store.catalogue.specs import reading_of
from daemon.store.core.json_columns import (
    product_rules_from_json,
    rules_from_json,
    rules_to_json,
)

SITE = '[[site]]\nname = "Blog"\nurl = "https://a.example/"\n'
HOOK = '[[notify]]\nname = "hook"\nurl = "https://hooks.example/"\n'
PRODUCT = '[[product]]\nname = "Lamp"\nurl = "https://a.example/l"\n'
OWNERS = "".join(f'[[owner]]\nid = "{n}"\nemail = "{n}@a.example"\n' for n in ("ada", "bob"))


def told(tmp_path: Path, text: str, **stored: set[str]) -> list[str]:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return [f"{one.key_path}: {one.problem} ({one.hint})" for one in
            unplaced(doubts(load(path, {}), stored))]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SITE + 'check_frequency = "30s"\n', 'site[0].check_frequency: "30s" is shorter than'),
        (PRODUCT + 'check_frequency = "30s"\n', "product[0].check_frequency: "),
        ('[site_types.a]\ncheck_frequency = "30s"\n', "site_types.a.check_frequency: "),
        (
            '[schedule]\nminimum_interval = "10m"\n' + SITE + 'check_frequency = "*/5 * * * *"\n',
            "schedule.minimum_interval, which is 10m: checked every 10m",
        ),
        (SITE + 'check_frequency = "60d"\n', "longer than schedule.maximum_interval, which is 30d"),
        (SITE + HOOK + 'names = ["Nosuch"]\n', 'no site or product called "Nosuch" (known: Blog)'),
        (
            SITE + 'tags = ["work"]\n' + HOOK + 'tags = ["work", "wrok"]\n',
            'tags[1]: "local" has no site or product with the tag "wrok" (did you mean "work"?)',
        ),
        (SITE + HOOK + 'names = ["Blgo"]\n', '(did you mean "Blog"?)'),
        (SITE + HOOK + 'names = ["Blog", "new*"]\n', "notify[0].names[1]: "),
        (
            OWNERS + SITE + HOOK + 'owner = "bob"\nnames = ["Blog"]\n',
            '"bob" has no site or product called "Blog"',
        ),
        (
            SITE + SITE.replace("Blog", "Again").replace("a.example", "A.example"),
            'site[1].url: is the page of "Blog", read by the same rules: each change is told twice',
        ),
        (
            PRODUCT
            + PRODUCT.replace("Lamp", "Light").replace("url =", "urls = [").replace('/l"', '/l"]'),
            'product[1].urls: is the page of "Lamp", read by the same rules',
        ),
        (
            SITE + 'type = "feed"\ndiscover = "links"\n',
            'site[0].discover: finds pages that are read as feeds, by kind = "feed"',
        ),
        (HOOK + 'at_once_from = "major"\n', "has no effect without a digest"),
        (HOOK.replace("https", "ntfy") + 'secret = "hunter2"\n', "has no effect: it signs"),
    ],
)
def test_what_is_hardly_meant_is_told(tmp_path: Path, text: str, expected: str) -> None:
    [one] = told(tmp_path, text)
    assert expected in one
    assert "hunter2" not in one


@pytest.mark.parametrize(
    "text",
    [
        SITE + 'check_frequency = "1m"\n' + PRODUCT,
        SITE + 'check_frequency = "0 0 1 1 *"\n',
        SITE + SITE.replace("Blog", "Again") + 'include = ["main"]\n',
        SITE + 'kind = "file"\ndiscover = "links"\ndiscover_match = ["*.pdf"]\n',
        OWNERS + SITE + SITE.replace("Blog", "Again") + 'owner = "bob"\n',
        PRODUCT + PRODUCT.replace("Lamp", "Light") + 'target_price = "3"\ncurrency = "EUR"\n',
        SITE + PRODUCT.replace("/l", "/"),
        SITE + PRODUCT + HOOK + 'names = ["blog", "lam?", "*"]\n',
        HOOK + 'digest = "daily"\nat_once_from = "major"\nsecret = "word"\n',
        "",
    ],
)
def test_what_can_be_meant_is_not_told(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == []


def test_a_site_whose_type_says_so_is_not_told_beside_it(tmp_path: Path) -> None:
    text = '[site_types.a]\ncheck_frequency = "30s"\n' + SITE + 'type = "a"\n'
    [one] = told(tmp_path, text)
    assert one.startswith("site_types.a.")


def test_what_the_command_line_has_added_counts(tmp_path: Path) -> None:
    text = HOOK + 'names = ["News"]\n'
    assert len(told(tmp_path, text)) == 1
    assert told(tmp_path, text, local={"News"}) == []


PRICED = PRODUCT + 'currency = "EUR"\n'
PAIRS = [
    (SITE, "", True),
    (SITE, "include = []\n", True),
    (SITE, 'check_frequency = "9h"\n', True),
    (SITE, "sensitivity = 0.0\n", True),
    (SITE + 'headers = {A = "1", B = "2"}\n', 'headers = {B = "2", A = "1"}\n', True),
    (SITE + 'headers = {A = "1", B = "2"}\n', 'headers = {A = "2", B = "1"}\n', False),
    (SITE, 'headers = {A = "1"}\n', False),
    (SITE, "sensitivity = 0.5\n", False),
    (SITE, 'include = ["main"]\n', False),
    (PRICED + 'drop_amount = "3"\n', 'drop_amount = "3.00"\n', True),
    (PRICED + 'drop_amount = "3"\n', 'drop_amount = "3.01"\n', False),
    (PRICED + 'target_price = "3"\n', 'target_price = "3.00"\n', True),
    (PRICED + 'target_price = "3"\n', 'target_price = "4"\n', False),
    (PRICED, "back_in_stock = false\n", False),
    (SITE, PRODUCT.replace("/l", "/"), False),
]


@pytest.mark.parametrize(("one", "other", "is_one"), PAIRS)
def test_a_warning_and_an_import_agree_on_what_is_watched_twice(
    tmp_path: Path, one: str, other: str, is_one: bool
) -> None:
    keys = {line.partition(" =")[0] for line in other.split("\n")}
    kept = [line for line in one.split("\n") if line.partition(" =")[0] not in keys - {""}]
    again = "\n".join(kept).replace("Blog", "Again").replace("Lamp", "Again")
    text = one + (other if other.startswith("[[") else again + other)
    warned = [said for said in told(tmp_path, text) if "read by the same rules" in said]
    wanted = desired_state_of(load(tmp_path / "config.toml", {}))
    fresh: list[SiteSpec | ProductSpec] = [*wanted.sites, *wanted.products]
    stored: list[SiteSpec | ProductSpec] = [
        *(replace(s, rules=rules_from_json(rules_to_json(s.rules))) for s in wanted.sites),
        *(replace(p, rules=product_rules_from_json(rules_to_json(p.rules)))
          for p in wanted.products),
    ]  # fmt: skip
    assert bool(warned) is is_one
    assert {reading_of(spec) for spec in fresh} == {reading_of(spec) for spec in stored}
    assert (len({reading_of(spec) for spec in fresh}) == 1) is is_one


@pytest.mark.parametrize("target", [".slot", "#status", "li.slot", "button[disabled]", "#a > li"])
def test_a_selector_that_is_taken_for_words_is_doubted(tmp_path: Path, target: str) -> None:
    [found] = told(tmp_path, f"{SITE}count = '{target}'\n")
    assert found == (
        f'site[0].count[0]: looks for the words "{target}" (write css:{target} for a selector)'
    )


@pytest.mark.parametrize("target", ["Add to cart", "#1 in sales", "v2.3", "example.org", "css:.a"])
def test_words_are_not_doubted(tmp_path: Path, target: str) -> None:
    assert told(tmp_path, f"{SITE}appears = '{target}'\n") == []


def test_conditions_that_nobody_hears_of_are_doubted(tmp_path: Path) -> None:
    [found] = told(tmp_path, f"{SITE}appears = 'a'\nnotify_on = 'none'\n")
    assert found.startswith('site[0].notify_on: "none" silences the conditions, too')
