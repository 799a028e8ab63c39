"""Users with roles and quotas, their identities, sessions, passwords and tokens, and the audit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# In SQL: SQLite adds a column with its own constraint, but no constraint to a table that exists.
ROLE = (
    "ALTER TABLE users ADD COLUMN role VARCHAR(10) DEFAULT 'owner' NOT NULL "
    "CONSTRAINT user_role_valid CHECK (role IN ('owner', 'admin'))"
)
OF_USERS = (
    ("managed_by", sa.String(20), "cli"),
    ("disabled_at", sa.DateTime(timezone=True), None),
    ("email_verified_at", sa.DateTime(timezone=True), None),
    ("last_login_at", sa.DateTime(timezone=True), None),
    ("max_sites", sa.Integer(), None),
    ("shortest_interval_seconds", sa.Integer(), None),
)
HASH, ADDRESS = sa.String(64), sa.String(45)
ARRAY = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _at(name: str, *, nullable: bool = False, index: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)


def _user(**more: bool) -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    # The constraint gets its name by the convention of all tables.
    reference = sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE")
    more.setdefault("index", not more.get("primary_key"))
    return sa.Column("user_id", sa.String(255), nullable=False, **more), reference


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False, server_default=sa.text("''"))


def _tables() -> dict[str, tuple[Any, ...]]:
    return {
        "identities": (
            sa.Column("identity", sa.String(255), primary_key=True),
            *_user(),
            _at("created_at"),
        ),
        "passwords": (
            *_user(primary_key=True),
            sa.Column("hash", sa.String(255), nullable=False),
            _at("changed_at"),
        ),
        "web_sessions": (
            sa.Column("id_hash", HASH, primary_key=True),
            *_user(),
            sa.Column("how", sa.String(100), nullable=False),
            _at("created_at"),
            _at("seen_at"),
            _at("ends_at", index=True),
            _text("agent", 255),
            _text("address", 45),
        ),
        "login_flows": (
            sa.Column("state_hash", HASH, primary_key=True),
            sa.Column("provider", sa.String(100), nullable=False),
            sa.Column("nonce", sa.String(128), nullable=False),
            sa.Column("verifier", sa.String(128), nullable=False),
            sa.Column("return_to", sa.Text(), nullable=False, server_default=sa.text("'/'")),
            sa.Column("browser_hash", HASH, nullable=False),
            _at("created_at"),
            _at("ends_at", index=True),
        ),
        "login_links": (
            sa.Column("token_hash", HASH, primary_key=True),
            *_user(),
            _at("created_at"),
            _at("ends_at", index=True),
        ),
        "login_failures": (
            sa.Column("key", HASH, primary_key=True),
            sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
            _at("ends_at", index=True),
        ),
        "api_tokens": (
            sa.Column("id", sa.Uuid(), primary_key=True),
            *_user(),
            sa.Column("name", sa.String(100), nullable=False),
            sa.Column("hash", HASH, nullable=False, unique=True),
            sa.Column("scopes", ARRAY, nullable=False),
            _at("created_at"),
            _at("last_used_at", nullable=True),
            _at("ends_at", nullable=True),
            _at("revoked_at", nullable=True),
        ),
        "audit": (
            sa.Column("id", sa.Uuid(), primary_key=True),
            _at("at"),
            sa.Column("user_id", sa.String(255), nullable=False),
            sa.Column("how", sa.String(100), nullable=False),
            sa.Column("what", sa.String(50), nullable=False),
            _text("target", 255),
            _text("address", 45),
        ),
    }


def upgrade() -> None:
    """Move the schema up; everybody is an owner, and nobody has a limit."""
    op.execute(ROLE)
    for name, kind, default in OF_USERS:
        column = sa.Column(name, kind, nullable=default is None, server_default=default)
        op.add_column("users", column)
    for name, parts in _tables().items():
        op.create_table(name, *parts)
    op.create_index("ix_audit_user_id_id", "audit", ["user_id", "id"])


def downgrade() -> None:
    """Move the schema down again."""
    for name in reversed(_tables()):
        op.drop_table(name)
    for name, _, _ in reversed(OF_USERS):
        op.drop_column("users", name)
    op.drop_column("users", "role")
