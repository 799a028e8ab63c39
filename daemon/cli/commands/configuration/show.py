"""`config show`: the configuration in force, and where each value of it is stated."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.configuration.group import masked
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import DIM, json_line, say

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.config.reading.origins import Origins

_Where = Mapping[str, str]  # of each option of a table that is stated somewhere; "" is the table
_LISTS = {"owners": "owner", "sites": "site", "products": "product", "notify": "notify"}


@click.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(setting: Setting, as_json: bool) -> None:
    """Show every option with the value in force, as TOML; secrets are masked.

    A comment says where a value comes from; those without one are defaults.
    """
    from daemon.config.reading.origins import origins_of

    loaded = setting.load()
    origins = origins_of(loaded, setting.path(), os.environ)
    tree = _tree(loaded)
    if as_json:
        where = {
            f"{title}.{key}".rstrip("."): said
            for title, _, stated in _tables(loaded, tree, origins)
            for key, said in stated.items()
        }
        json_line(tree | {"where": where})
        return
    for line in _toml(loaded, tree, origins):
        say(line)


def _tree(loaded: Config) -> dict[str, Any]:
    tree: dict[str, Any] = masked(loaded.model_dump(by_alias=False))
    tree["database"]["url"] = loaded.database.shown
    for one in (*tree["sites"], *tree["products"], *tree["site_types"].values()):
        one["json"] = one.pop("json_body")  # the name in the file
        if one["auth"]:
            one["auth"] = {key: value for key, value in one["auth"].items() if value is not None}
    tree["owner"], tree["site"] = tree.pop("owners"), tree.pop("sites")
    given = [group.model_dump(by_alias=True, exclude_unset=True) for group in loaded.groups]
    del tree["groups"]
    tree["group"] = masked(given)
    return tree


def _toml(loaded: Config, tree: Mapping[str, Any], origins: Origins) -> Iterator[str]:
    from daemon.config.reading.writing import toml_value

    for title, table, where in _tables(loaded, tree, origins):
        is_list = title.endswith("]")
        yield _commented(f"[[{title.partition('[')[0]}]]" if is_list else f"[{title}]", where, "")
        for key, value in table.items():
            if value is not None:
                yield _commented(f"{key} = {toml_value(value)}", where, key)
        yield ""


def _commented(line: str, where: _Where, key: str) -> str:
    return f"{line}  {click.style(f'# {where[key]}', **DIM)}" if where.get(key) else line


def _tables(
    loaded: Config, tree: Mapping[str, Any], origins: Origins
) -> Iterator[tuple[str, Mapping[str, Any], _Where]]:
    """Each table with its title, site[2] for the third [[site]], and where its values stand."""
    for name, section in tree.items():
        kind = {"products": "product", "proxies": "proxy"}.get(name, name)
        if name == "group":
            for index, table in enumerate(section):
                where = {key: origins.at((name, index, key)) for key in table}
                where[""] = origins.at((name, index))
                yield f"{name}[{index}]", table, _said(where)
        elif isinstance(section, list):
            for index, table in enumerate(section):
                label = str(table.get("name", table.get("id", "")))
                stated = {key: origins.of(kind, label, key) for key in table}
                where = {"": origins.table(kind, label)} | stated
                yield f"{kind}[{index}]", table, _said(where)
        elif name == "site_types":
            for type_, table in section.items():
                where = {key: origins.at((name, type_, key)) for key in table}
                yield f"{name}.{type_}", table, _said(where)
        else:
            yield name, section, _said({key: origins.at((name, key)) for key in section})


def _said(where: _Where) -> _Where:
    return {key: said for key, said in where.items() if said}
