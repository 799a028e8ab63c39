"""The configuration and the daemons concern everybody: admins ask, and nobody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from daemon.config import Config, load
from daemon.model.errors import ConfigError, NotAllowedError
from daemon.model.viewer import Viewer
from daemon.operations.installation import configuration, daemons
from daemon.store.tables import MonitoredSite
from tests.making import PAST, begin_run
from tests.operations.two_owners import ADA, ADMIN, BOB, TwoOwners, public_functions

OWNERS = "".join(
    f'[[owner]]\nid = "{name}"\nemail = "{name}@example.org"\n' for name in ("ada", "bob")
)
MORE = """
[[site]]
name = "More"
url = "https://more.example/"
owner = "bob"
[[notify]]
name = "hook"
url = "https://hook.example/"
names = ["Blok"]
"""


@dataclass(frozen=True)
class Stage:
    """Two owners, and configurations of their database: one with another site, a blank one."""

    two: TwoOwners
    more: Config
    blank: Config


Ask = Callable[[Stage, Viewer], Awaitable[Any]]

ASKS: dict[Callable[..., Any], Ask] = {
    configuration.differences: lambda s, who: configuration.differences(s.more, who, s.more),
    configuration.refuse_blank: lambda s, who: configuration.refuse_blank(s.more, who),
    configuration.refuse_unfit: lambda s, who: configuration.refuse_unfit(
        s.two.database, who, s.more
    ),
    configuration.apply: lambda s, who: configuration.apply(s.two.database, who, s.more, PAST),
    configuration.doubts_about: lambda s, who: configuration.doubts_about(s.more, who),
    configuration.people_told: lambda s, who: configuration.people_told(s.more, who),
    configuration.doubts_beside: lambda s, who: configuration.doubts_beside(
        s.two.database, who, s.more
    ),
    daemons.list_daemons: lambda s, who: daemons.list_daemons(s.two.database, who),
}


@pytest.fixture
def stage(two: TwoOwners, database_url: str, tmp_path: Path) -> Stage:
    path = tmp_path / "config.toml"
    path.write_text(f'[database]\nurl = "{database_url}"\n{OWNERS}{MORE}')
    more = load(path, {})
    path.write_text("")
    return Stage(two, more, load(path, {"CHANGELOGGER__DATABASE__URL": database_url}))


def test_every_question_is_asked_here() -> None:
    assert set(public_functions(configuration, daemons)) == ASKS.keys()


@pytest.mark.parametrize("ask", ASKS.values(), ids=[one.__name__ for one in ASKS])
async def test_an_owner_is_refused_and_an_admin_is_not(stage: Stage, ask: Ask) -> None:
    for viewer in (ADA, BOB):
        with pytest.raises(NotAllowedError):
            await ask(stage, viewer)
        assert await _names(stage) == ["Blog", "Blog", "ada's own", "bob's own"]
    await ask(stage, ADMIN)


async def test_what_is_previewed_is_what_is_applied(stage: Stage) -> None:
    told = await configuration.differences(stage.more, ADMIN, stage.more)
    added = {(one.kind, one.name) for one in told if one.action == "added"}
    assert added == {("site", "More"), ("notify", "hook")}
    done = await configuration.apply(stage.two.database, ADMIN, stage.more, PAST)
    assert done.added == ("More",)
    assert await configuration.differences(stage.more, ADMIN, stage.more) == ()


async def test_a_blank_file_is_refused_only_where_it_would_take_something_away(
    stage: Stage,
) -> None:
    database = stage.two.database
    await configuration.refuse_blank(stage.blank, ADMIN)  # what is there, nobody's file has brought
    await configuration.apply(database, ADMIN, stage.more, PAST)
    for refused in (
        configuration.refuse_blank(stage.blank, ADMIN),
        configuration.refuse_unfit(database, ADMIN, stage.blank),
        configuration.apply(database, ADMIN, stage.blank, PAST),
        configuration.differences(stage.more, ADMIN, stage.blank),
    ):
        with pytest.raises(ConfigError, match="is empty"):
            await refused


async def test_names_that_only_the_database_has_are_no_doubts(stage: Stage) -> None:
    [doubt] = await configuration.doubts_about(stage.more, ADMIN)
    assert "Blok" in doubt.problem
    known = stage.more.notify[0].model_copy(update={"names": ("Blog",)})
    of_ada = stage.more.model_copy(update={"notify": (known,)})
    assert await configuration.doubts_about(of_ada, ADMIN) == []
    assert await configuration.doubts_beside(None, ADMIN, of_ada) != []


async def test_an_admin_sees_the_daemons(stage: Stage) -> None:
    run_id = await begin_run(stage.two.database)
    assert [one.id for one in await daemons.list_daemons(stage.two.database, ADMIN)] == [run_id]


async def _names(stage: Stage) -> list[str]:
    async with stage.two.database.reading() as session:
        return sorted(
            await session.scalars(
                select(MonitoredSite.name).where(MonitoredSite.deleted_at.is_(None))
            )
        )
