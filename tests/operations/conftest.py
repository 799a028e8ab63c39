"""What tests of operations begin with."""

from __future__ import annotations

import pytest

from daemon.store.core.database import Database
from tests.operations.two_owners import TwoOwners, have_two_owners


@pytest.fixture
async def two(database: Database) -> TwoOwners:
    """Two owners, with a site and a product each on the same page and under the same name."""
    return await have_two_owners(database)
