"""Maps library errors and statuses to FetchErrors of the closed list of classes."""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus

import aiohttp
from aiohttp.http_exceptions import ContentLengthError, TransferEncodingError

from daemon.fetch.connection.guard import BlockedAddressError
from daemon.fetch.connection.tunnel import ProxyError, reason_of
from daemon.fetch.connection.wire import FramingError, OversizeError
from daemon.fetch.decode import DECODE_ERRORS
from daemon.fetch.headers import clean_line, retry_after_seconds
from daemon.model.errors import FetchError
from daemon.model.status import ErrorClass
from daemon.wording import byte_size, duration

# What a library may raise; anything else is a bug of this program.
LIBRARY_ERRORS: tuple[type[Exception], ...] = (
    aiohttp.ClientError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    AssertionError,
    *DECODE_ERRORS,
)
_EXHAUSTED = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
)
_OWN_ERRORS = (
    (ProxyError, ErrorClass.PROXY, ""),
    (OversizeError, ErrorClass.TOO_LARGE, ""),
    (FramingError, ErrorClass.PROTOCOL, "the answer is hardly more than framing: "),
    (DECODE_ERRORS, ErrorClass.ENCODING, "the compressed body is broken: "),
)
_NETWORK = frozenset({ErrorClass.CONNECT, ErrorClass.TLS, ErrorClass.TIMEOUT})
_INCOMPLETE = (ContentLengthError, TransferEncodingError)


# Source: RFC 8446 §6.2, in OpenSSL's names.
_ALERTS = {
    "ALERT_CERTIFICATE_REQUIRED": "it wants a certificate (client_certificate)",
    "ALERT_CERTIFICATE_EXPIRED": "our client certificate has ended",
    "ALERT_CERTIFICATE_REVOKED": "our client certificate was revoked",
    "ALERT_UNKNOWN_CA": "it does not know the authority of our client certificate",
    "ALERT_BAD_CERTIFICATE": "our client certificate does not fit",
    "ALERT_CERTIFICATE_UNKNOWN": "our client certificate does not fit",
    "ALERT_UNSUPPORTED_CERTIFICATE": "our client certificate is of a kind that it does not take",
}
WAITING_FOR_MEMORY = "waiting for other large bodies to be read"


@dataclass(slots=True)
class Progress:
    """How far a check got, for its error message."""

    url: str
    stage: str = "connecting"
    status: int | None = None
    wire_bytes: int = 0
    held: AsyncExitStack | None = None  # what the caller releases when it has read the body
    proxy: str = ""  # the name of the one that the request goes through


def fault_of(error: BaseException, progress: Progress) -> FetchError:
    """The FetchError for a library's error."""
    error_class, detail = _classify(error)
    if progress.wire_bytes and error_class is ErrorClass.CONNECT:
        error_class, detail = ErrorClass.TRUNCATED, f"the body stopped halfway: {detail}"
    return FetchError(
        error_class,
        clean_line(detail) + _by_proxy(error_class, progress),
        status=progress.status,
        final_url=progress.url,
        wire_bytes=progress.wire_bytes,
    )


def _by_proxy(error_class: ErrorClass, progress: Progress) -> str:
    """Through which proxy the network failed, which may be to blame."""
    if not progress.proxy or error_class not in _NETWORK:
        return ""
    return f", through the proxy {progress.proxy}"


def timed_out(progress: Progress, seconds: float) -> FetchError:
    """The FetchError of a check that exceeded its deadline."""
    came = f", {byte_size(progress.wire_bytes)} came" if progress.wire_bytes else ""
    is_ours = progress.stage == WAITING_FOR_MEMORY
    error_class = ErrorClass.OVERLOAD if is_ours else ErrorClass.TIMEOUT
    proxy = _by_proxy(error_class, progress)
    return FetchError(
        error_class,
        f"not finished within {duration(seconds)}: still {progress.stage}{came}{proxy}",
        status=progress.status,
        final_url=progress.url,
        wire_bytes=progress.wire_bytes,
    )


def status_fault(status: int, headers: Mapping[str, str], url: str) -> FetchError:
    """The FetchError of a complete response that is not the page."""
    wait = None
    if status in (429, 503):
        wait = retry_after_seconds(headers.get("retry-after"), date=headers.get("date"))
    error_class = _class_of_status(status, waits=wait is not None)
    asked = f" and asks to wait {duration(wait)}" if wait is not None else ""
    return FetchError(
        error_class,
        f"the server answered {status}{_phrase(status)}{asked}",
        status=status,
        final_url=url,
        retry_after_seconds=wait,
    )


def _class_of_status(status: int, *, waits: bool) -> ErrorClass:
    if status == 429 or (status == 503 and waits):
        return ErrorClass.RATE_LIMITED
    known = {
        204: ErrorClass.EMPTY,
        205: ErrorClass.EMPTY,
        401: ErrorClass.AUTH,
        407: ErrorClass.AUTH,
        410: ErrorClass.GONE,
    }
    if status in known:
        return known[status]
    by_hundred = {3: ErrorClass.REDIRECT, 4: ErrorClass.HTTP_4XX, 5: ErrorClass.HTTP_5XX}
    if status == 304:
        return ErrorClass.PROTOCOL
    return by_hundred.get(status // 100, ErrorClass.PROTOCOL)


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _classify(error: BaseException) -> tuple[ErrorClass, str]:
    for kind, error_class, told in _OWN_ERRORS:
        if isinstance(error, kind):
            return error_class, f"{told}{error}"
    if isinstance(error, aiohttp.ClientConnectorError | ssl.SSLError):
        return _classify_connecting(error)
    if isinstance(error, TimeoutError):
        return ErrorClass.TIMEOUT, "no connection within the connect timeout"
    if isinstance(error, aiohttp.ClientError):
        return _classify_answer(error)
    if isinstance(error, OSError):
        return _classify_os(error)
    return ErrorClass.INTERNAL, f"{type(error).__name__}: {error}"


def _classify_connecting(
    error: aiohttp.ClientConnectorError | ssl.SSLError,
) -> tuple[ErrorClass, str]:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        if _is_out_of_files():
            return ErrorClass.OVERLOAD, "no file descriptor was free for a DNS question"
        return ErrorClass.DNS, f"the name {error.host} was not resolved: {reason_of(cause)}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ErrorClass.TLS, f"the certificate is not valid: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        reason = cause.reason or reason_of(cause)
        return ErrorClass.TLS, _refusal_in(reason) or f"the TLS handshake failed: {reason}"
    return _classify_os(cause)


def _refusal_in(reason: str) -> str:
    """What a server has against our certificate, or its lack; "" when it says nothing of that."""
    told = next((words for alert, words in _ALERTS.items() if alert in reason.upper()), "")
    return f"the server refused the connection: {told}" if told else ""


def _classify_os(error: OSError) -> tuple[ErrorClass, str]:
    if isinstance(error, BlockedAddressError):
        return ErrorClass.BLOCKED, error.detail
    if refusal := _refusal_in(str(error)):  # TLS 1.3 tells it after the handshake
        return ErrorClass.TLS, refusal
    if error.errno in _EXHAUSTED:
        return ErrorClass.OVERLOAD, f"this machine is out of a resource: {reason_of(error)}"
    return ErrorClass.CONNECT, f"the connection failed: {reason_of(error)}"


def _classify_answer(error: aiohttp.ClientError) -> tuple[ErrorClass, str]:
    if isinstance(error, aiohttp.ClientPayloadError):
        return _classify_payload(error)
    if isinstance(error, aiohttp.ClientResponseError):
        # The first line is the parser's; what follows quotes the server.
        said = error.message.partition("\n")[0].rstrip(":")
        return ErrorClass.PROTOCOL, f"the answer is not valid HTTP: {said}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return ErrorClass.PROTOCOL, "the server closed the connection without an answer"
    if isinstance(error, OSError):
        return _classify_os(error)
    return ErrorClass.PROTOCOL, f"{type(error).__name__}: {error}"


def _classify_payload(error: aiohttp.ClientPayloadError) -> tuple[ErrorClass, str]:
    cause = error.__cause__
    if cause is None or isinstance(cause, _INCOMPLETE):
        return ErrorClass.TRUNCATED, "the body ended before it was complete"
    said = getattr(cause, "message", str(cause)).partition("\n")[0].rstrip(":")
    return ErrorClass.PROTOCOL, f"the body is not valid HTTP: {said}"


def _is_out_of_files() -> bool:
    """Whether opening a file fails now: the resolver does not say why it failed."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in _EXHAUSTED
    return False
