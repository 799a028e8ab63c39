"""What is heard of a process: by every listener, in order, of every event."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from daemon.model.errors import StoreError
from daemon.runtime.observer import UNOBSERVED, Observer, Observers
from daemon.store.core.database import Database
from daemon.store.core.engine import open_engine

EVENTS = sorted(name for name in dir(Observer) if name.startswith("on_"))


def listening(name: str, heard: list[tuple[str, str, tuple[Any, ...]]]) -> Observer:
    """A listener to everything, which notes what it heard under its name."""

    def note(event: str) -> Any:
        return lambda self, *said: heard.append((name, event, said))

    listener: type[Observer] = type("Listener", (Observer,), {e: note(e) for e in EVENTS})
    return listener()


def said_with(event: str) -> tuple[Any, ...]:
    return tuple(object() for _ in inspect.signature(getattr(UNOBSERVED, event)).parameters)


@pytest.mark.parametrize("event", EVENTS)
def test_every_listener_hears_every_event_in_order(event: str) -> None:
    heard: list[tuple[str, str, tuple[Any, ...]]] = []
    both = Observers(listening("first", heard), listening("second", heard))
    said = said_with(event)
    getattr(both, event)(*said)
    assert heard == [("first", event, said), ("second", event, said)]


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_comes_of_what_nobody_listens_to(event: str) -> None:
    assert getattr(UNOBSERVED, event)(*said_with(event)) is None


async def test_trouble_is_heard_only_by_who_asked_for_it(tmp_path: Path) -> None:
    troubles: list[StoreError] = []
    plain = Database(open_engine(f"sqlite+aiosqlite:///{tmp_path}/there/changelogger.db"))
    observed = plain.observed(troubles.append)
    for database, count in ((plain, 0), (observed, 1)):
        with pytest.raises(StoreError):
            async with database.reading() as session:
                await session.execute(text("SELECT 1"))
        assert len(troubles) == count
    await plain.close()
