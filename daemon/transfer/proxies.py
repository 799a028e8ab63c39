"""Finds the [[proxy]] that another program's entry, or an exported one, goes through."""

from __future__ import annotations

from urllib.parse import urlsplit

from daemon.config import Config
from daemon.model.request import DIRECT
from daemon.transfer.entry import ImportEntry


def settle_proxy(entry: ImportEntry, config: Config) -> None:
    """Name the proxy of an entry as it is named here.

    Shape: an entry whose proxy is not here is paused, as nothing may go around it.
    """
    wanted = entry.proxy or entry.table.get("proxy")
    if not isinstance(wanted, str) or not wanted.strip():
        return
    name = _named(wanted.strip(), config)
    if name is not None:
        entry.table["proxy"] = name
        return
    entry.table.pop("proxy", None)
    entry.pause(f"its proxy {_shown(wanted)!r} is not in the configuration: add it as [[proxy]]")


def _named(wanted: str, config: Config) -> str | None:
    """The name of the proxy with this name or address; None when there is none."""
    if wanted == DIRECT:
        return DIRECT
    place = _place(wanted)
    for proxy in config.proxies:
        if wanted == proxy.name or place == (proxy.host, proxy.port):
            return proxy.name
    return None


def _place(wanted: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(wanted)
        return (parts.hostname, parts.port) if parts.hostname and parts.port else None
    except ValueError:
        return None


def _shown(wanted: str) -> str:
    """A name, or the address without what may be a password."""
    if "://" not in wanted:
        return wanted[:60]
    place = _place(wanted)
    return f"{place[0]}:{place[1]}"[:60] if place else "of an address without host or port"
