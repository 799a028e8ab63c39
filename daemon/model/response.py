"""A server's response, and the certificate of its connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from daemon.model.request import HTTP, Validators


@dataclass(frozen=True, slots=True)
class Validity:
    """The period for which a certificate is valid."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that expires first on the way to a response, and its host."""

    host: str
    validity: Validity


FORCED = "="  # before a charset that counts whatever the document itself says


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes and their declared type: all that a reading is made from."""

    body: bytes
    content_type: str  # essence, lower case: "text/html"; "" when the server named none
    charset: str | None  # as the header names it, or after "=" as the owner does
    url: str  # where the bytes came from, after redirects
    location: str = ""  # where they have an address of their own, as the server wrote it


@dataclass(frozen=True, slots=True)
class Response:
    """A complete response that may be read: 200, or 304 with an empty document."""

    status: int
    document: Document
    body_hash: str  # blake2b-128 of the decoded body, hexadecimal
    validators: Validators
    headers: Mapping[str, str]  # lower-case names, cleaned, capped
    wire_bytes: int
    body_bytes: int
    elapsed_seconds: float
    moved_to: str | None = None  # set when every redirect on the way was permanent
    certificate: Certificate | None = None  # None without encryption or verification
    cookies: str | None = field(default=None, repr=False)  # those that its page keeps, if any
    renderer: str = HTTP  # what it came by
    is_restless: bool = False  # rendered, and read as it stood
    stopped_requests: int = 0  # that a rendered page made beyond those it may make
    has_scripts: bool = False  # known once it has been read
    # Where its marked elements are on that: number, x, y, width and height in pixels.
    boxes: tuple[tuple[int, int, int, int, int], ...] = ()
    notes: tuple[str, ...] = ()  # what its owner should know of how it came about
    screenshot: bytes | None = field(default=None, repr=False)  # as the browser took it

    @property
    def is_not_modified(self) -> bool:
        return self.status == 304
