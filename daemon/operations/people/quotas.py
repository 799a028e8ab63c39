"""Refuses what is beyond the limits of a user."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

from daemon.model.errors import NotFoundError, QuotaError
from daemon.model.request import Timing
from daemon.operations.installation.opening import Database
from daemon.schedule.next_check import frequency_of
from daemon.store.people.quotas import Quota, quota_of
from daemon.wording import duration

_WAY_OUT = "an admin can raise it"


class Watched(Protocol):
    """A site, or one address of a product, that is to be added."""

    @property
    def name(self) -> str: ...
    @property
    def owner_id(self) -> str: ...
    @property
    def timing(self) -> Timing: ...


async def refuse_beyond_quota(
    database: Database, added: Sequence[Watched], *, new_owners: bool = False
) -> None:
    """Raise when these would be more, or checked more often, than their owners may have.

    Shape:  each address of a product counts; `new_owners` need not be users yet.
    Errors: QuotaError; NotFoundError for an owner who is no user.
    """
    by_owner: defaultdict[str, list[Watched]] = defaultdict(list)
    for one in added:
        by_owner[one.owner_id].append(one)
    for owner_id, theirs in by_owner.items():
        async with database.reading() as session:
            quota = await quota_of(session, owner_id)
        if quota is None and not new_owners:
            raise NotFoundError("owner", owner_id)
        if quota is not None:
            _refuse_more(quota, owner_id, len(theirs))
            for one in theirs:
                _refuse_often(quota, owner_id, one.name, one.timing)


async def refuse_too_often(database: Database, owner_id: str, name: str, timing: Timing) -> None:
    """Raise when this would be checked more often than what its owner may have.

    Errors: QuotaError.
    """
    async with database.reading() as session:
        quota = await quota_of(session, owner_id)
    if quota is not None:
        _refuse_often(quota, owner_id, name, timing)


def _refuse_more(quota: Quota, owner_id: str, added: int) -> None:
    most = quota.max_sites
    if most is not None and quota.has + added > most:
        told = f"{owner_id!r} may have {most:,} sites and products, and has {quota.has:,}"
        raise QuotaError("site", owner_id, f"{told}: {added:,} more are too many; {_WAY_OUT}")


def _refuse_often(quota: Quota, owner_id: str, name: str, timing: Timing) -> None:
    shortest, every = quota.shortest_interval_seconds, frequency_of(timing).interval
    if shortest is not None and every.total_seconds() < shortest:
        told = f"{name!r} would be checked every {duration(every.total_seconds())}"
        limit = f"{owner_id!r} may have checks every {duration(shortest)} at most"
        raise QuotaError("site", name, f"{told}: {limit}; {_WAY_OUT}")
