"""Words that say who stands behind a page, whose law and courts apply, what must be done."""

from __future__ import annotations

import re

_BY = r"(?:is|are|was) (?:\w+ and )?(?:operated|published|hosted|provided|owned)(?: and \w+)? by"
# As contracts write it: the law that applies, and the courts.
_LAW = (
    r"governed by(?: and \w+(?: in accordance with)?)? (?:the )?(?:substantive )?laws?|"
    r"(?:exclusive|sole) (?:jurisdiction|venue)|jurisdiction of the|courts? (?:of|in|located)|"
    r"tribuna(?:ux|l) compétents?|régie?s? par le droit|"
    r"Gerichtsstand|(?:unterliegt|gilt|findet) (?:\w+ ){0,2}\w*[Rr]echt\b|"
    r"(?:tribunales|juzgados) de|se rigen? por la|"
    r"foro competente|legge italiana|bevoegde rechter|Nederlands recht|"
    r"sąd\w* właściw\w*|prawem? polskim|rozhodn\w+ práv\w+|příslušn\w+ soud\w*"
)
_PARTY = re.compile(rf"\b(?i:{_BY}) (?:the )?[^\W\d_a-zß-ÿ]")
_BINDING = re.compile(rf"\b(?:{_LAW})")
_DUTY = re.compile(r"\bMUST\b|\bthrows? an? |SecurityError|SecureContext")


def names_law_or_party(text: str) -> bool:
    """Whether a text names the law, the courts or the operator that it stands under."""
    return _BINDING.search(text) is not None or _PARTY.search(text) is not None


def states_duty(text: str) -> bool:
    """Whether a text of a standard states what an implementation must do, or where it fails."""
    return _DUTY.search(text) is not None
