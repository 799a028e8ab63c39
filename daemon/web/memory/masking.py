"""Masks the secrets of the configuration in force wherever a page would show them."""

from __future__ import annotations

from daemon.config import Config
from daemon.redaction import KnownSecrets


class Masking:
    """Knows the secrets of one configuration, until another one is in force."""

    def __init__(self) -> None:
        self._config: Config | None = None
        self._known = KnownSecrets()

    def of(self, config: Config) -> KnownSecrets:
        """The secrets of this configuration."""
        if config is not self._config:
            self._config, self._known = config, KnownSecrets(config.secrets())
        return self._known
