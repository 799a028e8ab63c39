"""`config diff`: previews what an edit of the configuration would do."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.commands.configuration.group import masked, tell_faults, try_places
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import (
    BAD,
    DIM,
    GOOD,
    STRONG,
    WARM,
    Clean,
    Style,
    hint,
    json_line,
    say,
)
from daemon.model.product import AMOUNTS
from daemon.money.numbers import amount_text

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.config.reading.origins import Origins
    from daemon.operations.installation.configuration import ConfigDifference

_MARKS: dict[str, tuple[str, Style]] = {"added": ("+", GOOD), "removed": ("-", BAD)}
_CHANGED = "~", WARM
_TITLES = {"owner": "owners", "site": "sites", "product": "products", "notify": "told"}
_TOLD_APART = ("owners", "sites", "products", "notify")  # compared with the database
_NOT_STORED = ("secret", "template")  # of a [[notify]] table
_Change = dict[str, Any]


@click.command(cls=Command)
@click.argument("newfile", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def diff(setting: Setting, newfile: Path | None, as_json: bool) -> int:
    """Show what a configuration would do to what is watched now.

    NEWFILE is one that is not in use yet, - reads it from stdin; without it the configuration in
    use is meant. The exit code is 1 when something would change, 2 when there is a fault.
    """
    from daemon.model.errors import ConfigError

    try:
        used = setting.load()
        wanted, origins = _read(newfile, setting.path())
        try_places(wanted, newfile or setting.path())
        differences = asyncio.run(_differences(used, wanted))
    except ConfigError as exc:
        tell_faults(exc, as_json)
        return exits.USAGE
    clean = Clean({*used.secrets(), *wanted.secrets()})
    found = [_shown_change(one, origins, clean) for one in differences]
    settings = list(_settings(used, wanted, origins, clean))
    if as_json:
        json_line({"changes": found, "settings": settings})
    else:
        _tell(found, settings, clean)
        _hint_at_left_out(newfile, setting.path())
    return exits.FAILING if found or settings else exits.FINE


def _read(newfile: Path | None, used: Path | None) -> tuple[Config, Origins]:
    """The configuration to compare, and where its values stand."""
    from daemon.config import load
    from daemon.config.reading.origins import origins_of
    from daemon.config.reading.source import MAX_FILE_BYTES

    path, data = newfile or used, None
    if path == Path("-"):
        path, data = Path("stdin"), sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    beside = used if data is not None else None  # stdin has no folder of its own
    wanted = load(path, os.environ, data, beside)
    return wanted, origins_of(wanted, path, os.environ, data, beside)


def _hint_at_left_out(newfile: Path | None, used: Path | None) -> None:
    """Say so when the drop-ins in use add nothing to the file that is compared."""
    from daemon.config.reading.source import DROP_INS, drop_ins

    if newfile is None or newfile == Path("-") or used is None:
        return
    if drop_ins(used) and newfile.absolute().parent != used.absolute().parent:
        hint(f"read without {used.parent / DROP_INS}: only drop-ins beside {newfile} belong to it")


async def _differences(used: Config, wanted: Config) -> Sequence[ConfigDifference]:
    from daemon.operations.installation.configuration import differences
    from daemon.operations.viewers import local_owner

    return await differences(used, local_owner(used), wanted)


def _shown_change(one: ConfigDifference, origins: Origins, clean: Clean) -> _Change:
    """A difference for display: without secrets and empty parts."""
    shown = {"kind": one.kind, "action": str(one.action), "name": clean.line(one.name)}
    if one.owner:
        shown["owner"] = one.owner
    if one.url:
        shown["url"] = clean.url(one.url)
    fields = {
        key: {"old": _field(key, old, clean), "new": _field(key, new, clean)}
        | _where(origins.of(one.kind, one.name, key))
        for key, (old, new) in one.fields.items()
    }
    return shown | _where(origins.table(one.kind, one.name)) | {"fields": fields}


def _where(said: str) -> dict[str, str]:
    return {"where": said} if said else {}


def _field(key: str, value: Any, clean: Clean) -> Any:
    if key in AMOUNTS and isinstance(value, Decimal):
        return amount_text(value, None)
    return _value(value, clean)


def _value(value: Any, clean: Clean) -> Any:
    """The value as the file would spell it, without secrets."""
    value = masked(value)
    if isinstance(value, dict):
        return {clean.line(key): _value(item, clean) for key, item in value.items()}
    if isinstance(value, list):
        return [_value(item, clean) for item in value]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return clean.url(str(value))


def _settings(used: Config, wanted: Config, origins: Origins, clean: Clean) -> Iterator[_Change]:
    """Each setting that differs between the two, by section and key."""
    from daemon.runtime.live_config.reload import FIXED, differing

    for section in differing(used, wanted):
        before, after = _options(used, section), _options(wanted, section)
        for key in dict.fromkeys((*before, *after)):
            old, new = before.get(key), after.get(key)
            if old != new:
                yield {
                    "setting": clean.line(f"{section}.{key}"),
                    "old": _shown(used, section, key, old, clean),
                    "new": _shown(wanted, section, key, new, clean),
                    "needs_restart": section in FIXED,
                } | _where(_place(origins, section, key))


def _place(origins: Origins, section: str, key: str) -> str:
    if section in _TITLES:
        name, _, option = key.rpartition(".")
        return origins.of(section, name, option)
    if section == "groups":
        return origins.of_group(*key.rsplit(".", 1))
    if section == "proxies":
        return origins.of("proxy", *key.rsplit(".", 1))
    return origins.at((section, *(key.split(".", 1) if section == "site_types" else [key])))


def _options(config: Config, section: str) -> dict[str, Any]:
    """The options of a section with their values; for a list of tables by name and option."""
    if section == "notify":
        # An empty secret is none, as in a table that is not there.
        return {f"{o.name}.{k}": getattr(o, k) or None for o in config.notify for k in _NOT_STORED}
    if section in _TOLD_APART:
        return {}
    if section == "site_types":
        return {f"{name}.{key}": v for name, one in config.site_types.items() for key, v in one}
    found = getattr(config, section)
    if isinstance(found, tuple):
        # Of two tables [[group]] with one tag, the later is in force.
        return {f"{_label(o)}.{key}": getattr(o, key) for o in found for key in o.model_fields_set}
    return dict(found)


def _label(table: Any) -> str:
    return str(table.tag if hasattr(table, "tag") else table.name)


def _shown(config: Config, section: str, key: str, value: Any, clean: Clean) -> Any:
    if (section, key) == ("database", "url"):
        from daemon.operations.installation.opening import shown_database

        return shown_database(config)
    return _value(value, clean)


def _tell(found: Sequence[_Change], settings: Sequence[_Change], clean: Clean) -> None:
    for kind, title in _TITLES.items():
        if some := [one for one in found if one["kind"] == kind]:
            say(title, STRONG)
            for one in some:
                _tell_change(one, clean)
    if settings:
        say("settings", STRONG)
    for one in settings:
        restart = click.style(" (needs a restart)", **WARM) if one["needs_restart"] else ""
        move = _move(one["setting"], one, clean)
        say(f"  {_mark('changed')} {move}{restart}{_stated(one)}")
    hint(_summary(found, settings))


def _tell_change(one: _Change, clean: Clean) -> None:
    url = click.style(f"  {one['url']}", **DIM) if "url" in one else ""
    action = "" if one["action"] in ("added", "removed", "changed") else f"  {one['action']}"
    say(f"  {_mark(one['action'])} {one['name']}{action}{url}{_stated(one)}")
    if not action:
        for key, move in one["fields"].items():
            say(f"      {_move(key, move, clean)}{_stated(move)}")


def _stated(one: _Change) -> str:
    return click.style(f"  # {one['where']}", **DIM) if "where" in one else ""


def _mark(action: str) -> str:
    mark, style = _MARKS.get(action, _CHANGED)
    return click.style(mark, **style)


def _move(key: str, move: _Change, clean: Clean) -> str:
    return f"{key}: {_text(move['old'], clean)} → {_text(move['new'], clean)}"


def _text(value: Any, clean: Clean) -> str:
    from daemon.config.reading.writing import toml_value

    if value is None or value == "":
        return "not set"
    return clean.line(value if isinstance(value, str) else toml_value(value))


def _summary(found: Iterable[_Change], settings: Sequence[_Change]) -> str:
    counts = Counter(one["action"] for one in found)
    told = [f"{number} {action}" for action, number in counts.items()]
    if settings:
        told.append(f"{len(settings)} settings" if len(settings) > 1 else "1 setting")
    return "would do: " + ", ".join(told) if told else "nothing would change"
