"""A PostgreSQL that is one of several: which of them daemons and pages take."""

from __future__ import annotations

from sqlalchemy import text

from daemon.config.sections import DatabaseConfig
from daemon.store.core.opening import open_for_readers


async def test_pages_are_read_where_daemons_must_be_able_to_write(postgres_url: str) -> None:
    mark = "&" if "?" in postgres_url else "?"
    url = f"{postgres_url}{mark}target_session_attrs=read-write"
    settings = DatabaseConfig.model_validate({"url": url})
    async with open_for_readers(settings, 5.0) as readers, readers.reading() as session:
        assert await session.scalar(text("SHOW transaction_read_only")) == "on"
