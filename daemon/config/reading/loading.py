"""Loads one Config from a path and an environment, or reports all the faults in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from daemon.config.crossing import cross_flaws, path_of
from daemon.config.explain import explain
from daemon.config.reading.environment import Overlay, put, read_environment
from daemon.config.reading.lines import find_lines
from daemon.config.reading.references import Revealed, expand, read_secret_files
from daemon.config.reading.source import decode, label_of, parse, read_text
from daemon.config.sections import LoggingConfig
from daemon.config.shape import place_at
from daemon.config.sites import BUILT_IN_TYPES
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.model.errors import UNPLACED, ConfigError, Fault
from daemon.redaction import KnownSecrets


def load(path: Path | None, environ: Mapping[str, str], data: bytes | None = None) -> Config:
    """The configuration of this file, overridden by the environment; a missing file is no fault.

    Shape:  with `data` that is the file's content, and the file itself is not read.
    Errors: ConfigError with every fault of the file and the environment; a secret is never part
            of one, nor of an exception behind it.
    """
    revealed = Revealed()
    overlay = read_environment(environ, revealed)
    text, tree, faults = _read(path, data)
    if "${" in text:
        expand(tree, environ, revealed)
    put(overlay, tree)
    read_secret_files(tree, set(overlay.variables), revealed)
    _add_built_in_types(tree)
    config, flaws = _validated(tree, revealed)
    if not faults:
        flaws += cross_flaws(tree)
    flaws += revealed.flaws
    if config is None or flaws or faults or overlay.faults:
        places = _Places(label_of(path) if path else "environment", text, overlay, revealed)
        raise ConfigError([*faults, *places.faults(flaws), *overlay.faults])
    blank_file = label_of(path) if path and not text.strip() else ""
    return config.settled(revealed.secrets(), blank_file)


def load_logging(path: Path | None, environ: Mapping[str, str]) -> LoggingConfig:
    """What is readable of [logging] when the rest is faulty; the defaults when nothing is.

    Errors: none.
    """
    revealed = Revealed()
    overlay = read_environment(environ, revealed)
    _, tree, _ = _read(path, None)
    expand(tree, environ, revealed)
    put(overlay, tree)
    try:
        return LoggingConfig.model_validate(tree.get("logging", {}))
    except ValidationError:
        return LoggingConfig()


def placed(error: ConfigError, path: Path | None, environ: Mapping[str, str]) -> ConfigError:
    """The same faults, with the line or the variable added to those that have no place yet.

    Shape: by the file as it is now; when it can no longer be read, they stay as they are.
    """
    label = label_of(path) if path else "environment"
    try:
        text = read_text(path) if path else ""
        if path:
            parse(text, path)
    except ConfigError:
        return error
    places = _Places(label, text, read_environment(environ, Revealed()), Revealed())
    return ConfigError(
        [
            replace(one, where=places.where(path_of(one.key_path))) if _is_lost(one) else one
            for one in error.faults
        ],
        is_transient=error.is_transient,
    )


def unplaced(flaws: Iterable[Flaw]) -> list[Fault]:
    """These flaws as faults without a place in the file yet."""
    return [Fault(UNPLACED, show_path(one.path), one.problem, one.hint) for one in flaws]


def _is_lost(fault: Fault) -> bool:
    return fault.where == UNPLACED


def _read(path: Path | None, data: bytes | None) -> tuple[str, dict[str, Any], list[Fault]]:
    if path is None:
        return "", {}, []
    try:
        text = read_text(path) if data is None else decode(data, path)
        return text, parse(text, path), []
    except ConfigError as exc:
        return "", {}, list(exc.faults)


def _add_built_in_types(tree: dict[str, Any]) -> None:
    """Merge what a file says about a built-in type into the type's own settings."""
    given = tree.get("site_types", {})
    if isinstance(given, dict):
        tree["site_types"] = {**BUILT_IN_TYPES, **given}
        for name in BUILT_IN_TYPES.keys() & given.keys():
            if isinstance(given[name], dict):
                tree["site_types"][name] = {**BUILT_IN_TYPES[name], **given[name]}


def _validated(tree: dict[str, Any], revealed: Revealed) -> tuple[Config | None, list[Flaw]]:
    try:
        return Config.model_validate(tree), []
    except ValidationError as exc:
        errors = exc.errors(include_url=False)
    # Outside the handler: an exception raised in it would carry the rejected values.
    unset = {flaw.path for flaw in revealed.flaws}
    return None, [
        flaw
        for error in errors
        if tuple(error["loc"]) not in unset
        for flaw in explain(error, _is_hidden(tuple(error["loc"]), revealed))
    ]


def _is_hidden(path: KeyPath, revealed: Revealed) -> bool:
    place = place_at(path)
    return path in revealed.values or (place is not None and place.is_secret)


class _Places:
    """Turns flaws into faults: adds the line or the variable, and masks revealed secrets."""

    def __init__(self, label: str, text: str, overlay: Overlay, revealed: Revealed) -> None:
        self._label = label
        self._lines = find_lines(text)
        self._variables = overlay.variables
        self._known = KnownSecrets(value for values in revealed.values.values() for value in values)

    def faults(self, flaws: list[Flaw]) -> list[Fault]:
        """The faults in the order of the file, each once."""
        unique = dict.fromkeys(flaws)
        return [self._fault(flaw) for flaw in sorted(unique, key=self._order)]

    def _order(self, flaw: Flaw) -> tuple[int, str]:
        return self._line(flaw.path) or 0, str(flaw.path)

    def _fault(self, flaw: Flaw) -> Fault:
        problem = flaw.problem
        if flaw.other is not None:
            problem += f" at {self.where(flaw.other)}"
        return Fault(
            self.where(flaw.path),
            show_path(flaw.path),
            self._shown(problem),
            self._shown(flaw.hint),
        )

    def where(self, path: KeyPath) -> str:
        """The variable, or the file and line, at fault."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._variables:
                return self._variables[path[:length]]
        line = self._line(path)
        return f"{self._label}:{line}" if line else self._label

    def _line(self, path: KeyPath) -> int | None:
        """The line of the key itself, or of the nearest table around it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._lines:
                return self._lines[path[:length]]
        return None

    def _shown(self, text: str) -> str:
        return " ".join(self._known.mask(text).split())


def show_path(path: KeyPath) -> str:
    """A key path as people write it: site[2].check_frequency, counted from 0."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}"
    return shown.lstrip(".")
