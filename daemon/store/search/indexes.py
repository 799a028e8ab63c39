"""The index of each kind of database: how it is stored, changed, and asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.model.viewer import Viewer
from daemon.search.query import Query
from daemon.store.core.database import Database
from daemon.store.retention.batching import Sweep
from daemon.store.search.asking import Asked, Source, Survey
from daemon.store.search.entries import Entry, Kept
from daemon.store.search.postgresql import PostgresIndex
from daemon.store.search.sqlite import SqliteIndex


class Index(Protocol):
    """The words of all changes of one database.

    Errors: StoreError from every method where it was not made.
    """

    def is_there(self) -> ColumnElement[bool]:
        """Whether it was made; the only thing that may be asked before."""

    async def make(self, session: AsyncSession) -> None:
        """Make it, empty."""

    async def drop(self, sweep: Sweep) -> bool:
        """Drop it with all that is in it, in short transactions; whether there was one."""

    async def survey(self, session: AsyncSession, query: Query | None, viewer: Viewer) -> Survey:
        """What is in it, and of a query how many match."""

    async def kept(
        self, session: AsyncSession, since: datetime | None, before: datetime | None
    ) -> Kept:
        """What it has of the changes from one instant to another."""

    async def replace(self, session: AsyncSession, gone: Kept, entries: Sequence[Entry]) -> None:
        """Put these entries, the oldest first, in the place of what it has of their instants."""

    def ids(self, query: Query, viewer: Viewer) -> Select[Any]:
        """The ids of all changes of the viewer's that match."""

    def source(self, asked: Asked, survey: Survey) -> Source:
        """Where a page of them is read, by the shortest way."""


def index_of(database: Database) -> Index:
    """The index of this kind of database."""
    return PostgresIndex() if database.is_shared else SqliteIndex()
