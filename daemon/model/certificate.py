"""The certificate that an answer came by, and for how long it is good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a certificate is good."""

    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate that ends first of those that an answer came by, and whose it is."""

    host: str
    validity: Validity
