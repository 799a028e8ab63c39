"""No option without its line in config.toml and its row in the reference."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from daemon.config import Config, NotifyConfig, load
from daemon.config.explain import allowed_range, show_like
from daemon.config.groups import GroupConfig
from daemon.config.products import ProductConfig, ProductDefaults
from daemon.config.proxies import ProxyConfig
from daemon.config.requests import RequestOptions
from daemon.config.sections import OwnerConfig
from daemon.config.shape import fields_of, options, place_at
from daemon.config.sites import SiteConfig, SiteDefaults, SiteTypeConfig
from daemon.config.values import KeyPath
from daemon.config.web import LoginConfig

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT.joinpath("config.toml").read_text(encoding="utf-8")
UNCOMMENTED = re.sub(r"(?m)^#(?=\S)", "", SHIPPED)
REFERENCE = ROOT.joinpath("docs", "configuration.md").read_text(encoding="utf-8")
SECTIONS = {
    ".".join(map(str, path[:-1])): place.type
    for path, _ in options()
    if len(path) > 1 and (place := place_at(path[:-1])) is not None
}


def holds_tables(path: KeyPath) -> bool:
    """Whether an option is a list of tables, which has a heading of its own."""
    item = place_at((*path, 0))
    return item is not None and item.is_section


OPTIONS = [one for one in options() if len(one[0]) > 1 and not holds_tables(one[0])]
TABLES: dict[str, type[BaseModel]] = {
    **{f"[{name}]": section for name, section in SECTIONS.items()},
    "[[owner]]": OwnerConfig,
    "[[web.login]]": LoginConfig,
    "[[site]]": SiteConfig,
    "[[product]]": ProductConfig,
    "[site_types.NAME]": SiteTypeConfig,
    "[[notify]]": NotifyConfig,
    "[[proxy]]": ProxyConfig,
    "[[group]]": GroupConfig,
}


def own_fields(heading: str) -> dict[str, FieldInfo]:
    """Those of the table itself; a site's defaults have a table of their own."""
    shared = {*fields_of(SiteDefaults)} if heading in ("[[site]]", "[[group]]") else set()
    shared |= {*fields_of(ProductDefaults)} if heading == "[[group]]" else set()
    shared |= {name for name in fields_of(TABLES[heading]) if is_section((heading, name))}
    return {name: info for name, info in fields_of(TABLES[heading]).items() if name not in shared}


def is_section(key: tuple[str, str]) -> bool:
    """Whether this is a table within a table, which has a heading of its own."""
    name = f"{key[0].strip('[]')}.{key[1]}"
    return name in SECTIONS or f"[[{name}]]" in TABLES


def value_at(tree: Any, path: KeyPath) -> Any:
    return value_at(tree[path[0]], path[1:]) if path else tree


def rows(heading: str) -> Iterator[list[str]]:
    chapter = REFERENCE.split(f"### `{heading}`\n")[1].split("\n#")[0]
    for line in chapter.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_shipped_file_is_safe_to_run():
    assert load(ROOT / "config.toml", {}) == Config()


def test_the_shipped_file_shows_every_default(tmp_path: Path):
    path = tmp_path / "config.toml"
    path.write_text(UNCOMMENTED.split("[[owner]]")[0], encoding="utf-8")
    config = load(path, {})
    for name in fields_of(Config):
        if name in SECTIONS:
            assert getattr(config, name) == getattr(Config(), name)


def test_the_examples_of_the_shipped_file_work(tmp_path: Path):
    path = tmp_path / "config.toml"
    pem = ROOT / "tests" / "certificates" / "loopback.pem"  # a certificate and its key
    text = re.sub(r'"(client|ca)\.(pem|key)"', f'"{pem}"', UNCOMMENTED)
    text = text.replace('public_url = ""', 'public_url = "https://watch.example.org"')
    path.write_text(text.replace('password = ""', ""), encoding="utf-8")
    config = load(path, {"STATUS_TOKEN": "abc", "HOOK_SECRET": "def", "LOGIN_SECRET": "ghi"})
    assert [site.name for site in config.sites] == [
        "Example blog",
        "Example status",
        "Example members",
        "Example search",
        "Example form",
        "Example service",
    ]
    assert [product.name for product in config.products] == ["Example kettle"]


def test_the_shipped_file_names_every_option():
    tree = tomllib.loads(UNCOMMENTED)
    for path, _ in options():
        assert path[-1] in value_at(tree, path[:-1])
    assert {key for site in tree["site"] for key in site} == set(fields_of(SiteConfig))
    assert set(tree["owner"][0]) == set(fields_of(OwnerConfig))
    assert set(tree["web"]["login"][0]) == set(fields_of(LoginConfig))
    # A site has at most one kind of body, and a product is asked for as a site is.
    of_requests = set(fields_of(RequestOptions))
    assert set(tree["product"][0]) | of_requests == set(fields_of(ProductConfig))
    assert set(tree["notify"][0]) == set(fields_of(NotifyConfig))


@pytest.mark.parametrize(("path", "place"), OPTIONS)
def test_the_shipped_file_gives_the_range(path: tuple[str, ...], place):
    limits = allowed_range(place.conditions, show_like(place)).removeprefix("from ")
    section = UNCOMMENTED.split(f"[{'.'.join(path[:-1])}]\n")[1].split("\n[")[0]
    line = next(line for line in section.splitlines() if line.startswith(f"{path[-1]} ="))
    assert limits.replace(",", "") in line


@pytest.mark.parametrize("heading", TABLES)
def test_the_reference_has_a_row_for_every_option_and_no_other(heading: str):
    assert {row[0].strip("`") for row in rows(heading)} == set(own_fields(heading))


@pytest.mark.parametrize("heading", TABLES)
def test_the_reference_gives_default_and_range(heading: str):
    shown = tomllib.loads(UNCOMMENTED)
    for name, default, allowed, meaning in rows(heading):
        info = own_fields(heading)[name.strip("`")]
        assert meaning
        assert allowed.startswith(expected_range(heading, info, name.strip("`")))
        if heading.strip("[]") in SECTIONS:
            value = tomllib.loads(f"v = {default.strip('`')}")["v"]
            path = heading.strip("[]").split(".")
            assert value == value_at(shown, (*path, name.strip("`")))
        else:
            assert default.strip("`") == expected_default(info)


def expected_range(heading: str, info: FieldInfo, name: str) -> str:
    if get_origin(info.annotation) is Literal and isinstance(get_args(info.annotation)[0], str):
        return ", ".join(get_args(info.annotation))
    table = heading.strip("[]")
    place = place_at((*(table.split(".") if table in SECTIONS else [table]), name))
    if place is None:
        return ""
    return allowed_range(place.conditions, show_like(place)).removeprefix("from ")


def expected_default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    if isinstance(value, bool | str | float):
        return json.dumps(value)
    if isinstance(value, SecretStr):
        return json.dumps(value.get_secret_value())
    if isinstance(value, tuple):
        return json.dumps(value)
    return "{}" if isinstance(value, dict) else str(value)


def test_the_table_for_movers_names_what_there_is():
    table = (ROOT / "docs" / "choosing.md").read_text().split("## From other programs")[1]
    answers = [line.split(" | ", 1)[1] for line in table.splitlines() if line.startswith("| ")]
    named = {name for answer in answers for name in re.findall(r"`([a-z_]+)(?: = [^`]*)?`", answer)}
    known = {name for model in TABLES.values() for name in fields_of(model)}
    assert len(answers) > 50
    assert named - known <= {"pattern", "repl"}  # theirs, which stand in an answer
