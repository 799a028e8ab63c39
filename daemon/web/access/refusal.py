"""Says how a request is refused: the status, what is wrong, and what would mend it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from daemon.model.errors import (
    AmbiguousError,
    BodyError,
    ChangedError,
    ConflictError,
    LoginRefusedError,
    NotAllowedError,
    NotFoundError,
    RequestError,
    TooManyError,
    UrlError,
)

# The first that fits; every error that people cause has one.
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (NotAllowedError, 403),
    (AmbiguousError, 409),
    (ConflictError, 409),
    (ChangedError, 412),
    (TooManyError, 429),
    (LoginRefusedError, 403),
    (RequestError, 400),
    (UrlError, 400),
)
_NONE: Mapping[str, str] = {}


class RefusedError(Exception):
    """A request that is not met.

    Shape: `back` is the page of ours from which one goes on; `faults` are pointers into what a
           program has sent, each with what is wrong there.
    """

    def __init__(
        self,
        status: int,
        problem: str,
        hint: str = "",
        headers: Mapping[str, str] = _NONE,
        back: str = "",
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.hint = hint
        self.headers = headers
        self.back = back
        self.faults: Sequence[tuple[str, str]] = ()

    @classmethod
    def of(cls, exc: RequestError | UrlError, back: str = "") -> RefusedError:
        """As what a person or a program caused is refused."""
        status = next(status for kind, status in _STATUSES if isinstance(exc, kind))
        headers = {}
        if isinstance(exc, TooManyError):
            headers["Retry-After"] = str(math.ceil(exc.wait_seconds))
        refused = cls(status, str(exc), getattr(exc, "hint", ""), headers, back)
        if isinstance(exc, BodyError):
            refused.faults = exc.faults
        return refused
