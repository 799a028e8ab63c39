"""Parses bytes on disk into a raw tree, or into faults with line and column."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from daemon.config.reading.mistakes import find_mistake
from daemon.config.values import show_size
from daemon.model.errors import ConfigError, Fault

MAX_FILE_BYTES = 64 * 2**20
DROP_INS = "config.d"
_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_LONG_NUMBER = re.compile(r"[0-9_]{4000}")
_LINE_END = "\n"
_BOMS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"\x00\x00\xfe\xff": "UTF-32",
}


def find_config(environ: Mapping[str, str], cwd: Path) -> Path | None:
    """The file to read when none is named: the first of four places, or None.

    Shape: $CHANGELOGGER_CONFIG, ./config.toml, $XDG_CONFIG_HOME/changelogger/config.toml,
           /etc/changelogger/config.toml. An unreadable file is found, not skipped; so is, where
           there is none of the four, a missing one that has drop-ins.
    """
    named = environ.get("CHANGELOGGER_CONFIG", "")
    if named:
        return cwd / named
    places = [cwd, *_user_folder(environ), Path("/etc/changelogger")]
    found = [place / "config.toml" for place in places]
    there = (path for path in found if os.path.lexists(path))
    return next(there, next(filter(_has_drop_ins, found), None))


def drop_ins(path: Path) -> tuple[Path, ...]:
    """The files of `config.d` beside this one that belong to it, in the order of their names.

    Shape:  those that end in .toml; hidden ones are an editor's.
    Errors: ConfigError for a folder that cannot be listed.
    """
    folder = path.parent / DROP_INS
    try:
        names = sorted(one.name for one in folder.iterdir())
    except FileNotFoundError:
        return ()
    except NotADirectoryError:
        _stop(folder, "is no folder", "it holds files that end in .toml and add to the others")
    except OSError as exc:
        _stop(folder, f"cannot be read: {exc.strerror}", "check its owner and its mode")
    return tuple(folder / name for name in names if re.fullmatch(r"[^.].*\.toml", name))


def _has_drop_ins(path: Path) -> bool:
    try:
        return bool(drop_ins(path))
    except ConfigError:
        return False  # nothing says that this folder is ours


def label_of(path: Path) -> str:
    """The file as faults name it: relative when it is in the working directory."""
    try:
        return str(path.relative_to(Path.cwd())) if path.is_absolute() else str(path)
    except (ValueError, OSError):
        return str(path)


def blank_fault(label: str) -> Fault:
    """The fault of a blank file: the disk was full, or an editor is about to write it."""
    return Fault(label, "", "is empty", "a comment is enough, where nothing is to be watched")


def read_text(path: Path) -> str:
    """The text of the file, UTF-8, a byte order mark removed.

    Errors: ConfigError for everything else.
    """
    return decode(_read_bytes(path), path)


def read_plain(path: Path) -> str:
    """The text of a drop-in, which is read again and again, and so is never a pipe.

    Errors: ConfigError.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        _stop(path, "is no file that can be read again", "put a plain file there")
    return read_text(path)


def decode(data: bytes, path: Path) -> str:
    """The text of bytes already read, as the content of this file.

    Errors: ConfigError.
    """
    if len(data) > MAX_FILE_BYTES:
        _stop(path, f"is larger than {show_size(MAX_FILE_BYTES)}", "")
    for bom, name in _BOMS.items():
        if data.startswith(bom):
            _stop(path, f"is {name} text", "save it as UTF-8")
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        column = exc.start - data.rfind(b"\n", 0, exc.start)
        problem = f"byte 0x{data[exc.start]:02X} is not UTF-8 text"
        _stop(path, problem, "save the file as UTF-8", f":{line}:{column}")


def parse(text: str, path: Path) -> dict[str, Any]:
    """The tree that the TOML text describes.

    Errors: ConfigError with line and column of the first fault of syntax.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        _stop(path, "lists or tables are nested too deeply", "")
    except ValueError as exc:  # also for numbers too long for int()
        _stop(path, *_syntax(str(exc), text))


def _syntax(message: str, text: str) -> tuple[str, str, str]:
    """The problem, how to fix it, and where."""
    if message.startswith("Exceeds the limit"):
        return "a number is too long", "", _position(message, text)
    at = _POSITION.search(message)
    line, column = (int(at[1]), int(at[2])) if at and at[1] else (None, 1)
    problem = _POSITION.sub("", message)
    if found := find_mistake(text, problem, line, column):
        return found.problem, found.hint, found.where
    return f"not valid TOML: {problem[:1].lower()}{problem[1:]}", "", _position(message, text)


def _user_folder(environ: Mapping[str, str]) -> list[Path]:
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME", "") or (f"{home}/.config" if home else "")
    # The specification says to ignore relative paths here.
    return [Path(folder, "changelogger")] if folder.startswith("/") else []


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        _stop(path, "there is no such file", _hint_where_missing(path))
    except IsADirectoryError:
        _stop(path, "is a directory", "a container makes one when it mounts a file that is missing")
    except PermissionError:
        _stop(path, "may not be read by this user", "check the owner and the mode of the file")
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or "not a file name"
        _stop(path, f"cannot be read: {reason}", "")


def _hint_where_missing(path: Path) -> str:
    if path.parent.name == DROP_INS:
        return "remove the link, or mend where it leads"
    if _has_drop_ins(path):
        return f"{DROP_INS} adds to it: make one, a comment is enough"
    return "check the name given with --config or CHANGELOGGER_CONFIG"


def _position(message: str, text: str) -> str:
    match = _POSITION.search(message)
    if match and match[1]:
        return f":{match[1]}:{match[2]}"
    number = None if match else _LONG_NUMBER.search(text)
    end = number.start() if number else len(text.rstrip())
    return f":{text.count(_LINE_END, 0, end) + 1}"


def _stop(path: Path, problem: str, hint: str, where: str = "") -> NoReturn:
    raise ConfigError([Fault(f"{label_of(path)}{where}", "", problem, hint)]) from None
