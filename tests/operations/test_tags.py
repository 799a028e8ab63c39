"""What is asked by tag: the viewer's own alone, whatever words others use."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from daemon.model.errors import ManagedError, NotFoundError, RequestError
from daemon.model.viewer import Viewer
from daemon.operations import changes, lookup, managing, products, sites
from daemon.operations.changes import ChangeFilter
from daemon.operations.lookup import Kind
from daemon.operations.managing import TagChange
from daemon.operations.products import ProductFilter
from daemon.store.tables import ContentUpdate, MonitoredSite, Product
from daemon.store.tables.types import has_any_tag
from daemon.transfer.exporting import ExportOptions
from daemon.transfer.sites import export_all
from tests.making import PAST, add_rows
from tests.operations.two_days import NOW, have_two_days
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    CONFIG,
    PRODUCT,
    SITE,
    STRANGER,
    TAG,
    TwoOwners,
)

EACH = [(ADA, {"ada"}), (BOB, {"bob"}), (ADMIN, {"ada", "bob"})]


@pytest.mark.parametrize(("viewer", "whose"), EACH, ids=["ada", "bob", "admin"])
async def test_by_tag_each_finds_what_is_theirs(
    two: TwoOwners, viewer: Viewer, whose: set[str]
) -> None:
    await have_two_days(two)
    for one in two.owned.values():
        await add_rows(two.database, ContentUpdate(site_id=one.site_id, detected_at=PAST))
    listed = await sites.list_sites(two.database, viewer, tags=[TAG])
    assert {one.owner_id for one in listed} == whose
    wanted = ProductFilter(tags=[TAG])
    followed = await products.list_products(two.database, viewer, 9, NOW, wanted)
    assert {one.view.owner_id for one in followed} == whose
    found = await changes.list_changes(two.database, viewer, ChangeFilter(tags=(TAG,)))
    assert {one.owner_id for one in found} == whose
    await sites.mute(two.database, viewer, [], NOW, [TAG])
    assert await two.whose(MonitoredSite, MonitoredSite.muted_until == NOW) == whose
    await managing.pause(two.database, viewer, "product", [], PAST, [TAG])
    assert await two.whose(Product, ~Product.is_active) == whose
    if viewer.is_admin:
        exported = await export_all(two.database, viewer, CONFIG, ExportOptions(tags=(TAG,)))
        assert {table["name"] for table in exported.tables["site"]} == {SITE, f"{SITE} (2)"}


async def test_a_tag_of_somebody_elses_is_unknown(two: TwoOwners) -> None:
    for viewer, near in ((BOB, ("bob's own",)), (STRANGER, ())):
        with pytest.raises(NotFoundError, match="there is no site with the tag") as caught:
            await sites.list_sites(two.database, viewer, tags=["ada's own"])
        assert caught.value.near == near
        with pytest.raises(NotFoundError):
            await managing.pause(two.database, viewer, "site", [], PAST, ["ada's own"])
    assert await two.whose(MonitoredSite, ~MonitoredSite.is_active) == set()


async def test_words_and_tags_mean_both(two: TwoOwners) -> None:
    found = await sites.the_sites(two.database, ADA, ["ada's own", SITE], [TAG])
    assert [one.name for one in found] == ["ada's own", SITE]


async def test_tags_are_added_and_taken_off(two: TwoOwners) -> None:
    change = TagChange(["büro", TAG, "büro"], ["ada's own", "never there"])
    both: list[tuple[Kind, str]] = [("site", SITE), ("product", PRODUCT)]
    for kind, name in both:
        tagged = await managing.tag(two.database, ADA, kind, [name], change, NOW)
        assert tagged == {name: (TAG, "büro")}
    assert await lookup.tags_in_use(two.database, ADA, ["site", "product"]) == ["büro", TAG]
    [found] = await sites.list_sites(two.database, ADMIN, tags=["büro"])
    assert (found.owner_id, found.tags) == ("ada", [TAG, "büro"])
    many = TagChange([f"t{number}" for number in range(40)])
    with pytest.raises(RequestError, match="at most 30"):
        await managing.tag(two.database, ADA, "site", [SITE], many, NOW)


async def test_the_tags_of_the_file_are_left_to_it(two: TwoOwners) -> None:
    await two.set_all(MonitoredSite, managed_by="config")
    with pytest.raises(ManagedError):
        await managing.tag(two.database, ADA, "site", [SITE], TagChange(["new"]), NOW)


@pytest.mark.parametrize("tag", ["a", "wo", "ork", '"', "w%", "w_rk", "[]", 'a"b', "\\"])
async def test_a_part_of_a_tag_is_another_tag(two: TwoOwners, tag: str) -> None:
    other = TagChange(['x"a"y', "b\\c"])
    await managing.tag(two.database, ADA, "site", [SITE], other, NOW)
    with pytest.raises(NotFoundError):
        await sites.list_sites(two.database, ADA, tags=[tag])


async def test_odd_tags_are_found(two: TwoOwners) -> None:
    odd = ['x"a"y', "b\\c", "日本", "100%", "it's"]
    await managing.tag(two.database, ADA, "site", [SITE], TagChange(odd), NOW)
    for tag in odd:
        assert len(await sites.list_sites(two.database, ADA, tags=[tag])) == 1


async def test_a_search_by_tag_goes_by_an_index(two: TwoOwners) -> None:
    async with two.database.engine.connect() as connection:
        dialect = connection.dialect
        where = has_any_tag(MonitoredSite.tags, [TAG])
        query = (
            select(MonitoredSite.name)
            .where(where)
            .compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        )
        word = "EXPLAIN QUERY PLAN"
        if dialect.name == "postgresql":
            word = "EXPLAIN"
            await connection.exec_driver_sql("SET enable_seqscan = off")  # few rows are read whole
        plan = await connection.exec_driver_sql(f"{word} {query}")
        assert "ix_monitored_sites_tags" in str(plan.all())
