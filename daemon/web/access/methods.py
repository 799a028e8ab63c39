"""The ways in which people log in here."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.config import Config
from daemon.config.web import LoginConfig


@dataclass(frozen=True, slots=True)
class Methods:
    """What the page of logins offers; a link from the command line always works."""

    password: bool
    providers: tuple[LoginConfig, ...]


def login_methods(config: Config) -> Methods:
    """The methods that are configured."""
    return Methods(config.web.password.enabled, config.web.login)
