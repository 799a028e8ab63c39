"""What tests of moving begin with."""

from __future__ import annotations

from typing import TypeVar

from pydantic import SecretStr

from daemon.config import DatabaseConfig

T = TypeVar("T")


def quiet(*_step: object) -> None:
    """Nobody wants to know how far it is."""


def config_of(url: str) -> DatabaseConfig:
    return DatabaseConfig.model_validate({"url": SecretStr(url)})
