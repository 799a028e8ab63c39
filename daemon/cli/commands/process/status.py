"""`status`: queries the daemon's endpoint. Kept light, as containers run it all the time."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.characters import visible_line
from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Command, Failure
from daemon.cli.terminal.setting import Setting
from daemon.monitoring.address_note import asked_for, read_note
from daemon.wording import duration

if TYPE_CHECKING:  # for the annotation alone
    from daemon.config import HealthConfig

_DEFAULT_HOST, _DEFAULT_PORT = "127.0.0.1", 8787
_TIMEOUT_SECONDS = 3.0
_ANSWER_BYTES = 1 << 20
_STATE_STYLE: Mapping[str, Mapping[str, Any]] = {
    "ok": {"fg": "green"},
    "degraded": {"fg": "yellow"},
    "failing": {"fg": "red", "bold": True},
}


@click.command(cls=Command)
@click.option("--url", metavar="URL", help="The endpoint, instead of [health] in the file.")
@click.option("--daemons", is_flag=True, help="List the daemons on the database, by its word.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object, or one per daemon.")
@click.pass_obj
def status(setting: Setting, url: str | None, daemons: bool, as_json: bool) -> int:
    """Ask the running daemon how it is.

    The exit code is 0 when it is ready and 1 when it is not, or does not answer: fit for the
    health check of a container. With --daemons the database is asked instead, for all daemons
    that work on it; the exit code is 0 when any of them lives.
    """
    if daemons:
        from daemon.cli.commands.process.daemons import show_daemons

        return show_daemons(setting.load(), as_json=as_json)
    answer = _found(setting) if url is None else _asked(*_given(url))
    is_ready = answer.get("state") in ("ok", "degraded")
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _show(answer)
    return exits.FINE if is_ready else exits.FAILING


def _found(setting: Setting) -> dict[str, Any]:
    """The response of the daemon that runs here, by its note or else by the configuration."""
    note = read_note(Path.cwd())
    if note is None or note.config != asked_for(setting.named, os.environ):
        return _asked(*_configured(setting))
    try:
        answer = _asked(note.host, note.port)
    except Failure as exc:
        if (note.host, note.port) == (configured := _configured(setting)):
            raise
        click.echo(f"changelogger: {exc}", err=True)
        return _asked(*configured)
    return answer if answer.get("pid") == note.pid else _asked(*_configured(setting))


def _asked(host: str, port: int) -> dict[str, Any]:
    try:
        return _ask(host, port)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc) or type(exc).__name__
        raise Failure(f"no daemon answers at {host}:{port}: {reason}", exits.FAILING) from exc


def _given(url: str) -> tuple[str, int]:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise click.BadParameter("write for example http://127.0.0.1:8787", param_hint="--url")
    return host, port or _DEFAULT_PORT


def _configured(setting: Setting) -> tuple[str, int]:
    """Host and port of [health]; the whole configuration is read only if necessary."""
    quick = quick_address(setting.named, os.environ)
    if quick is None:
        health = _health(setting)
        if not health.enabled:
            raise Failure("[health] is not enabled in the configuration", exits.USAGE)
        quick = health.host, health.port
    if quick[1] == 0:
        raise Failure("[health] port is 0, any free one: name it with --url", exits.USAGE)
    return quick


def _health(setting: Setting) -> HealthConfig:
    """The section, even if the file is faulty, so that a running daemon can still be asked."""
    from daemon.config import HealthConfig, load
    from daemon.model.errors import ConfigError

    try:
        return setting.load().health
    except ConfigError as exc:
        click.echo(f"changelogger: {exc.faults[0]}", err=True)
    own = {name: text for name, text in os.environ.items() if "__HEALTH__" in name}
    try:
        return load(None, own).health
    except ConfigError:
        return HealthConfig()


def quick_address(named: Path | None, environ: Mapping[str, str]) -> tuple[str, int] | None:
    """The address, if it is in one plain file; None when more must be read."""
    if any(name.startswith(("CHANGELOGGER", "XDG_CONFIG_HOME")) for name in environ):
        return None
    path = named or Path("config.toml")
    if (path.parent / "config.d").exists():
        return None
    try:
        health = tomllib.loads(path.read_text("utf-8")).get("health", {})
    except (OSError, ValueError):
        return None
    return _plain_address(health) if isinstance(health, dict) else None


def _plain_address(health: Mapping[str, Any]) -> tuple[str, int] | None:
    """The address in a section; None unless it is given in plain values."""
    if health.keys() - {"host", "port", "enabled", "allowed_hosts"}:
        return None
    host, port = health.get("host", _DEFAULT_HOST), health.get("port", _DEFAULT_PORT)
    is_plain = isinstance(host, str) and "$" not in host and type(port) is int
    return (host, port) if is_plain and health.get("enabled", True) is True else None


def _ask(host: str, port: int) -> dict[str, Any]:
    from http.client import HTTPConnection, HTTPException

    # A daemon that listens everywhere is asked on loopback.
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(name.strip("[]"), port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/status", headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read(_ANSWER_BYTES)
    except HTTPException as exc:
        raise ValueError(f"no proper answer ({type(exc).__name__})") from exc
    finally:
        connection.close()
    if response.status != 200:
        raise ValueError(f"the answer is {response.status}")
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise ValueError("the answer is not from a changelogger")
    return answer


def _show(answer: Mapping[str, Any]) -> None:
    state = str(answer.get("state"))
    up = duration(float(answer.get("uptime_seconds", 0)))
    name = f"changelogger {answer.get('version')}"
    click.echo(f"{name}  {_styled(state)}  up {up}, process {answer.get('pid')}")
    parts = answer.get("components", {})
    widest = max(map(len, parts), default=0)
    for part, told in parts.items():
        mark = _styled(str(told.get("state")), f"{told.get('state'):<8}")
        click.echo(f"  {part:<{widest}}  {mark}  {_line(told.get('reason'))}")
    _show_figures(answer.get("figures", {}))


def _show_figures(figures: Mapping[str, Any]) -> None:
    rows = [(name, _figure(value)) for name, value in figures.items()]
    shown = [(name.removesuffix("_total").replace("_", " "), text) for name, text in rows if text]
    widest = max((len(name) for name, _ in shown), default=0)
    click.echo()
    for name, text in shown:
        click.echo(f"  {name:<{widest}}  {text}")


_LABELS = {"true": "believed", "false": "not believed"}  # of prices: no other metric has these


def _figure(value: object) -> str:
    if isinstance(value, dict):
        told = ((_LABELS.get(name, _line(name)), number) for name, number in value.items())
        return ", ".join(f"{number:,.0f} {name}" for name, number in told if number)
    if not isinstance(value, int | float):
        return _line(value)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _styled(state: str, text: str = "") -> str:
    return click.style(text or state, **_STATE_STYLE.get(state, {}))


def _line(text: object) -> str:
    return visible_line(str(text))
