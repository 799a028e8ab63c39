"""The headers of every answer, which keep browsers from running or leaking anything.

Source: CSP 3, Trusted Types, Fetch (CORP), HTML (COOP).
"""

from __future__ import annotations

from collections.abc import MutableMapping

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types changelogger",
    )
)
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# Stored pages of others are never shown as pages of ours. Source: HTML §7.6.3 (sandboxing).
SANDBOX = "sandbox; default-src 'none'"
# Source: RFC 6797; a year, for this host alone, as others under its name are not ours.
STRICT_TRANSPORT = "max-age=31536000"
PRIVATE = "private, no-cache"
UNKEPT = "no-store"
LASTING = "public, max-age=31536000, immutable"


def secure(headers: MutableMapping[str, str]) -> None:
    """Add what every answer has; a file of others has a stricter policy."""
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    headers["Server"] = "changelogger"
    headers.setdefault("Cache-Control", PRIVATE)
