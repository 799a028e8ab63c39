"""Words name sites and products: by name or URL, and only those of whoever asks."""

from __future__ import annotations

import pytest

from daemon.model.errors import AmbiguousError, NotFoundError
from daemon.operations import lookup, products, sites
from tests.operations.two_owners import (
    ADA,
    ADMIN,
    BOB,
    PRODUCT,
    SITE,
    SITE_URL,
    STRANGER,
    TwoOwners,
)


async def test_the_site_of_a_name_is_that_of_whoever_asks(two: TwoOwners) -> None:
    for viewer in (ADA, BOB):
        assert (await sites.the_site(two.database, viewer, SITE)).id == two[viewer].site_id
        [site] = await sites.the_sites(two.database, viewer, [SITE, SITE_URL])
        assert site.id == two[viewer].site_id


async def test_an_admin_is_asked_whose_site_is_meant(two: TwoOwners) -> None:
    with pytest.raises(AmbiguousError) as caught:
        await sites.the_site(two.database, ADMIN, SITE)
    ids = {viewer.user_id: two[viewer].site_id for viewer in (ADA, BOB)}
    said = sorted(f"{SITE} {id_} ({owner})" for owner, id_ in ids.items())
    assert sorted(caught.value.candidates) == said
    for id_ in ids.values():
        assert (await sites.the_site(two.database, ADMIN, str(id_))).id == id_


async def test_products_of_a_name_are_those_of_whoever_asks(two: TwoOwners) -> None:
    for viewer in (ADA, BOB):
        [product] = await products.the_products(two.database, viewer, [PRODUCT])
        assert product.id == two[viewer].product_id
    assert len(await products.the_products(two.database, ADMIN, [PRODUCT])) == 2


@pytest.mark.parametrize("word", ["bob's own", "https://bob.example/"])
async def test_what_is_somebody_elses_is_not_found_nor_suggested(two: TwoOwners, word: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        await sites.the_sites(two.database, ADA, [SITE, word])
    assert "bob's own" not in caught.value.near
    assert (await sites.the_site(two.database, BOB, word)).owner_id == "bob"


async def test_names_that_are_near_are_suggested(two: TwoOwners) -> None:
    with pytest.raises(NotFoundError) as caught:
        await sites.the_site(two.database, ADA, "ada's on")
    assert caught.value.near == ("ada's own",)
    with pytest.raises(NotFoundError) as caught:
        await products.the_products(two.database, ADA, ["Lamb"])
    assert (caught.value.kind, caught.value.near) == ("product", (PRODUCT,))


async def test_a_product_is_told_from_a_site_to_whoever_has_it(two: TwoOwners) -> None:
    mine = await lookup.no_site(two.database, ADA, PRODUCT)
    theirs = await lookup.no_site(two.database, STRANGER, PRODUCT)
    assert (mine.is_a, str(mine)) == ("product", "'Lamp' is a product, and no site")
    assert (theirs.is_a, theirs.near) == ("", ())


async def test_a_url_is_meant_however_it_is_written(two: TwoOwners) -> None:
    found = await sites.find_sites(two.database, ADA, ["HTTPS://Site.Example:443/blog", "no"])
    assert [one.name for one in found.views] == [SITE]
    assert found.missing == ("no",)
