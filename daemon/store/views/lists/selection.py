"""Which changes a list is asked for, as conditions on changes and their sites."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, literal_column

from daemon.model.change import ChangeType
from daemon.model.viewer import Viewer
from daemon.store.core.visibility import is_visible
from daemon.store.tables import ContentUpdate, MonitoredSite
from daemon.store.tables.types import has_any_tag
from daemon.store.views.lists.keyset import MOST_COUNTED

SEVERITIES = tuple(reversed(ChangeType))  # the gravest first
_MATTER = (ChangeType.MAJOR, ChangeType.CRITICAL)
# Literals, as in the condition of the index: it is not found by parameters.
matters = ContentUpdate.change_type.in_([literal_column(f"'{one}'") for one in _MATTER])
# As the index of sites with unseen changes has it.
has_unseen = and_(
    MonitoredSite.deleted_at.is_(None), MonitoredSite.last_changed_at > MonitoredSite.seen_at
)


@dataclass(frozen=True, slots=True)
class ChangesWanted:
    """Which changes a list shows; what is not given does not filter."""

    site_id: UUID | None = None
    tags: tuple[str, ...] = ()  # of their sites; one of these is enough
    change_types: tuple[str, ...] = ()
    category: str | None = None
    since: datetime | None = None
    only_significant: bool = False
    only_unseen: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What a viewer wants of their changes.

    Shape: `by_owner` if each change has its owner beside it; else all are gone through. So many
           as `most` are counted, sorted, or gone through for a page.
    """

    viewer: Viewer
    wanted: ChangesWanted
    by_owner: bool = True
    most: int = MOST_COUNTED

    @property
    def of_any_severity(self) -> Selection:
        """The same, whatever their severity."""
        return replace(self, wanted=replace(self.wanted, change_types=()))

    @property
    def of_all(self) -> Selection:
        """All that there is of the viewer's."""
        return replace(self, wanted=ChangesWanted())

    @property
    def is_of_some_sites(self) -> bool:
        """Whether it is for sites that may be few among all."""
        return bool(self.wanted.tags) or self.wanted.only_unseen

    @property
    def only_matters(self) -> bool:
        """Whether it is for severities alone that have an index of their own."""
        kinds = self.wanted.change_types
        return bool(kinds) and set(_MATTER).issuperset(kinds)

    @property
    def is_indexed(self) -> bool:
        """Whether an index by time leads to the viewer's own changes alone."""
        return self.viewer.is_admin or (self.by_owner and self.wanted.site_id is None)

    @property
    def is_selective(self) -> bool:
        """Whether far fewer may be found than an index leads to."""
        leads = self.is_indexed or self.wanted.site_id is not None
        rows = self.of_any_severity if self.only_matters else self
        return not leads or self.is_of_some_sites or bool(rows.on_rows(ContentUpdate))

    def on_index(self, change: Any) -> list[ColumnElement[bool]]:
        """The conditions that an index by time answers."""
        found: list[ColumnElement[bool]] = []
        if self.wanted.site_id is not None:
            found.append(change.site_id == self.wanted.site_id)
        elif self.by_owner and not self.viewer.is_admin:
            found.append(change.owner_id == self.viewer.user_id)
        if self.wanted.since is not None:
            found.append(change.detected_at >= self.wanted.since)
        return found

    def on_rows(self, change: Any) -> list[ColumnElement[bool]]:
        """The conditions that each change is asked for."""
        found: list[ColumnElement[bool]] = []
        if self.wanted.change_types:
            found.append(change.change_type.in_(self.wanted.change_types))
        if self.wanted.category is not None:
            found.append(change.category == self.wanted.category)
        if self.wanted.only_significant:
            found.append(change.is_significant)
        return found

    def on_site(self, change: Any) -> list[ColumnElement[bool]]:
        """The conditions that the site of each change is asked for."""
        found: list[ColumnElement[bool]] = []
        if not self.is_indexed:
            found.append(is_visible(MonitoredSite.owner_id, self.viewer))
        if self.wanted.tags:
            found.append(has_any_tag(MonitoredSite.tags, self.wanted.tags))
        if self.wanted.only_unseen:
            found.append(is_unseen(change))
        return found


def is_unseen(change: Any) -> ColumnElement[bool]:
    """Whether a change came after what was seen of its site."""
    unseen: ColumnElement[bool] = and_(
        MonitoredSite.deleted_at.is_(None), change.detected_at > MonitoredSite.seen_at
    )
    return unseen
