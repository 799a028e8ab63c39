"""Follows a chain of redirects: the next request, what it may carry, and when to stop."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from urllib.parse import urlsplit

from daemon.fetch.cookies import Cookies
from daemon.fetch.headers import clean_line, conditional_headers, owner_headers
from daemon.model.errors import FetchError, ForbiddenUrlError, UrlError
from daemon.model.request import BODYLESS, Request, Tls, Validators
from daemon.model.response import FORCED, Certificate, Validity
from daemon.model.status import ErrorClass
from daemon.redaction import redact_text
from daemon.url import host_of, join_url, origin_of, parse_url

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# Owners' headers for any server; all others may be secrets and stay with their origin.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent"})


class Trail:
    """One check's way through redirects, one hop at a time."""

    def __init__(
        self,
        request: Request,
        validators: Validators | None,
        max_redirects: int,
        cookies: Cookies | None = None,
    ) -> None:
        self.url = _entry(request.url)
        self.method = request.method.upper()
        self.proxy = request.proxy
        self.charset = f"{FORCED}{request.charset}" if request.charset else None
        self._tls = request.tls
        self._began_at = self.url
        self.asked = validators or Validators()
        self.certificate: Certificate | None = None
        self._all_permanent = True
        self._hops = 0
        self._max_redirects = max_redirects
        self._owner = owner_headers(request.headers)
        self.body = request.body.encode()
        self._may_be_conditional = self.method in BODYLESS
        self._conditional = conditional_headers(self.asked) if self._may_be_conditional else {}
        self.cookies = cookies or Cookies()
        self._seen = {(self.method, self.url, "")}

    @property
    def moved_to(self) -> str | None:
        """The URL reached, when every redirect on the way was permanent."""
        return self.url if self._hops and self._all_permanent else None

    @property
    def tls(self) -> Tls | None:
        """What its owner says of TLS, for the host of the URL; no other is shown a certificate."""
        is_home = self._tls is None or _name_of(self.url) == _name_of(self._began_at)
        return self._tls if is_home else None

    @property
    def is_conditional(self) -> bool:
        """Whether this hop sends validators, so that 304 is a valid response."""
        return bool(self._conditional)

    @property
    def keeps_validators(self) -> bool:
        """Whether the response's validators belong to the URL where the next check starts."""
        return self._all_permanent and self._may_be_conditional

    def headers(self, defaults: Mapping[str, str]) -> dict[str, str]:
        """All headers of this hop's request."""
        headers = {**defaults, **self._owner, **self._conditional}
        if jar := self.cookies.header_for(self.url):
            own = _others(headers.get("cookie", ""), self.cookies.pairs_for(self.url))
            headers["cookie"] = "; ".join((*own, jar))
        return headers

    def answered(self, validity: Validity | None, cookies: Iterable[str]) -> None:
        """Note the certificate of this hop and the cookies that its answer sets."""
        self._showed(validity)
        self.cookies.take(self.url, cookies)

    def _showed(self, validity: Validity | None) -> None:
        """Of all certificates on the way the one that expires first counts."""
        if validity is None:
            return
        known = self.certificate
        if known is None or validity.until_at < known.validity.until_at:
            self.certificate = Certificate(host_of(self.url), validity)

    def advance(self, status: int, location: str | None) -> None:
        """Follow the redirect of a response.

        Errors: FetchError(redirect) when it leads nowhere or is one too many, (blocked) when its
                target must not be fetched.
        """
        target = self._target(status, location)
        self._hops += 1
        if not self._max_redirects:
            detail = f"it leads to {redact_text(target)}, and redirects are not followed"
            raise self._fault(ErrorClass.REDIRECT, detail)
        if self._hops > self._max_redirects:
            raise self._fault(ErrorClass.REDIRECT, f"more than {self._max_redirects} redirects")
        self._leave(target)
        if status not in _PERMANENT:
            self._all_permanent = False
            # Validators belong to one URL; a temporary target may be another document each time.
            self._conditional = {}
        if (status == 303 and self.method != "HEAD") or (status < 303 and self.method == "POST"):
            self._ask_plainly()
        self._keep_body_from(target)
        self.url = target
        step = (self.method, target, self.cookies.header_for(target))
        if step in self._seen:
            raise self._fault(ErrorClass.REDIRECT, f"a redirect loop at {redact_text(target)}")
        self._seen.add(step)

    def _ask_plainly(self) -> None:
        """Go on by GET, as browsers do: without the body and what describes it."""
        self.method, self.body = "GET", b""
        self._owner.pop("content-type", None)

    def _keep_body_from(self, target: str) -> None:
        if self.body and origin_of(target) != origin_of(self.url):
            told = f"a redirect to {host_of(target)} would take the body of the request there"
            raise self._fault(ErrorClass.REDIRECT, told)

    def _leave(self, target: str) -> None:
        if origin_of(target) != origin_of(self.url):
            self._owner = {name: self._owner[name] for name in self._owner if name in _HARMLESS}
            self._conditional = {}

    def _target(self, status: int, location: str | None) -> str:
        if not location:
            raise self._fault(ErrorClass.REDIRECT, f"a redirect ({status}) without a Location")
        try:
            return join_url(self.url, location)
        except ForbiddenUrlError as exc:
            raise self._fault(ErrorClass.BLOCKED, f"a redirect is not followed: {exc}") from exc
        except UrlError as exc:
            raise self._fault(ErrorClass.REDIRECT, f"a redirect is not usable: {exc}") from exc

    def _fault(self, error_class: ErrorClass, detail: str) -> FetchError:
        return FetchError(error_class, clean_line(detail), final_url=self.url)


def _others(header: str, names: Container[str]) -> list[str]:
    """The owner's cookies, without those that a server has set anew."""
    pairs = (pair.strip() for pair in header.split(";"))
    return [pair for pair in pairs if pair and pair.partition("=")[0] not in names]


def _name_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _entry(url: str) -> str:
    try:
        return parse_url(url)
    except UrlError as exc:
        raise FetchError(ErrorClass.BLOCKED, str(exc)) from exc
