"""Loads config.toml and the environment into one frozen Config, or reports every fault at once."""

from __future__ import annotations

from daemon.config.notify import MailConfig, NoticesConfig, NotifyConfig
from daemon.config.reading.loading import load, load_logging, placed
from daemon.config.reading.source import find_config
from daemon.config.sections import (
    DatabaseConfig,
    DocumentsConfig,
    FetchConfig,
    HealthConfig,
    LoggingConfig,
    OwnerConfig,
    RetentionConfig,
    ScheduleConfig,
)
from daemon.config.sites import SiteConfig, SiteTypeConfig
from daemon.config.tree import Config
from daemon.config.web import WebConfig

__all__ = [
    "Config",
    "DatabaseConfig",
    "DocumentsConfig",
    "FetchConfig",
    "HealthConfig",
    "LoggingConfig",
    "MailConfig",
    "NoticesConfig",
    "NotifyConfig",
    "OwnerConfig",
    "RetentionConfig",
    "ScheduleConfig",
    "SiteConfig",
    "SiteTypeConfig",
    "WebConfig",
    "find_config",
    "load",
    "load_logging",
    "placed",
]
