"""Everything raised on purpose, grouped by who must act.

ChangeloggerError
├── ConfigError       the operator: the file, its environment, the command line
├── UrlError          the operator: an address that is not a plain http(s) URL
│   └── ForbiddenUrlError  refused on principle: another scheme, a disguised host
├── CertificateError  the operator: a certificate, key or authority that cannot be used
├── CheckError        a check that ended without a reading; carries its ErrorClass
│   ├── FetchError    the remote site, or our politeness towards it
│   └── ExtractError  the document, or a rule that does not fit it
├── RequestError      the viewer: what they named or want is not available
│   ├── NotFoundError      nothing of this name, or not theirs
│   ├── AmbiguousError     several things may be meant
│   ├── ConflictError      it conflicts with what exists
│   │   ├── NameTakenError  another has this name
│   │   ├── DuplicateError  it is there already, under another name
│   │   ├── ManagedError    the configuration manages it, and would restore it
│   │   └── QuotaError      more, or more often, than its owner may have
│   ├── InputError         a value of an address or a form cannot be used
│   ├── BodyError          values of what a program sent cannot be used
│   ├── ChangedError       it is no longer as the program knows it
│   ├── TooManyError       more often than it is allowed in a minute
│   ├── NotAllowedError    it concerns everybody, and is for admins
│   └── LoginRefusedError  a login that proves nothing, or of somebody who is not let in
├── ThrottledError    a host whose turn comes too late to wait for: no request was sent
├── NotifyError       a channel: it did not accept a message
└── StoreError        our machine: the database
    ├── SchemaError   the database is not at this version's schema
    ├── DamagedError  a file that should be our database, and is not
    ├── GoneError     the opened SQLite file is no longer in its place
    ├── OccupiedError a database to be filled has content that must not be replaced
    ├── LockedError   another daemon holds this SQLite file
    └── SealedError   a secret in it is encrypted under a key that is not here
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.model.status import ErrorClass
from daemon.redaction import redact_text
from daemon.wording import duration


class ChangeloggerError(Exception):
    """The root of what this project raises on purpose."""


UNPLACED = "configuration"  # the place of a fault found after the file was read
_SHOWN_FAULTS = 3
_SHOWN_CHARACTERS = 80  # of a value that is quoted
WHOLE = "FILE"  # the place of a fault of a whole file, while only its bytes are known


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the configuration, and how to fix it."""

    where: str  # "config.toml:13", or the environment variable's name
    key_path: str  # "site[2].check_frequency"
    problem: str
    hint: str = ""
    other: str = ""  # the path of a second key that belongs to it, until it has its place

    def __str__(self) -> str:
        key = f" {self.key_path}:" if self.key_path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.where}:{key} {self.problem}{hint}"


class ConfigError(ChangeloggerError):
    """The configuration cannot be used; all its faults at once.

    `is_transient` says that it may work later, as what it asks for is taken now.
    """

    def __init__(self, faults: Sequence[Fault], *, is_transient: bool = False) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
        self.is_transient = is_transient

    def brief(self) -> str:
        """The first faults in one line, and how many more there are."""
        shown = "; ".join(str(fault) for fault in self.faults[:_SHOWN_FAULTS])
        more = len(self.faults) - _SHOWN_FAULTS
        return f"{shown}; and {more} more" if more > 0 else shown


class UrlError(ChangeloggerError, ValueError):
    """An address outside the grammar that is accepted everywhere."""


class ForbiddenUrlError(UrlError):
    """An address refused on principle: another scheme, a disguised host, credentials."""


class CertificateError(ChangeloggerError, ValueError):
    """A file of certificates or keys that cannot be used; `option` names it."""

    def __init__(self, option: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{problem}; {hint}" if hint else problem)
        self.option = option
        self.problem = problem
        self.hint = hint


class CheckError(ChangeloggerError):
    """A check that ended without a reading."""

    def __init__(self, error_class: ErrorClass, detail: str) -> None:
        self.error_class = error_class
        self.detail = redact_text(detail)
        super().__init__(f"{error_class}: {self.detail}")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.error_class, self.detail)


class FetchError(CheckError):
    """No usable response; with what the server said, if anything."""

    def __init__(
        self,
        error_class: ErrorClass,
        detail: str,
        *,
        status: int | None = None,
        final_url: str | None = None,
        retry_after_seconds: float | None = None,
        wire_bytes: int = 0,
    ) -> None:
        super().__init__(error_class, detail)
        self.status = status
        self.final_url = final_url
        self.retry_after_seconds = retry_after_seconds
        self.wire_bytes = wire_bytes
        self.cookies: str | None = None  # those that its page keeps, when it keeps any
        self.screenshot = b""  # of a step that failed, as the browser took it


class ExtractError(CheckError):
    """A document that could not be read, or a rule that matched nothing."""


class RequestError(ChangeloggerError):
    """A viewer's request that cannot be met; `kind` is the noun: site, product, change."""

    def __init__(self, kind: str, word: str, problem: str) -> None:
        super().__init__(problem)
        self.kind = kind
        self.word = word


class NotFoundError(RequestError):
    """Nothing visible to the viewer has this name.

    Shape: `near` are similar names; `is_a` is the noun of what does have this name.
    """

    def __init__(self, kind: str, word: str, near: Sequence[str] = (), is_a: str = "") -> None:
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        problem = f"there is no {kind} {word!r}{meant}"
        super().__init__(kind, word, f"{word!r} is a {is_a}, and no {kind}" if is_a else problem)
        self.near = tuple(near)
        self.is_a = is_a


class AmbiguousError(RequestError):
    """Several things visible to the viewer have this name."""

    def __init__(self, kind: str, word: str, candidates: Sequence[str]) -> None:
        super().__init__(kind, word, f"{word} may be any of {', '.join(candidates)}: name one")
        self.candidates = tuple(candidates)


_DONE = {"site": "watched", "product": "followed"}


class ConflictError(RequestError):
    """A request that conflicts with what exists."""


class ManagedError(ConflictError):
    """What the configuration manages must be changed there; `names` are all that were meant."""

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        listed = ", ".join(map(repr, names))
        super().__init__(kind, names[0], f"{listed}: managed by the configuration")
        self.names = tuple(names)
        self.hint = ""  # where, if that is known


class QuotaError(ConflictError):
    """More sites and products, or more frequent checks, than their owner may have."""


class NameTakenError(ConflictError):
    """The owner already uses this name; `taken_by` says for what."""

    def __init__(self, kind: str, word: str, taken_by: str) -> None:
        super().__init__(kind, word, f"{word!r} is {_DONE[kind]} already: {taken_by}")
        self.taken_by = taken_by
        self.name = word


class DuplicateError(ConflictError):
    """The same is watched already, by the same rules, as `name`; `word` is its address."""

    def __init__(self, kind: str, url: str, name: str, *, is_active: bool) -> None:
        word, paused = redact_text(url), "" if is_active else " (paused)"
        super().__init__(
            kind,
            word,
            f"{word} is {_DONE[kind]} already, by the same rules, as {name!r}{paused}; "
            "give it other rules, or remove that one first",
        )
        self.name = name


class NotAllowedError(RequestError):
    """A request that concerns everybody, by a viewer who is no admin."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, "", f"the {kind} is for admins")


class InputError(RequestError):
    """A value of an address or a form that cannot be used; `kind` is the name of its field."""

    def __init__(self, kind: str, word: str, problem: str, hint: str = "") -> None:
        shown = word if len(word) <= _SHOWN_CHARACTERS else f"{word[:_SHOWN_CHARACTERS]}…"
        super().__init__(
            kind, word, f"{kind}: “{shown}” {problem}" if word else f"{kind}: {problem}"
        )
        self.problem = problem
        self.hint = hint

    @property
    def beside(self) -> str:
        """What is wrong, to be read beside its field, which shows the value."""
        return f"{self.problem}: {self.hint}" if self.hint else self.problem


class BodyError(RequestError):
    """What a program sent cannot be used; `faults` are pointers into it, each with what is wrong.

    Source: RFC 6901 (JSON Pointer).
    """

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        told = "; ".join(f"{pointer or 'the body'}: {problem}" for pointer, problem in faults)
        super().__init__("body", "", told)
        self.faults = tuple(faults)


class ChangedError(RequestError):
    """Something that is no longer as the program knows it, which wants to change it."""

    hint = "read it again, and send the ETag of that as If-Match"

    def __init__(self, kind: str, word: str) -> None:
        super().__init__(kind, word, "it has changed since that ETag")


class TooManyError(RequestError):
    """Something that is allowed so often in a minute, once too often."""

    def __init__(self, kind: str, problem: str, wait_seconds: float) -> None:
        super().__init__(kind, "", problem)
        self.wait_seconds = wait_seconds


class LoginRefusedError(RequestError):
    """A login that does not lead in.

    Shape: the message is for the person, and says nothing about who is known; `reason` is for the
           operator. `is_for_now` says that it may be tried again later.
    """

    def __init__(self, problem: str, reason: str, *, is_for_now: bool = False) -> None:
        super().__init__("login", "", problem)
        self.reason = reason
        self.is_for_now = is_for_now


class ThrottledError(ChangeloggerError):
    """A host whose turn comes later than the caller is willing to wait."""

    def __init__(self, host: str, wait_seconds: float) -> None:
        super().__init__(f"{host} may be asked again in {duration(wait_seconds)}")
        self.host = host
        self.wait_seconds = wait_seconds


class NotifyError(ChangeloggerError):
    """A channel that did not accept a message.

    `is_permanent` says that it would not accept it later either.
    """

    def __init__(
        self, detail: str, *, is_permanent: bool = False, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_permanent = is_permanent
        self.retry_after_seconds = retry_after_seconds


class StoreError(ChangeloggerError):
    """The database failed to store or return something; our error, never a site's.

    `is_transient` says that the database's state is the cause and is transient, not a bad row.
    """

    def __init__(self, reason: str, *, is_transient: bool = False) -> None:
        super().__init__(reason)
        self.is_transient = is_transient


class SchemaError(StoreError):
    """The database's schema is older or newer than this program."""


class DamagedError(StoreError):
    """A file that should be our database is damaged, or something else."""


class GoneError(StoreError):
    """The SQLite file that was opened was deleted, moved or replaced."""


class OccupiedError(StoreError):
    """The database to be filled has content that must not be replaced."""


class LockedError(StoreError):
    """Another daemon holds this SQLite file."""


class SealedError(StoreError):
    """A secret is encrypted under a key that is not here, or there is none to encrypt it with."""
