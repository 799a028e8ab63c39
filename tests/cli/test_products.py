"""`products`: followed, listed, shown, changed; and `check` finds them."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Site

URL = "https://shop.example/kettle"
PAGE = """<script type="application/ld+json">{{"@context": "https://schema.org",
"@type": "Product", "name": "Kettle", "offers": {{"@type": "Offer", "price": "{price}",
"priceCurrency": "EUR", "availability": "https://schema.org/InStock"}}}}</script>
<div class="product-price">{price} €</div><button name="add">Add to basket</button>"""
CONFIG = """[fetch]
allow_networks = ["127.0.0.0/8"]
delay_seconds = 0
"""


@pytest.fixture
def open_network(folder: Path) -> Path:
    path = folder / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def sell(site: Site, price: str) -> str:
    return site.serve("/kettle", "Kettle", PAGE.format(price=price))


def test_a_product_added_is_listed_and_waits_for_its_first_check(cli: Cli) -> None:
    done = cli("products", "add", URL, "--name", "Kettle", "--target", "80", "--currency", "eur")
    assert done.code == 0
    assert done.out == f"following Kettle: {URL} (daily)\n"
    [listed] = cli("products", "--json").lines
    assert (listed["name"], listed["state"], listed["url"]) == ("Kettle", "new", URL)
    assert (listed["target_price"], listed["target_currency"]) == ("80.00", "EUR")
    assert listed["price"] is None


def test_every_fault_of_a_new_product_is_told_by_its_option(cli: Cli, folder: Path) -> None:
    done = cli(
        *("products", "add", "ftp://shop.example/a", "--target", "-3", "--currency", "EURO"),
        *("--drop-percent", "200", "--owner", "nobody", "--selector", "div["),
    )
    assert done.code == 2
    for option in ("URL:", "--target:", "--currency:", "--drop-percent:", "--owner:"):
        assert f"changelogger: {option}" in done.err
    assert list(folder.iterdir()) == []


def test_a_name_is_taken_once(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Kettle")
    done = cli("products", "add", "https://other.example/", "--name", "Kettle")
    assert done.code == 2
    assert f"'Kettle' is followed already: {URL}" in done.err


def test_the_same_address_is_followed_once_for_one_target(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Kettle", "--target", "80", "--currency", "EUR")
    words = ("products", "add", "https://other.example/k", URL, "--name", "Pot")
    refused = cli(*words, "--target", "80.00", "--currency", "EUR")
    assert refused.code == 2
    assert f"{URL} is followed already, by the same rules, as 'Kettle'" in refused.err
    done = cli(*words, "--target", "60", "--currency", "EUR")
    assert done.code == 0
    assert done.err == "its page is fetched once, for it and 'Kettle'\n"


def test_a_product_says_of_what_it_notifies(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Kettle", "--notify-on", "every")
    [listed] = cli("products", "--json").lines
    assert listed["notify_on"] == "every"
    assert 'notify_on = "every"' in cli("export").out
    assert cli("products", "add", f"{URL}2", "--notify-on", "all").code == 2


def test_one_product_may_stand_at_several_addresses(cli: Cli) -> None:
    cli("products", "add", URL, "https://other.example/k", "--name", "Kettle")
    assert [one["name"] for one in cli("products", "--json").lines] == ["Kettle", "Kettle"]
    assert cli("products", "remove", "https://other.example/k").out == "removed Kettle\n"
    assert [one["url"] for one in cli("products", "--json").lines] == [URL]


def test_products_are_paused_resumed_and_removed(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Kettle")
    for word, state in (("pause", "paused"), ("resume", "new")):
        assert cli("products", word, "Kettle").code == 0
        assert cli("products", "--json").lines[0]["state"] == state
    cli("products", "remove", "Kettle")
    assert cli("products", "--json").lines == []


def test_a_product_that_is_not_there_brings_the_near_ones(cli: Cli) -> None:
    cli("products", "add", URL, "--name", "Tarn kettle")
    done = cli("products", "pause", "tarn ketle")
    assert done.code == 4
    assert "did you mean Tarn kettle?" in done.err


def test_products_of_the_file_are_changed_there(cli: Cli, open_network: Path) -> None:
    open_network.write_text(f'{CONFIG}[[product]]\nname = "Kettle"\nurl = "{URL}"\npaused = true\n')
    assert cli("check", "--all").code == 0
    done = cli("products", "remove", "Kettle")
    assert done.code == 2
    assert "remove its [[product]] table" in done.err


@pytest.mark.usefixtures("open_network")
def test_a_price_that_falls_below_its_target_is_told_by_the_check(cli: Cli, site: Site) -> None:
    url = sell(site, "100.00")
    cli("products", "add", url, "--name", "Kettle", "--target", "80", "--currency", "EUR")
    [first] = cli("check", "Kettle", "--json").lines
    assert (first["product"], first["verdict"], first["alerts"]) == ("Kettle", "initial", [])
    assert first["offer"]["price"] == "100.00"
    sell(site, "75.50")
    done = cli("products", "check", "Kettle")
    assert "PRICE DROP" in done.out
    assert "75.50 EUR, before 100.00 EUR" in done.out


@pytest.mark.usefixtures("open_network")
def test_the_last_line_of_many_checks_counts_alerts(cli: Cli, site: Site) -> None:
    url = sell(site, "100.00")
    cli("products", "add", url, "--name", "Kettle", "--target", "80", "--currency", "EUR")
    assert "alert" not in cli("check", "--all").out
    sell(site, "75.50")
    assert (
        cli("check", "--all").out.splitlines()[-1].endswith(": 1 changed (0 significant), 1 alert")
    )


@pytest.mark.usefixtures("open_network")
def test_the_history_is_told_check_by_check(cli: Cli, site: Site) -> None:
    url = sell(site, "100.00")
    cli("products", "add", url, "--name", "Kettle", "--target", "80", "--currency", "EUR")
    for price in ("100.00", "75.50"):
        sell(site, price)
        cli("check", url)
    rows = cli("products", "history", "Kettle", "--json").lines
    assert [(row["price"], row["alerts"]) for row in rows] == [
        ("75.50", ["price_drop"]),
        ("100.00", []),
    ]
    table = list(csv.DictReader(io.StringIO(cli("products", "history", "Kettle", "--csv").out)))
    assert [row["price"] for row in table] == ["100.00", "75.50"]
    assert cli("products", "history", "Kettle").out.splitlines()[1].split("\t")[3] == "75.50"
    [listed] = cli("products", "--json").lines
    assert (listed["price"], listed["lowest"], listed["is_at_target"]) == ("75.50", "75.50", True)


@pytest.mark.usefixtures("open_network")
def test_a_dry_run_of_a_product_stores_nothing(cli: Cli, site: Site, open_network: Path) -> None:
    url = sell(site, "100.00")
    open_network.write_text(f'{CONFIG}[[product]]\nname = "Kettle"\nurl = "{url}"\n')
    [looked] = cli("check", "Kettle", "--dry-run", "--json").lines
    assert looked["offer"]["price"] == "100.00"
    assert not (open_network.parent / "changelogger.db").exists()


@pytest.mark.parametrize("how", ["remove", "pause", "resume"])
def test_what_the_file_manages_is_changed_in_the_file(how: str, cli: Cli, folder: Path) -> None:
    (folder / "config.toml").write_text(
        '[fetch]\nallow_networks = ["127.0.0.0/8"]\n[health]\nport = 0\n[web]\nenabled = false\n'
        '[[product]]\nname = "Lamp"\nurl = "http://127.0.0.1:1/lamp"\n'
    )
    cli("check", "Lamp")
    done = cli("products", how, "Lamp")
    assert done.code == 2
    assert "'Lamp' is managed by config.toml:7: " in done.err
