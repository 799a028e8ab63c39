"""Loads one Config from a path and an environment, or reports all the faults in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from daemon.config.crossing import cross_flaws, path_of
from daemon.config.explain import explain
from daemon.config.reading.environment import put, read_environment, variable_of
from daemon.config.reading.files import read_files
from daemon.config.reading.places import Places, show_path
from daemon.config.reading.references import Revealed, expand, read_secret_files
from daemon.config.sections import LoggingConfig
from daemon.config.shape import is_secret
from daemon.config.sites import BUILT_IN_TYPES
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.model.errors import UNPLACED, ConfigError, Fault


def load(
    path: Path | None,
    environ: Mapping[str, str],
    data: bytes | None = None,
    beside: Path | None = None,
    only: Collection[str] = (),
) -> Config:
    """The configuration of this file and its drop-ins, overridden by the environment.

    Shape:  no file is no fault. With `data` that is the file's content, and the file itself is
            not read; its drop-ins are those `beside` another file if one is named. With `only`
            these sections are read, and all else is as if it were not there: for a process that
            may not have the secrets of the others.
    Errors: ConfigError with every fault of the files and the environment; a secret is never part
            of one, nor of an exception behind it.
    """
    revealed = Revealed()
    overlay = read_environment(_of(only, environ), revealed)
    files = read_files(path, data, beside)
    tree, faults = files.tree, files.faults
    if only:
        tree = {name: section for name, section in tree.items() if name in only}
    if files.has_references:
        expand(tree, environ, revealed)
    put(overlay, tree)
    read_secret_files(tree, set(overlay.variables), revealed)
    _add_built_in_types(tree)
    config, flaws = _validated(tree, revealed)
    if not faults:
        flaws += cross_flaws(tree)
    flaws += revealed.flaws
    if config is None or flaws or faults or overlay.faults:
        places = Places(files, overlay, revealed)
        raise ConfigError([*faults, *places.faults(flaws), *overlay.faults])
    return config.settled(revealed.secrets(), files.blank)


def _of(sections: Collection[str], environ: Mapping[str, str]) -> Mapping[str, str]:
    """What the environment says of these sections; of all of them, where none is named."""
    starts = tuple(variable_of((name, "")) for name in sections)
    return {name: one for name, one in environ.items() if name.startswith(starts or "")}


def load_logging(path: Path | None, environ: Mapping[str, str]) -> LoggingConfig:
    """What is readable of [logging] when the rest is faulty; the defaults when nothing is.

    Errors: none.
    """
    revealed = Revealed()
    overlay = read_environment(environ, revealed)
    tree = read_files(path).tree
    expand(tree, environ, revealed)
    put(overlay, tree)
    try:
        return LoggingConfig.model_validate(tree.get("logging", {}))
    except ValidationError:
        return LoggingConfig()


def placed(error: ConfigError, path: Path | None, environ: Mapping[str, str]) -> ConfigError:
    """The same faults, with the line or the variable added to those that have no place yet.

    Shape: by the files as they are now; when one can no longer be read, they stay as they are.
    """
    if not any(map(_is_lost, error.faults)) or (places := places_in(path, environ)) is None:
        return error
    return ConfigError(
        [
            places.placed(one, path_of(one.key_path), path_of(one.other)) if _is_lost(one) else one
            for one in error.faults
        ],
        is_transient=error.is_transient,
    )


def places_in(
    path: Path | None,
    environ: Mapping[str, str],
    data: bytes | None = None,
    beside: Path | None = None,
) -> Places | None:
    """Where each option stands in the files as they are now; None when one cannot be read."""
    files = read_files(path, data, beside)
    if files.faults:
        return None
    return Places(files, read_environment(environ, Revealed()), Revealed())


def unplaced(flaws: Iterable[Flaw]) -> list[Fault]:
    """These flaws as faults without a place in the file yet."""
    return [
        Fault(UNPLACED, show_path(one.path), one.problem, one.hint, show_path(one.other or ()))
        for one in flaws
    ]


def _is_lost(fault: Fault) -> bool:
    return fault.where == UNPLACED


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
    return path in revealed.values or is_secret(path)
