"""The tables of users: their identities, logins, tokens, and what was done in their names."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from daemon.store.tables.base import Base, utc_now
from daemon.store.tables.ids import new_id

_HASH = String(64)  # BLAKE2b-256 of a random secret, which is stored nowhere
_ADDRESS = String(45)


class Identity(Base):
    """What else a user is known by: `provider|subject`, beside their id."""

    __tablename__ = "identities"

    identity: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Password(Base):
    """A user's password, as scrypt and its parameters leave it."""

    __tablename__ = "passwords"

    user_id: Mapped[str] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    hash: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class WebSession(Base):
    """A browser in which a user is logged in."""

    __tablename__ = "web_sessions"

    id_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    how: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    agent: Mapped[str] = mapped_column(String(255), default="", server_default=text("''"))
    address: Mapped[str] = mapped_column(_ADDRESS, default="", server_default=text("''"))


class LoginFlow(Base):
    """A login that has begun in a browser and goes on at a provider."""

    __tablename__ = "login_flows"

    state_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    provider: Mapped[str] = mapped_column(String(100))
    nonce: Mapped[str] = mapped_column(String(128))
    verifier: Mapped[str] = mapped_column(String(128))
    return_to: Mapped[str] = mapped_column(Text, default="/", server_default=text("'/'"))
    browser_hash: Mapped[str] = mapped_column(_HASH)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class LoginLink(Base):
    """A link that logs its user in once; it is deleted by that."""

    __tablename__ = "login_links"

    token_hash: Mapped[str] = mapped_column(_HASH, primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class LoginFailure(Base):
    """How many logins failed for one user, or from one address, since a window began."""

    __tablename__ = "login_failures"

    key: Mapped[str] = mapped_column(_HASH, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    ends_at: Mapped[datetime] = mapped_column(index=True)


class ApiToken(Base):
    """What a program of a user shows to be let in; only its hash is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hash: Mapped[str] = mapped_column(_HASH, unique=True)
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_used_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SigningKey(Base):
    """The one key that addresses are signed with, so that nobody else makes them.

    Shape: in base64; encrypted under the key `sealed_by`, if there is one.
    """

    __tablename__ = "signing_keys"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(Text)
    sealed_by: Mapped[str | None] = mapped_column(String(12))


class Destination(Base):
    """Where a user is told, beside the channels of the file; proved once it is confirmed."""

    __tablename__ = "destinations"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    # The address and the secret that belongs to it, encrypted, and the id of the key for them.
    sealed: Mapped[str | None] = mapped_column(Text)
    sealed_by: Mapped[str | None] = mapped_column(String(12))
    # A keyed hash of the code in the last test message; typed in, it confirms the destination.
    code_hash: Mapped[str | None] = mapped_column(String(32))
    code_ends_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tested_at: Mapped[datetime | None]
    test_error: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class AuditEntry(Base):
    """Who did what to users, logins and tokens; no foreign key, as it outlives its user."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_user_id_id", "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    user_id: Mapped[str] = mapped_column(String(255))
    how: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(String(50))
    target: Mapped[str] = mapped_column(String(255), default="", server_default=text("''"))
    address: Mapped[str] = mapped_column(_ADDRESS, default="", server_default=text("''"))
