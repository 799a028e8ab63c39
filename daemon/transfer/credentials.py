"""Takes the name and password that another program keeps in a URL to where they belong."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit, urlunsplit

from daemon.transfer.entry import ImportEntry, SameBy


def settle_credentials(entry: ImportEntry) -> None:
    """Ask with the name and password of the URL, which here is shown and holds none.

    Shape: what our own files hold stays as it is, and is checked as in config.toml.
    """
    if not (entry.is_lenient or entry.same_by is SameBy.URL):
        return
    try:
        parts = urlsplit(str(entry.table.get("url", "")))
    except ValueError:
        return  # the check of the URL says what is wrong with it
    before, mark, host = parts.netloc.rpartition("@")
    if not mark or parts.scheme.lower() not in ("http", "https"):
        return
    entry.table["url"] = urlunsplit(parts._replace(netloc=host))
    name, _, password = before.partition(":")
    if "auth" in entry.table or "authorization" in _headers(entry):
        entry.leave_out("the name and password in its URL: others are sent")
    elif name:
        entry.table["auth"] = {"username": unquote(name), "password": unquote(password)}


def _headers(entry: ImportEntry) -> set[str]:
    headers = entry.table.get("headers")
    return {str(name).lower() for name in headers} if isinstance(headers, dict) else set()
