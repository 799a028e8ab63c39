"""`config`: checks the configuration, or shows it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Group
from daemon.cli.terminal.setting import Setting
from daemon.cli.terminal.show import BAD, DIM, GOOD, STRONG, WARM, json_line, say
from daemon.display.words import count
from daemon.model.product import AMOUNTS
from daemon.money.numbers import amount_text
from daemon.redaction import MASK

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.config.products import ProductConfig
    from daemon.config.sites import SiteConfig
    from daemon.model.errors import ConfigError, Fault

_SHOWN_FILES = 5


@click.group(
    cls=Group,
    lazy={
        "show": (
            "daemon.cli.commands.configuration.show:show",
            "Show every option with the value in force.",
        ),
        "diff": (
            "daemon.cli.commands.configuration.diff:diff",
            "Show what an edit would do, before it does it.",
        ),
    },
)
def config() -> None:
    """Check or show the configuration, or what an edit of it would do."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per fault.")
@click.pass_obj
def check(setting: Setting, as_json: bool) -> int:
    """Tell every fault of the configuration at once, or what it would do.

    The exit code is 2 when there is a fault.
    """
    from daemon.model.errors import ConfigError

    try:
        loaded = setting.load()
        if loaded.blank_file:
            asyncio.run(_refuse_blank(loaded))
        try_places(loaded, setting.path())
    except ConfigError as exc:
        tell_faults(exc, as_json)
        return exits.USAGE
    if not as_json:
        say(f"{_files(setting.path()) or 'no file, only defaults'}: fine", GOOD)
        for line in _amounts_to(loaded):
            say(f"  {line}")
    for doubt in _doubts(loaded, setting.path()):
        _tell_fault(doubt, "warning", as_json)
    return exits.FINE


def _files(path: Path | None) -> str:
    """The file and its drop-ins, or how many there are of those."""
    from daemon.config.reading.source import drop_ins, label_of

    if path is None:
        return ""
    others = drop_ins(path)
    if len(others) > _SHOWN_FILES:
        return f"{path} and {len(others)} drop-ins"
    return ", ".join((str(path), *map(label_of, others)))


async def _refuse_blank(loaded: Config) -> None:
    from daemon.operations.installation.configuration import refuse_blank
    from daemon.operations.viewers import local_owner

    await refuse_blank(loaded, local_owner(loaded))


def _doubts(loaded: Config, path: Path | None) -> Sequence[Fault]:
    """What is probably unintended, with its lines."""
    from daemon.config import placed
    from daemon.model.errors import ConfigError
    from daemon.operations.installation.configuration import doubts_about
    from daemon.operations.viewers import local_owner

    found = asyncio.run(doubts_about(loaded, local_owner(loaded)))
    return placed(ConfigError(found), path, os.environ).faults


def try_places(loaded: Config, path: Path | None) -> None:
    """Try every destination, as far as possible without sending anything.

    Errors: ConfigError with the line of each that is unusable or whose template fails.
    """
    if not any(one.template or one.is_foreign for one in loaded.notify):
        return  # the rest costs a tenth of a second
    from daemon.config import placed
    from daemon.model.errors import ConfigError
    from daemon.runtime.live_config.template_check import refuse_untellable

    try:
        asyncio.run(refuse_untellable(loaded))
    except ConfigError as exc:
        raise placed(exc, path, os.environ) from exc


def tell_faults(error: ConfigError, as_json: bool) -> None:
    """Print every fault, and for a person their number."""
    for fault in error.faults:
        _tell_fault(fault, "fault", as_json)
    if not as_json:
        click.echo(click.style(count(len(error.faults), "fault"), **BAD), err=True)


def _tell_fault(fault: Fault, level: str, as_json: bool) -> None:
    if as_json:
        said = {"where": fault.where, "key_path": fault.key_path}
        json_line({"level": level, **said, "problem": fault.problem, "hint": fault.hint})
        return
    key = f" {click.style(fault.key_path, **STRONG)}:" if fault.key_path else ""
    mark = click.style(" warning:", **WARM) if level == "warning" else ""
    help_ = click.style(f" ({fault.hint})", **DIM) if fault.hint else ""
    say(f"{fault.where}:{mark}{key} {fault.problem}{help_}")


def _amounts_to(loaded: Config) -> Iterator[str]:
    from daemon.operations.installation.opening import shown_database

    yield _watched(loaded.sites, "site")
    if loaded.products:
        yield _watched(loaded.products, "product")
    owners = ", ".join(f"{owner.id} <{owner.email}>" for owner in loaded.owners[:5])
    yield f"{count(len(loaded.owners), 'owner')}: {owners}" + (", …" * (len(loaded.owners) > 5))
    yield f"database {shown_database(loaded)}"
    health = loaded.health
    yield f"endpoint http://{health.host}:{health.port}" if health.enabled else "no endpoint"
    web = loaded.web
    yield f"pages http://{web.host}:{web.port}" if web.enabled else "no pages"
    yield _told(loaded)
    if loaded.fetch.allow_networks:
        yield f"private networks that may be fetched: {', '.join(loaded.fetch.allow_networks)}"


def _told(loaded: Config) -> str:
    """Who is told: on channels of the file, and on destinations that people have added."""
    from daemon.operations.installation.configuration import people_told
    from daemon.operations.viewers import local_owner

    named = ", ".join(f"{one.name} ({one.owner})" for one in loaded.notify[:5])
    named += ", …" * (len(loaded.notify) > 5)
    people = asyncio.run(people_told(loaded, local_owner(loaded)))
    if people is None:
        unsure = "whom else destinations of their own tell, the database cannot say now"
        return f"told on {named}; {unsure}" if named else f"no [[notify]]; {unsure}"
    if not people:
        return f"told on {named}" if named else "nobody is told"
    own = "a destination of their own" if people == 1 else "destinations of their own"
    who = count(people, "user")
    return f"told on {named}, and {who} on {own}" if named else f"told: {who} on {own}"


def _watched(owned: Sequence[SiteConfig | ProductConfig], kind: str) -> str:
    paused = sum(one.paused for one in owned)
    return count(len(owned), kind) + (f", {paused} of them paused" if paused else "")


def masked(value: Any) -> Any:
    """The value as in the file; secrets only show that they are set."""
    from pydantic import SecretStr

    from daemon.config.values import show_duration

    if isinstance(value, dict):
        return {str(key): masked(_written(key, item, value)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    if isinstance(value, SecretStr):
        return MASK if value else ""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return show_duration(value) if isinstance(value, timedelta) else value


def _written(key: Any, item: Any, table: Mapping[Any, Any]) -> Any:
    """An amount as text, with the decimals of the currency beside it."""
    if key in AMOUNTS and isinstance(item, Decimal):
        return amount_text(item, table.get("currency"))
    return item
