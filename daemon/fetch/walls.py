"""Answers that are a challenge to prove oneself human, known by what their makers put in."""

from __future__ import annotations

from collections.abc import Mapping

PEEK_BYTES = 64 * 1024  # no known challenge page hides its marker further down
SMALL_PAGE_BYTES = 16 * 1024  # a challenge that answers 200 is a page of its own, and small

_HEADERS = (
    ("cf-mitigated", ("challenge", "block")),
    ("x-amzn-waf-action", ("challenge", "captcha")),
    ("x-sucuri-block", ("",)),
)
# Each pair is one maker; both parts must be there.
_UNMISTAKABLE = (
    (b"window._cf_chl_opt", b"challenge-platform"),
    (b"captcha-delivery.com/", b"var dd="),
    (b"awswafcookiedomainlist", b"challenge.js"),
    (b"_incapsula_resource", b"main-iframe"),
    (b"window._pxappid", b"px-captcha"),
    (b"anubis_challenge", b"/.within.website/"),
    (b"opfcaptcha.amazon", b"validatecaptcha"),
    (b"validatecaptcha", b"api-services-support@amazon.com"),
    (b"sucuri_cloudproxy_js", b"<script"),
    (b"unusual traffic from your computer network", b"/sorry/"),
    (b"ddos-guard", b"checking your browser"),
)
# Enough when the status already says no.
_TELLING = (
    b"cf-error-details",
    b"attention required! | cloudflare",
    b"just a moment...",
    b"cf-browser-verification",
    b"captcha-delivery.com",
    b"incapsula incident id",
    b"_incapsula_resource",
    b"px-captcha",
    b"perimeterx",
    b"errors.edgesuite.net",
    b"sucuri website firewall",
    b"ddos-guard",
    b"anubis_challenge",
    b"hcaptcha.com",
    b"cf-turnstile",
    b"challenges.cloudflare.com",
    b"awswafcookiedomainlist",
    b"verify you are human",
    b"are you a robot",
    b"bot detection",
    b"unusual traffic",
)
REFUSING_STATUSES = frozenset({403, 405, 406, 429, 503})


def is_wall(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether an answer is a bot challenge; for a 200 only when nothing else is possible."""
    if has_wall_header(headers):
        return True
    if status in REFUSING_STATUSES:
        page = body[:PEEK_BYTES].lower()
        return any(mark in page for mark in _TELLING) or _is_challenge(page)
    return len(body) <= SMALL_PAGE_BYTES and _is_challenge(body.lower())


def has_wall_header(headers: Mapping[str, str]) -> bool:
    """Whether the headers alone say that this is a challenge."""
    for name, values in _HEADERS:
        if name in headers and headers[name].lower().startswith(values):
            return True
    return False


def _is_challenge(page: bytes) -> bool:
    return any(first in page and second in page for first, second in _UNMISTAKABLE)
