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
    from daemon.operations.configuration import ConfigDifference

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
        wanted = _read(newfile) if newfile else used
        try_places(wanted, newfile or setting.path())
        differences = asyncio.run(_differences(used, wanted))
    except ConfigError as exc:
        tell_faults(exc, as_json)
        return exits.USAGE
    clean = Clean({*used.secrets(), *wanted.secrets()})
    found = [_shown_change(one, clean) for one in differences]
    settings = list(_settings(used, wanted, clean))
    if as_json:
        json_line({"changes": found, "settings": settings})
    else:
        _tell(found, settings, clean)
    return exits.FAILING if found or settings else exits.FINE


def _read(newfile: Path) -> Config:
    from daemon.config import load
    from daemon.config.reading.source import MAX_FILE_BYTES

    if str(newfile) != "-":
        return load(newfile, os.environ)
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    return load(Path("stdin"), os.environ, data)


async def _differences(used: Config, wanted: Config) -> Sequence[ConfigDifference]:
    from daemon.operations.configuration import differences
    from daemon.operations.viewers import local_owner

    return await differences(used, local_owner(used), wanted)


def _shown_change(one: ConfigDifference, clean: Clean) -> _Change:
    """A difference for display: without secrets and empty parts."""
    shown = {"kind": one.kind, "action": str(one.action), "name": clean.line(one.name)}
    if one.owner:
        shown["owner"] = one.owner
    if one.url:
        shown["url"] = clean.url(one.url)
    fields = {
        key: {"old": _field(key, old, clean), "new": _field(key, new, clean)}
        for key, (old, new) in one.fields.items()
    }
    return shown | {"fields": fields}


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


def _settings(used: Config, wanted: Config, clean: Clean) -> Iterator[_Change]:
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
                }


def _options(config: Config, section: str) -> dict[str, Any]:
    """The options of a section with their values; for a list of tables by name and option."""
    if section == "notify":
        # An empty secret is none, as in a table that is not there.
        return {f"{o.name}.{k}": getattr(o, k) or None for o in config.notify for k in _NOT_STORED}
    if section in _TOLD_APART:
        return {}
    if section == "site_types":
        return {f"{name}.{key}": v for name, one in config.site_types.items() for key, v in one}
    return dict(getattr(config, section))


def _shown(config: Config, section: str, key: str, value: Any, clean: Clean) -> Any:
    if (section, key) == ("database", "url"):
        from daemon.operations.opening import shown_database

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
        say(f"  {_mark('changed')} {_move(one['setting'], one, clean)}{restart}")
    hint(_summary(found, settings))


def _tell_change(one: _Change, clean: Clean) -> None:
    url = click.style(f"  {one['url']}", **DIM) if "url" in one else ""
    action = "" if one["action"] in ("added", "removed", "changed") else f"  {one['action']}"
    say(f"  {_mark(one['action'])} {one['name']}{action}{url}")
    if not action:
        for key, move in one["fields"].items():
            say(f"      {_move(key, move, clean)}")


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
