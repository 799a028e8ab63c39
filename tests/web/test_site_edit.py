"""A site that no file manages: called and checked otherwise on its page, and nothing else of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from daemon.config import Config
from daemon.config.reading.given import given_site
from daemon.model.errors import ConfigError, QuotaError
from daemon.model.request import Timing, timing_in
from daemon.model.viewer import Actor
from daemon.operations import managing
from daemon.operations.editing import edit_site, edited_site
from daemon.operations.people.users import Quotas, set_quotas
from daemon.operations.sites import SiteView, the_site
from daemon.store.core.database import Database
from daemon.store.core.json_columns import rules_from_json
from daemon.store.tables import MonitoredSite, Page
from tests.making import ADMIN, OWNER, PAST
from tests.web.conftest import Pages, text_of

RULES: dict[str, Any] = {
    "kind": "html", "include": ["main", "//p"], "extract": ["a(.)"], "links": True,
    "collapse_whitespace": False, "sensitivity": 0.5, "mask": [], "watch": "letter",
    "notify_on": "every", "appears": ["x", "re:y"], "below": "19.90", "changes_by": "5 %",
    "watch_status": [404], "follow": "any", "flap_hold": False, "intent": "the fee",
}  # fmt: skip
FORM = {"name": "Fees", "check_frequency": "30m", "tags": "a, b", "hours": "08:00-18:00"}


async def have(database: Database, name: str = "Blog", **table: Any) -> UUID:
    """A site of the command line."""
    config = Config()
    site = given_site(config, {"name": name, "url": f"http://localhost/{name}", **table}, str)
    return (await managing.add_site(database, ADMIN, config, site, PAST, is_named=True)).id


async def view_of(database: Database, site_id: UUID) -> SiteView:
    return await the_site(database, ADMIN, str(site_id))


async def test_a_site_is_called_and_checked_otherwise(pages: Pages, database: Database) -> None:
    site = await have(database, tags=["old"], time_zone="Europe/Berlin", **RULES)
    before = await view_of(database, site)
    assert f'href="/sites/{site}/edit"' in (await pages.get(f"/sites/{site}")).text
    form = (await pages.get(f"/sites/{site}/edit")).text
    for name, value in (("name", "Blog"), ("tags", "old"), ("time_zone", "Europe/Berlin")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', form), name
    done = await pages.follow(await pages.post(f"/sites/{site}/edit", **FORM))
    assert "Fees is changed" in text_of(done.text)
    view = await view_of(database, site)
    assert (view.name, view.tags, view.rules) == ("Fees", ["a", "b"], before.rules)
    assert timing_in(view) == Timing("30m", Config().schedule.time_zone, "08:00-18:00")
    async with database.reading() as session:
        assert await session.scalar(select(Page.check_frequency)) == "30m"


async def test_a_frequency_that_is_not_kept_for_a_rendered_page_is_said(
    pages: Pages, database: Database
) -> None:
    site = await have(database, render="always")
    done = await pages.follow(await pages.post(f"/sites/{site}/edit", **FORM))
    assert "minimum_interval" not in text_of(done.text)
    often = {**FORM, "check_frequency": "5m"}
    done = await pages.follow(await pages.post(f"/sites/{site}/edit", **often))
    told = "is shorter than browser.minimum_interval, which is 15m: checked every 15m"
    assert told in text_of(done.text)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "is missing"),
        ("name", "News", "watched already: http://localhost/News"),
        ("check_frequency", "soon", ""),
        ("hours", "8", ""),
        ("time_zone", "Moon", ""),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    pages: Pages, database: Database, field: str, value: str, told: str
) -> None:
    site = await have(database)
    await have(database, "News")
    answer = await pages.post(f"/sites/{site}/edit", **{**FORM, field: value})
    assert answer.status == 400
    assert told in answer.text.split(f'id="{field}-wrong"')[1]
    assert (await view_of(database, site)).name == "Blog"


@pytest.mark.parametrize("manager", ["config", "discover"])
async def test_what_something_else_describes_is_changed_there(
    pages: Pages, database: Database, manager: str
) -> None:
    parent, site = await have(database, "Parent"), await have(database)
    by = {"managed_by": manager, "parent_id": parent if manager == "discover" else None}
    async with database.writing() as session:
        is_it = MonitoredSite.id == site
        await session.execute(update(MonitoredSite).where(is_it).values(**by))
    assert (await pages.get(f"/sites/{site}/edit")).status == 409
    assert (await pages.post(f"/sites/{site}/edit", **FORM)).status == 409
    assert (await view_of(database, site)).name == "Blog"


async def test_an_edit_is_bounded_by_what_its_owner_may_have(database: Database) -> None:
    site = await have(database)
    limits = Quotas(None, timedelta(hours=1))
    await set_quotas(database, Actor(ADMIN), OWNER.id, limits, PAST)
    view = await view_of(database, site)
    often = edited_site(Config(), {"check_frequency": "30m"}, str, view)
    with pytest.raises(QuotaError, match="every 30 min"):
        await edit_site(database, ADMIN, site, often, PAST)


async def test_options_that_are_not_given_stay_and_none_is_as_usual(database: Database) -> None:
    view = await view_of(database, await have(database, tags=["t"], days="mon-fri", **RULES))
    same = edited_site(Config(), {}, str, view)
    assert (same.name, same.tags) == (view.name, ("t",))
    assert (same.timing, same.rules) == (timing_in(view), rules_from_json(view.rules))
    given = {
        "days": None,
        "exclude": None,
        "watch": None,
        "links": None,
        "tags": None,
        "below": "5",
    }
    other = edited_site(Config(), given, str, view)
    assert (other.timing.days, other.tags, other.rules.watch) == (None, (), "auto")
    assert (other.rules.links, other.rules.below, other.rules.mask) == (False, "5", ())
    with pytest.raises(ConfigError, match="include"):
        edited_site(Config(), {"include": ["p:::"]}, str, view)
