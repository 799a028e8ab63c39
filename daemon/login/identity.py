"""Who somebody is, as a login proves it."""

from __future__ import annotations

from dataclasses import dataclass

_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as a provider knows them: by a subject that never changes or changes hands.

    Shape: no two providers have one name, and none has a `|` in it.
    """

    provider: str
    subject: str
    email: str = ""
    email_is_verified: bool = False
    username: str = ""

    def __post_init__(self) -> None:
        if not self.provider or "|" in self.provider or not self.subject:
            raise ValueError("an identity has a provider, and a subject there")
        if len(self.id) > _LONGEST or not self.id.isprintable():
            raise ValueError("this subject cannot be stored")

    @property
    def id(self) -> str:
        """The identity in one word, which is the id of a user who began with it."""
        return f"{self.provider}|{self.subject}"


@dataclass(frozen=True, slots=True)
class Visit:
    """How somebody logs in, and from where.

    Shape: `how` is link, password, header or `oidc:name`; `agent` is what the browser calls itself.
    """

    how: str
    agent: str = ""
    address: str = ""
