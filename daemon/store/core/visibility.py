"""Limits every query to what a viewer may see, by the owner."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from daemon.model.viewer import Viewer
from daemon.store.tables import MonitoredSite, Product


def is_visible(owner: InstrumentedAttribute[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row belongs to the viewer, by the column of its owner; an admin sees all."""
    return true() if viewer.is_admin else owner == viewer.user_id


def is_found_visible(owner: InstrumentedAttribute[Any], viewer: Viewer) -> ColumnElement[bool]:
    """As `is_visible`, of rows that are found otherwise: no index of owners answers this."""
    return true() if viewer.is_admin else func.coalesce(owner, "") == viewer.user_id


def is_of_visible_site(site: InstrumentedAttribute[UUID], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row belongs to one of the viewer's sites, by the column of its site."""
    theirs = select(MonitoredSite.id).where(is_visible(MonitoredSite.owner_id, viewer))
    return true() if viewer.is_admin else site.in_(theirs)


def is_of_visible_product(
    product: InstrumentedAttribute[UUID], viewer: Viewer
) -> ColumnElement[bool]:
    """Whether a row belongs to a product of the viewer's, by the column of its product."""
    theirs = select(Product.product_id).where(is_visible(Product.owner_id, viewer))
    return true() if viewer.is_admin else product.in_(theirs)


def is_of_visible_page(page: InstrumentedAttribute[UUID], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row belongs to a page that a site of the viewer's reads, by its page's column."""
    theirs = select(MonitoredSite.page_id).where(is_visible(MonitoredSite.owner_id, viewer))
    return true() if viewer.is_admin else page.in_(theirs)
