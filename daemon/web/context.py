"""What pages work with: the databases, the daemon's health, and the key to sign with."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from daemon.config import Config
from daemon.login.passwords import Passwords
from daemon.login.provider import Provider
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics
from daemon.operations.allowance import Allowance
from daemon.operations.backtest import Backtests
from daemon.operations.comparing import Comparer
from daemon.operations.installation.opening import Database, Replica
from daemon.operations.trying import Tries
from daemon.web.memory.file_lines import FileLines
from daemon.web.memory.head import Head
from daemon.web.memory.masking import Masking
from daemon.web.memory.recent import Recent
from daemon.web.memory.versions import Versions
from daemon.web.memory.written import Written


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What all pages share, for as long as the daemon runs.

    Shape: `config` gives the configuration in force, which edits replace; `reading` only reads and
           gives up soon, `database` is the daemon's own, for what people do; with a `replica` lists
           are read from there, by whom it shows all that they have `written`; `comparer` has
           states compared, and `backtests` has rules tried, by the daemon's document workers;
           `providers` are those that people log in with, by name;
           `key` signs cursors, flash lines and forms, and is that of all daemons of the database.
    """

    config: Callable[[], Config]
    reading: Database
    database: Database
    health: Health
    metrics: Metrics
    clock: Callable[[], datetime]
    comparer: Comparer
    tries: Tries
    backtests: Backtests
    replica: Replica | None = None
    written: Written = field(default_factory=Written)
    passwords: Passwords = field(default_factory=Passwords)
    providers: Mapping[str, Provider] = field(default_factory=dict)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    head: Head = field(default_factory=Head)
    lines: FileLines = field(default_factory=FileLines)
    test_messages: Allowance = field(default_factory=lambda: Allowance(6, "test", "test messages"))
    recent: Recent = field(default_factory=Recent)
    versions: Versions = field(default_factory=Versions, repr=False)
    masking: Masking = field(default_factory=Masking, repr=False)

    def forget(self) -> None:
        """Find all anew that is kept for some seconds, as somebody did something."""
        self.head.forget()
        self.recent.forget()
