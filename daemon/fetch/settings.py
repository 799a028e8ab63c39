"""What an operator decides about fetching, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass

from daemon import __version__

# Whoever runs it adds an address of their own; an invented one would not be honest.
DEFAULT_USER_AGENT = f"changelogger/{__version__} (self-hosted page monitor)"


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """Limits and manners of everything that is fetched.

    Units: `total_timeout_seconds` covers DNS, connecting, TLS, robots.txt, redirects and body.
    """

    concurrency: int = 64
    per_host: int = 2
    delay_seconds: float = 1.0  # between two requests to one host; 0 is off
    respect_robots: bool = True
    total_timeout_seconds: float = 30.0
    connect_timeout_seconds: float = 10.0  # one address: TCP and TLS
    dns_timeout_seconds: float = 5.0
    robots_timeout_seconds: float = 10.0
    max_body_bytes: int = 10 * 1024 * 1024  # decoded
    max_header_bytes: int = 64 * 1024
    max_redirects: int = 10
    allow_networks: tuple[str, ...] = ()  # networks that may be fetched though not public
    user_agent: str = DEFAULT_USER_AGENT
    accept_language: str = "en;q=0.9, *;q=0.5"
    verify_tls: bool = True
