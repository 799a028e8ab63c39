"""What a rendered page keeps between checks: cookies, storage, and how its logins went."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

_MOST_FAILURES = 3
_PAUSE = timedelta(days=1)


class KeptSession(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session of one page.

    Shape: `storage` is opaque: the browser's process wrote it. `failed_logins` are those in a
           row, the last of them `failed_at`.
    """

    storage: str = ""
    failed_logins: int = 0
    failed_at: datetime | None = None

    def text(self) -> str:
        """The text that is kept, encrypted, with the page."""
        return msgspec.json.encode(self).decode()

    def after_login_failed(self, now: datetime) -> KeptSession:
        """The session after one more login that failed."""
        return KeptSession(self.storage, self.failed_logins + 1, now)

    def going_on(self, storage: str, has_logged_in: bool) -> KeptSession:
        """The session with what is stored now; a login that worked ends the count of others."""
        return (
            KeptSession(storage)
            if has_logged_in
            else msgspec.structs.replace(self, storage=storage)
        )

    def no_login_before(self, now: datetime) -> datetime | None:
        """Until when no login is tried, so that no account is locked; None when one may be."""
        if self.failed_at is None or self.failed_logins < _MOST_FAILURES:
            return None
        until = self.failed_at + _PAUSE
        return until if now < until else None


def session_of(text: str) -> KeptSession:
    """The session that was kept; an empty one for what is none, such as cookies without one."""
    try:
        return msgspec.json.decode(text, type=KeptSession)
    except msgspec.DecodeError:
        return KeptSession()
