"""Logs why the daemon ends on an error, when programs read its log."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import TracebackType
from typing import Any

import click

from daemon.cli.terminal.command import Command, Failure
from daemon.logs.logger import get_logger

log = get_logger(__name__)


class Logged(Command):
    """A command whose final error is also a line of its log, for programs that read it."""

    def invoke(self, ctx: click.Context) -> Any:
        from daemon.logs.setup import writes_json

        sys.excepthook = _tell_bug
        try:
            return super().invoke(ctx)
        except Failure as exc:
            if not writes_json():
                raise
            log.critical("ended_by_fault", **_facts(exc))
            return exc.code


def _facts(failure: Failure) -> dict[str, str]:
    """Reason and hint; of many faults only the first, as a line holds no more."""
    from daemon.model.errors import ConfigError

    error = failure.error
    if not isinstance(error, ConfigError):
        return {"reason": failure.message}
    if len(error.faults) > 1:
        return {
            "reason": error.brief(),
            "hint": "`changelogger config check` lists all faults",
        }
    [fault] = error.faults
    hint = {"hint": fault.hint} if fault.hint else {}
    return {"reason": str(replace(fault, hint=""))} | hint


def _tell_bug(kind: type[BaseException], exc: BaseException, trace: TracebackType | None) -> None:
    """Report a bug: a traceback for people, one line for programs."""
    from daemon.logs.setup import writes_json

    if writes_json():
        log.critical("ended_by_fault", reason=f"{kind.__name__}: {exc}", exc_info=exc)
    else:
        sys.__excepthook__(kind, exc, trace)
