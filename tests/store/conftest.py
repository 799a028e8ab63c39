"""What tests of the store begin with."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from daemon.store.core.database import Database
from daemon.store.tables import MonitoredSite
from tests.making import have_sites, spec


@pytest.fixture
async def site_id(database: Database) -> UUID:
    """A site, and no other, that was just taken up."""
    await have_sites(database, spec())
    async with database.reading() as session:
        return (await session.scalars(select(MonitoredSite.id))).one()
