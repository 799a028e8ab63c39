"""Exports with groups and types: what comes back is the same, with and without these there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.config import Config, load
from daemon.model.site import SiteSpec
from daemon.operations.installation.described import product_specs_of, specs_of
from daemon.store.catalogue.products import ProductSpec
from daemon.transfer.exporting import Exported, export
from daemon.transfer.formats.known import READERS, WRITERS
from daemon.transfer.importing import Imported, choose, usable
from tests.transfer.test_ours import brought

_PROXY = {"name": "office", "url": "http://127.0.0.1:3128"}
_COMMON: dict[str, Any] = {
    "check_frequency": st.sampled_from(["1h", "daily", "0 9 * * mon"]),
    "hours": st.sampled_from(["08:00-18:00", "00:00-24:00"]),
    "days": st.sampled_from(["mon-fri", "mon"]),
    "time_zone": st.sampled_from(["Europe/Berlin", "UTC"]),
    "proxy": st.sampled_from(["office", "none"]),
    "timeout": st.sampled_from(["5s", "10s"]),
    "charset": st.sampled_from(["utf-8", "windows-1252"]),
    "keep_cookies": st.booleans(),
    "verify_tls": st.booleans(),
    "follow": st.sampled_from(["any", "none", "same-site"]),
    "headers": st.sampled_from([{"Accept": "a/b"}, {"X-A": "${HOME}"}, {}]),
    "cookies": st.sampled_from([{"sid": "hunter2"}, {"sid": "other"}]),
    "auth": st.sampled_from([{"token": "hunter2"}, {"username": "a", "password": "hunter2"}]),
    "user_agent": st.sampled_from(["a/1", "b/2"]),
    "notify_on": st.sampled_from(["every", "none", "significant"]),
}
_SENT: dict[str, Any] = {
    "body": st.sampled_from(["<hunter2/>", "b"]),
    "json": st.sampled_from([{"q": "hunter2"}, [1, 2.5]]),
    "form": st.sampled_from([{"q": "hunter2", "r": "1"}]),
}
_RULES: dict[str, Any] = {
    "include": st.sampled_from([["main"], []]),
    "query": st.just("a.b"),
    "intent": st.sampled_from(["", "prices"]),
    "mask": st.sampled_from([[], ["ages"]]),
    "below": st.sampled_from([49.9, "5"]),
    "changes_by": st.sampled_from(["5 %", 2]),
    "count": st.just(["words"]),
    "watch_status": st.sampled_from([True, [404], []]),
    "flap_hold": st.sampled_from(["6h", False]),
    "collapse_whitespace": st.booleans(),
    "sensitivity": st.sampled_from([0.5, -1]),
}
_PRICES: dict[str, Any] = {
    "currency": st.sampled_from(["EUR", "USD"]),
    "selector": st.sampled_from([".price", "//b"]),
    "variant": st.sampled_from(["red", "blue"]),
    "locale": st.sampled_from(["de-DE", "en-GB"]),
    "drop_amount": st.sampled_from([5, 2.5]),
    "drop_percent": st.sampled_from([5, "12.5"]),
    "any_drop": st.booleans(),
    "back_in_stock": st.booleans(),
}
_TAGS = ["work", "play", "home"]


def _tables(*options: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    whole = {key: one for several in options for key, one in several.items()}
    body = st.one_of(*(st.fixed_dictionaries({key: one}) for key, one in _SENT.items()))
    plain = st.fixed_dictionaries({}, optional=whole)
    # A query reads JSON, where no selector fits.
    fitting = plain.map(
        lambda one: {k: v for k, v in one.items() if k != "include" or "query" not in one}
    )
    return st.tuples(fitting, st.just({}) | body).map(lambda two: two[0] | two[1])


def _owned(options: dict[str, Any], more: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    tags = st.fixed_dictionaries(
        {"tags": st.lists(st.sampled_from(_TAGS), unique=True, max_size=3), **more}
    )
    return st.tuples(_tables(_COMMON, options), tags).map(lambda two: two[0] | two[1])


_PAUSED = {"paused": st.booleans()}
_TREES = st.fixed_dictionaries(
    {
        "site_types": st.fixed_dictionaries({}, optional={
            "blog": _tables(_COMMON, _RULES), "shop-news": _tables(_COMMON, _RULES)
        }),
        "group": st.lists(
            st.tuples(st.sampled_from(_TAGS), _tables(_COMMON, _RULES, _PRICES, _PAUSED)).map(
                lambda two: {"tag": two[0], **two[1]}
            ),
            max_size=3,
        ),
        "site": st.lists(_owned(_RULES, {"type": st.sampled_from(["blog", "docs"])}), max_size=3),
        "product": st.lists(_owned(_PRICES, {}), max_size=2),
    }
)  # fmt: skip


def config_of(tree: dict[str, Any]) -> Config | None:
    """The configuration of such a tree; None for options that do not fit together."""
    from daemon.config.crossing import cross_flaws
    from daemon.config.reading.loading import _add_built_in_types as with_built_in
    from daemon.config.reading.loading import _validated as validated
    from daemon.config.reading.references import Revealed

    tree = dict(tree)
    tree["proxy"] = [_PROXY]
    for kind in ("site", "product"):
        tree[kind] = [
            {"name": f"{kind} {i}", "url": f"https://{kind}.example/{i}", **one}
            for i, one in enumerate(tree[kind])
        ]
    with_built_in(tree)
    config, flaws = validated(tree, Revealed())
    return None if config is None or flaws or cross_flaws(tree) else config.settled(())


def exported(config: Config, *, with_secrets: bool = True) -> Exported:
    sites, products = specs_of(config), product_specs_of(config)
    return export(config, sites, products, with_secrets=with_secrets, with_groups=True)


def text_of(done: Exported, format_: str) -> str:
    return "".join(f"{line}\n" for line in WRITERS[format_](done.tables))


def plain_config() -> Config:
    from daemon.config.proxies import ProxyConfig

    return load(None, {}).model_copy(update={"proxies": (ProxyConfig.model_validate(_PROXY),)})


def found_in(result: Imported) -> tuple[list[SiteSpec], list[ProductSpec]]:
    assert result.faults == []
    assert [note for note in result.notes if "by the same rules" not in note.text] == []
    return result.sites, [spec for specs in result.products for spec in specs]


@pytest.mark.parametrize("format_", ["toml", "json"])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=_TREES)
def test_what_groups_and_types_give_comes_back(
    format_: str, tree: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if (config := config_of(tree)) is None:
        return
    wanted = specs_of(config), product_specs_of(config)
    text = text_of(exported(config), format_)
    assert found_in(brought(text, format_, plain_config())) == wanted
    assert found_in(brought(text, format_, config)) == wanted
    if format_ == "toml":
        path = tmp_path_factory.mktemp("pasted") / "config.toml"
        proxy = '[[proxy]]\nname = "office"\nurl = "http://127.0.0.1:3128"\n'
        path.write_text(proxy + text)
        pasted = load(path, {})
        assert (specs_of(pasted), product_specs_of(pasted)) == wanted


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=_TREES, other=_TREES)
def test_no_group_of_the_place_is_taken_where_a_table_says_all(
    tree: dict[str, Any], other: dict[str, Any]
) -> None:
    """What was described under other groups than those in force, as the database keeps it."""
    if (config := config_of(tree)) is None:
        return
    if (changed := config_of({**other, "site": [], "product": []})) is None:
        return
    sites, products = specs_of(config), product_specs_of(config)
    done = export(changed, sites, products, with_secrets=True, with_groups=True)
    assert found_in(brought(text_of(done, "toml"), "toml", changed)) == (sites, products)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=_TREES)
def test_ones_own_export_brings_nothing_new_without_its_secrets(tree: dict[str, Any]) -> None:
    if (config := config_of(tree)) is None:
        return
    sites, products = specs_of(config), product_specs_of(config)
    text = text_of(exported(config, with_secrets=False), "toml")
    assert "hunter2" not in text
    result = Imported()
    wanted = usable(READERS["toml"](text.encode()), config, {}, result)
    choose(wanted, config, sites, products, result)
    assert (result.sites, result.products, result.faults) == ([], [], [])
    assert result.known == len(config.sites) + len(config.products)


GROUPED = (
    '[[group]]\ntag = "work"\nnotify = ["phone"]\nproxy = "office"\n'
    'cookies = { sid = "hunter2" }\n'
    '[[site]]\nname = "A"\nurl = "https://a.example/"\ntags = ["work"]\n'
    '[[site]]\nname = "B"\nurl = "https://a.example/b?token=hunter2"\ntags = ["work"]\n'
    'not_inherited = ["proxy", "cookies"]\n'
    '[[proxy]]\nname = "office"\nurl = "http://127.0.0.1:3128"\n'
    '[[notify]]\nname = "phone"\nurl = "https://hook.example/"\n'
)


@pytest.fixture
def grouped(tmp_path: Path) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(GROUPED)
    return load(path, {})


def test_the_export_keeps_where_values_come_from(grouped: Config) -> None:
    assert text_of(exported(grouped, with_secrets=False), "toml") == (
        '[[group]]\ntag = "work"\ncookies = { "sid" = "${GROUP_WORK_SID}" }\nproxy = "office"\n'
        'notify = ["phone"]\n\n'
        '[[site]]\nname = "A"\nurl = "https://a.example/"\ncheck_frequency = "daily"\n'
        'tags = ["work"]\n\n'
        '[[site]]\nname = "B"\nurl = "https://a.example/b?token=${B_TOKEN}"\n'
        'check_frequency = "daily"\ntags = ["work"]\nnot_inherited = ["cookies", "proxy"]\n\n'
    )


def test_who_is_told_by_a_group_is_named_where_nothing_here_does(grouped: Config) -> None:
    text = text_of(exported(grouped), "toml")
    assert brought(text, "toml", grouped).losses == []
    losses = brought(text, "toml", plain_config()).losses
    assert [(one.name, one.text) for one in losses] == [
        (name, "without its destination 'phone': see `notify` of [[group]]") for name in "AB"
    ]


def test_a_site_whose_address_is_a_placeholder_is_known_again(
    grouped: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of(exported(grouped, with_secrets=False), "toml")

    def imported(sites: list[SiteSpec]) -> Imported:
        result = Imported()
        choose(
            usable(READERS["toml"](text.encode()), grouped, {}, result), grouped, sites, [], result
        )
        return result

    again = imported(specs_of(grouped))
    assert (again.known, again.sites, again.faults) == (2, [], [])
    elsewhere = imported([])
    assert [site.name for site in elsewhere.sites] == ["A"]
    assert "${B_TOKEN} is not set" in str(elsewhere.faults[0])
    monkeypatch.setenv("B_TOKEN", "hunter2")
    assert "holds a variable" in str(imported([]).faults[0])
    assert imported(specs_of(grouped)).known == 2


def test_each_that_takes_an_unset_secret_of_a_group_is_paused() -> None:
    text = (
        '[[group]]\ntag = "work"\nauth = { token = "${NO_SUCH}" }\n'
        'headers = { X-A = "${NO_SUCH}" }\n'
        + "".join(
            f'[[site]]\nname = "{one}"\nurl = "https://{one}.example/"\ntags = ["work"]\n'
            for one in "ab"
        )
        + '[[product]]\nname = "p"\nurl = "https://p.example/"\ntags = ["work"]\n'
    )
    result = brought(text, "toml", plain_config())
    found: list[SiteSpec | ProductSpec] = [*result.sites, *result.products[0]]
    assert [(one.is_active, one.request.headers) for one in found] == [(False, {})] * 3
