"""Checks whether a URL leads to a channel, before anything is sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, cast

_OWN = ("https", "http", "mailto")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,29}")  # anything else may be a secret
_SERVICES = "https://appriseit.com/services/"
_NOT_INSTALLED = "needs Apprise, which is not installed", "pip install 'changelogger[notify]'"


def problem_with(url: str) -> tuple[str, str] | None:
    """Why this URL of a foreign service can never receive a message, and how to fix it.

    Shape: only for URLs that are neither our webhook's nor our mail's, as Apprise, which alone
           knows its services, takes most of a second to load. Only the scheme of the URL is shown,
           and nothing is sent.
    """
    scheme = url.partition(":")[0].lower()
    try:
        import apprise
    except ImportError:
        return _unknown(scheme, _OWN) if get_close_matches(scheme, _OWN, 1) else _NOT_INSTALLED
    # It logs what it cannot parse, with parts of it.
    logging.getLogger("apprise").disabled = True
    try:
        services: Any = _manager()
        if scheme not in services.schemas():
            return _unknown(scheme, (*_OWN, *services.schemas()))
        service = services[scheme]
        if not service.enabled:
            return f"Apprise's {scheme}:// cannot work here", _needed(service)
        if not _leads_somewhere(apprise.Apprise.instantiate(url, suppress_exceptions=True)):
            known = getattr(service, "setup_url", None) or _SERVICES
            return f"is no whole {scheme}:// URL for Apprise", f"{known} says how one is written"
    finally:
        logging.getLogger("apprise").disabled = False
    return None


def service_of(url: str) -> str | None:
    """The scheme of the service that a URL leads to, also one as the service itself shows it.

    Shape: None for what is no whole address of any; nothing is sent.
    """
    try:
        import apprise
    except ImportError:
        return None
    logging.getLogger("apprise").disabled = True  # as above
    try:
        service: Any = apprise.Apprise.instantiate(url, suppress_exceptions=True)
    finally:
        logging.getLogger("apprise").disabled = False
    scheme = getattr(service, "secure_protocol", None)
    return scheme if isinstance(scheme, str) and _leads_somewhere(service) else None


def _leads_somewhere(service: Any) -> bool:
    """Whether Apprise accepts a URL as a service with a recipient."""
    # Some services are accepted without the topics or devices that they need for sending.
    has_target = service is not None and len(service) > 0
    return has_target and getattr(service, "topics", None) != []


def _unknown(scheme: str, known: Iterable[str]) -> tuple[str, str]:
    near = get_close_matches(scheme, list(known), 1)
    shown = f' "{scheme}"' if _SCHEME.fullmatch(scheme) else " that it begins with"
    hint = f'did you mean "{near[0]}"?' if near else f"{_SERVICES} lists what Apprise knows"
    return f"no channel knows the scheme{shown}", hint


def _manager() -> Any:
    """Apprise's information on each service, by scheme; the library has no types for it."""
    from apprise import manager_plugins

    return cast(Any, manager_plugins).NotificationManager()


def _needed(service: Any) -> str:
    """The packages that Apprise requires for a service."""
    packages = service.requirements.get("packages_required") or ()
    names = [packages] if isinstance(packages, str) else list(packages)
    return f"install {', '.join(map(str, names))}" if names else "it needs another system than this"
