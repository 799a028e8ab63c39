"""Backups that the daemon makes by itself, where it does at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from daemon.config.sections import DAY, HOUR, Section
from daemon.config.values import Duration, refused


def _never_or_an_hour(value: timedelta) -> timedelta:
    if value and not HOUR <= value <= 365 * DAY:
        raise refused('must be from 1h to 365d, or "0" for no backups')
    return value


def _named(folder: str) -> str:
    if not folder.strip() or "\0" in folder:
        raise refused("must name a folder", 'such as "/var/backups/changelogger"')
    return folder.strip()


class BackupConfig(Section):
    """How often the daemon makes a backup, where, and how many it keeps; none with `every` at 0."""

    every: Annotated[Duration, AfterValidator(_never_or_an_hour)] = timedelta(0)
    keep: int = Field(7, ge=1, le=1000)
    folder: Annotated[str, Field(max_length=1000), AfterValidator(_named)] = "backups"
