"""Defaults by tag: who gets them, what is stronger, and where each value comes from."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from daemon.config import Config, load
from daemon.config.doubts import doubts
from daemon.config.groups import GroupConfig
from daemon.config.products import ProductConfig
from daemon.config.reading.given import given_product, given_site
from daemon.config.reading.loading import placed, unplaced
from daemon.config.reading.origins import origins_of
from daemon.config.sites import SiteConfig
from daemon.model.errors import ConfigError

SITE = '[[site]]\nname = "{0}"\nurl = "https://example.org/{0}"\n'
PRODUCT = '[[product]]\nname = "{0}"\nurl = "https://shop.example.org/{0}"\n'
WORK = '[[group]]\ntag = "work"\n'
Write = Callable[[str], Config]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)

    def loaded(text: str) -> Config:
        Path("config.toml").write_text(text)
        return load(Path("config.toml"), {})

    return loaded


def told(config: Config, **tags: set[str]) -> list[str]:
    found = placed(ConfigError(unplaced(doubts(config, {}, tags))), Path("config.toml"), {})
    return [str(fault) for fault in found.faults]


def test_a_group_gives_its_options_to_all_with_its_tag(write: Write) -> None:
    config = write(
        '[[group]]\ntag = "Work"\ncheck_frequency = "1h"\ninclude = ["main"]\nnotify_on = "every"\n'
        "paused = true\nheaders = { Accept = 'a/b' }\n"
        + SITE.format("a")
        + 'tags = ["WORK"]\n'
        + SITE.format("b")
    )
    first, second = config.sites
    assert (first.check_frequency, first.include, first.notify_on) == ("1h", ("main",), "every")
    assert (first.paused, list(first.headers)) == (True, ["Accept"])
    assert second.model_fields_set == {"name", "url", "owner"}


def test_the_closest_word_is_in_force(write: Write) -> None:
    config = write(
        "[site_types.blog]\ncheck_frequency = '2h'\nintent = 'type'\nwatch = 'letter'\n"
        + WORK + "check_frequency = '3h'\nintent = 'first'\nsort_lines = true\n"
        + '[[group]]\ntag = "price"\nintent = "second"\nmain_content = false\n'
        + SITE.format("a") + 'type = "blog"\ntags = ["price", "work"]\nsort_lines = false\n'
    )  # fmt: skip
    [site] = config.sites
    assert site.check_frequency == "3h"  # a group over a type
    assert site.intent == "second"  # the later group
    assert site.sort_lines is False  # its own word
    assert site.watch == "letter"  # the type, where no group says anything
    assert site.main_content is False  # a group over a built-in type
    assert site.own == {"name", "url", "type", "tags", "sort_lines"}


def test_products_take_what_they_have(write: Write) -> None:
    config = write(
        WORK + "check_frequency = '3h'\ninclude = ['main']\ndrop_percent = 5\ncurrency = 'EUR'\n"
        + PRODUCT.format("p") + 'tags = ["work"]\ncurrency = "USD"\n'
    )  # fmt: skip
    [product] = config.products
    assert (product.check_frequency, product.currency) == ("3h", "USD")
    assert product.drop_percent == Decimal(5)
    assert not hasattr(product, "include")


@pytest.mark.parametrize("model", [SiteConfig, ProductConfig])
def test_a_group_has_every_option_that_is_no_ones_identity(model: type[SiteConfig]) -> None:
    identity = {"name", "url", "urls", "type", "tags", "owner", "category", "target_price"}
    identity |= {"not_inherited"}
    assert set(model.model_fields) - identity <= set(GroupConfig.model_fields)


def test_what_is_given_on_the_command_line_takes_the_defaults_of_its_tags(write: Write) -> None:
    config = write(WORK + "check_frequency = '3h'\ndrop_percent = 5\n")
    site = {"name": "a", "url": "https://a.example/", "tags": ["work"]}
    assert given_site(config, site, str).check_frequency == "3h"
    assert given_site(config, site | {"check_frequency": "1d"}, str).check_frequency == "1d"
    assert given_product(config, site, str).drop_percent == Decimal(5)


def test_a_body_of_its_own_takes_no_other_from_a_group(write: Write) -> None:
    config = write(
        WORK + "json = { a = 1 }\n" + SITE.format("a") + 'tags = ["work"]\nbody = "own"\n'
        + SITE.format("b") + 'tags = ["work"]\n'
    )  # fmt: skip
    first, second = (site.request() for site in config.sites)
    assert (first.body, second.body) == ("own", '{"a": 1}')


def test_secrets_of_groups_are_secrets(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("token").write_text("hunter2-token\n")
    config = write(WORK + 'auth = { token_file = "token" }\nheaders = { Cookie = "sid=hunter3" }\n')
    assert {"hunter2-token", "sid=hunter3"} <= set(config.secrets())


def test_faults_of_a_group_are_told_once_at_the_group(write: Write) -> None:
    with pytest.raises(ConfigError) as raised:
        write(
            WORK + 'include = ["div["]\nselector = "p["\nproxy = "none-such"\n'
            + "".join(SITE.format(n) + 'tags = ["work"]\n' for n in "abc")
            + '[[group]]\ncolour = 1\n[[group]]\ntag = "a,b"\n'
        )  # fmt: skip
    found = [f"{fault.where} {fault.key_path}" for fault in raised.value.faults]
    assert found == [
        "config.toml:3 group[0].include[0]",
        "config.toml:4 group[0].selector",
        "config.toml:5 group[0].proxy",
        "config.toml:18 group[1].tag",
        "config.toml:19 group[1].colour",
        "config.toml:21 group[2].tag",
    ]


def test_what_does_not_go_together_is_told_at_the_site(write: Write) -> None:
    with pytest.raises(ConfigError, match=r"config.toml:5: site\[0\]"):
        write(
            WORK + 'check_frequency = "0 3 * * *"\n\n'
            + SITE.format("a") + 'tags = ["work"]\nhours = "08:00-18:00"\n'
        )  # fmt: skip


def test_a_group_that_nothing_has_is_doubted(write: Write) -> None:
    config = write(
        SITE.format("a") + "tags = ['work']\n" + WORK + '[[group]]\ntag = "wrok"\npaused = true\n'
    )
    [doubt] = told(config)
    problem = 'no site and no product has the tag "wrok" (did you mean "work"?)'
    assert doubt == f"config.toml:8: group[1].tag: {problem}"
    assert told(config, local={"wrok"}) == []


def test_groups_that_disagree_are_told_with_both_places(write: Write) -> None:
    rest = (
        WORK + "check_frequency = '3h'\nintent = 'x'\nsort_lines = true\n"
        + '[[group]]\ntag = "price"\ncheck_frequency = "4h"\nintent = "x"\nsort_lines = false\n'
    )  # fmt: skip
    sites = "".join(
        SITE.format(name) + 'tags = ["work", "price"]\nsort_lines = true\n' for name in "ab"
    )
    [doubt] = told(write(rest + sites))
    problem = 'gives "a" another value than the group "work" at config.toml:3'
    assert doubt.startswith(f"config.toml:8: group[1].check_frequency: {problem} (the later group")


def test_a_frequency_of_a_group_that_is_not_kept_is_told_at_the_group(write: Write) -> None:
    config = write(WORK + 'check_frequency = "1s"\n' + SITE.format("a") + 'tags = ["work"]\n')
    [doubt] = told(config)
    assert doubt.startswith('config.toml:3: group[0].check_frequency: "1s" is shorter')


def test_each_value_says_which_group_it_is_from(write: Write) -> None:
    config = write(
        WORK + "check_frequency = '3h'\nintent = 'first'\njson = { a = 1 }\n"
        + '[[group]]\ntag = "price"\nintent = "second"\n'
        + SITE.format("a") + 'tags = ["price", "work"]\ntype = "blog"\n'
        + PRODUCT.format("p") + 'tags = ["work"]\n'
    )  # fmt: skip
    origins = origins_of(config, Path("config.toml"), {})
    assert origins.of("site", "a", "intent") == "group price, config.toml:8"
    assert origins.of("site", "a", "check_frequency") == "group work, config.toml:3"
    assert origins.of("site", "a", "json") == "group work, config.toml:5"
    assert origins.of("site", "a", "main_content") == "type blog, built in"
    assert origins.of("product", "p", "check_frequency") == "group work, config.toml:3"
    assert origins.of("product", "p", "currency") == ""


def test_a_group_in_a_drop_in_comes_after_those_before(write: Write) -> None:
    Path("config.d").mkdir()
    Path("config.d/late.toml").write_text(WORK + "intent = 'late'\n")
    config = write(
        WORK + "intent = 'early'\nwatch = 'letter'\n" + SITE.format("a") + 'tags = ["work"]\n'
    )
    [site] = config.sites
    assert (site.intent, site.watch) == ("late", "letter")
    origins = origins_of(config, Path("config.toml"), {})
    assert origins.of("site", "a", "intent") == "group work, config.d/late.toml:3"


def test_products_take_the_notifications_that_they_know(write: Write) -> None:
    config = write(
        WORK + "notify_on = 'none'\n" + '[[group]]\ntag = "play"\nnotify_on = "auto"\n'
        + PRODUCT.format("p") + 'tags = ["work"]\n' + PRODUCT.format("q") + 'tags = ["play"]\n'
    )  # fmt: skip
    assert [product.notify_on for product in config.products] == ["none", "significant"]


def test_what_a_table_keeps_out_it_takes_from_nowhere(write: Write) -> None:
    config = write(
        '[[proxy]]\nname = "office"\nurl = "http://127.0.0.1:3128"\n'
        "[site_types.blog]\nproxy = 'office'\nquery = 'a'\n"
        + WORK + "proxy = 'office'\njson = { a = 1 }\ncheck_frequency = '3h'\nvariant = 'red'\n"
        + SITE.format("a") + 'type = "blog"\ntags = ["work"]\n'
        + 'not_inherited = ["proxy", "json", "query", "main_content"]\n'
        + PRODUCT.format("p") + 'tags = ["work"]\nnot_inherited = ["proxy", "variant"]\n'
    )  # fmt: skip
    [site], [product] = config.sites, config.products
    assert (site.proxy, site.json_body, site.query, site.main_content) == (None, None, None, False)
    assert (site.check_frequency, site.request().method) == ("3h", "GET")
    assert (product.proxy, product.variant) == (None, None)
    assert product.json_body is not None


def test_what_is_no_option_of_a_group_cannot_be_kept_out(write: Write) -> None:
    with pytest.raises(ConfigError) as raised:
        write(
            SITE.format("a") + "follow = 'any'\n"
            + "not_inherited = ['prox', 'url', 'paused', 'follow']\n"
            + PRODUCT.format("p") + "not_inherited = ['include']\n"
        )  # fmt: skip
    assert [str(one) for one in raised.value.faults] == [
        f"config.toml:{line}" for line in (
            '5: site[0].not_inherited[0]: "prox" is no option that a group or a type gives',
            '5: site[0].not_inherited[1]: "url" is no option that a group or a type gives',
            '5: site[0].not_inherited[3]: "follow" is stated here as well (keep one of the two)',
            '9: product[0].not_inherited[0]: "include" is no option that a group or a type gives',
        )
    ]  # fmt: skip
