"""The owner as a condition of every query: what a viewer may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import InstrumentedAttribute

from daemon.model.viewer import Viewer


def is_visible(owner: InstrumentedAttribute[Any], viewer: Viewer) -> ColumnElement[bool]:
    """Whether a row belongs to the viewer, by the column of its owner; an admin sees all."""
    return true() if viewer.is_admin else owner == viewer.user_id
