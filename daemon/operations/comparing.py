"""Operations that compare states of a site: those of a change, or any two."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from daemon.model.errors import AmbiguousError, ConflictError, ExtractError, NotFoundError
from daemon.model.viewer import Viewer
from daemon.operations.changes import ComparedStates as ComparedStates
from daemon.operations.changes import WholeChange, difference_of
from daemon.packing import Packed, content_hash
from daemon.sandbox.messages import PatchJob, ShowJob
from daemon.sandbox.pool import Sandbox
from daemon.store.catalogue.ratings import opinions_of
from daemon.store.core.database import Database, DatabaseSession
from daemon.store.queue.notices_by_hand import notices_of
from daemon.store.views import compared as views
from daemon.store.views.compared import StateHead as StateHead
from daemon.store.views.states import states_by_id

if TYPE_CHECKING:  # for annotations alone: only a worker compares
    from daemon.display.differences import Layout as Layout

_KEPT = 64  # layouts
_KEPT_BYTES = 4 << 20  # of all of them together
_NO_TEXT = Packed("", 0, b"")

Key: TypeAlias = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class LayoutOptions:
    """How to lay out a difference: by `words`, by `lines` or side by side, with some context."""

    form: str = "words"
    context: int = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of a site and their difference.

    Shape: `problem` says why it cannot be made. The layout is then that of the difference that was
           recorded with a change, as where a state is no longer kept; None where nothing was.
    """

    before: StateHead | None
    after: StateHead | None
    layout: Layout | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SiteComparison:
    """Any two states of a site, compared."""

    site_id: UUID
    site_name: str
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class ComparedChange:
    """A change in full, with its difference, and the changes of its site around it."""

    whole: WholeChange
    comparison: Comparison
    previous_id: UUID | None
    next_id: UUID | None
    is_unseen: bool
    is_of_removed_site: bool


class Comparer:
    """Has differences laid out by document workers, and keeps the last 64, up to 4 MiB.

    Shape: one at a time, so that checks wait for one of them at the most. The workers may be
           others each time, as they are after a change of the configuration.
    """

    def __init__(self, sandbox: Callable[[], Sandbox]) -> None:
        self._sandbox = sandbox
        self._turn = asyncio.Semaphore(1)
        self._kept: OrderedDict[Key, Layout] = OrderedDict()
        self._bytes = 0

    def known(self, key: Key) -> Layout | None:
        """The layout of these texts, if it is kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    async def show(self, key: Key, job: ShowJob) -> Layout:
        """The layout of these texts.

        Errors: ExtractError for damaged texts, or a machine that is too busy.
        """
        async with self._turn:
            layout = self.known(key) or await self._sandbox().show(job)
            self._keep(key, layout)
        return layout

    def _keep(self, key: Key, layout: Layout) -> None:
        if key not in self._kept:
            self._bytes += layout.memory_bytes
        self._kept[key] = layout
        while len(self._kept) > _KEPT or self._bytes > _KEPT_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.memory_bytes

    async def patch(self, job: PatchJob) -> str:
        """The difference as a patch.

        Errors: ExtractError, likewise.
        """
        async with self._turn:
            return await self._sandbox().patch(job)


async def change_in_full(
    database: Database,
    viewer: Viewer,
    comparer: Comparer,
    change_id: UUID,
    options: LayoutOptions = LayoutOptions(),
) -> ComparedChange:
    """The change with this id, with its difference, analyses, ratings and notifications.

    Errors: NotFoundError.
    """
    async with database.reading() as session:
        found = await views.change_with_states(session, viewer, change_id)
        if found is None:
            raise NotFoundError("change", str(change_id))
        analyses, ratings = await opinions_of(session, viewer, change_id)
        notices = await notices_of(session, viewer, change_id)
    comparison = Comparison(found.before, found.after)
    if found.before is not None and found.after is not None:
        states = (found.before, found.after)
        comparison = await _compared(database, viewer, comparer, states, options)
    if comparison.layout is None and found.detail.raw_content:
        comparison = await _recorded(comparer, comparison, found.detail.raw_content, options)
    return ComparedChange(
        WholeChange(found.detail, analyses, ratings, notices),
        comparison,
        found.previous_id,
        found.next_id,
        found.is_unseen,
        found.is_of_removed_site,
    )


async def compare_states(
    database: Database,
    viewer: Viewer,
    comparer: Comparer,
    ids: tuple[UUID, UUID],
    options: LayoutOptions = LayoutOptions(),
) -> SiteComparison:
    """Two states of one site, in the given order.

    Errors: NotFoundError for a state that the viewer does not have; ConflictError for states of
            two sites.
    """
    name, before, after = await _two_states(database, viewer, ids)
    comparison = await _compared(database, viewer, comparer, (before, after), options)
    return SiteComparison(before.site_id, name, comparison)


@dataclass(frozen=True, slots=True)
class StatesDiff:
    """How two states of a site differ, in lines."""

    site_name: str
    difference: ComparedStates


async def diff_of_states(database: Database, viewer: Viewer, words: tuple[str, str]) -> StatesDiff:
    """How two states of one site differ, each named by its id or a part of it, in this order.

    Errors: NotFoundError, AmbiguousError; ConflictError for states of two sites, and for one whose
            text cannot be read.
    """
    async with database.reading() as session:
        ids = [await _state_named(session, viewer, word) for word in words]
    name, *heads = await _two_states(database, viewer, (ids[0], ids[1]))
    async with database.reading() as session:
        found = await states_by_id(session, viewer, ids)
    try:
        # As seen then, and not when the site was last in them.
        before, after = (replace(found[one.id], seen_at=one.first_seen_at) for one in heads)
        return StatesDiff(name, difference_of(before, after))
    except (KeyError, ValueError) as exc:
        problem = f"what is stored of it cannot be read: {exc}"
        raise ConflictError("state", " ".join(words), problem) from exc


async def _state_named(session: DatabaseSession, viewer: Viewer, word: str) -> UUID:
    found = await views.find_states(session, viewer, word)
    if not found:
        raise NotFoundError("state", word)
    if len(found) > 1:
        raise AmbiguousError("state", word, [str(one) for one in found])
    return found[0]


async def patch_of_states(
    database: Database, viewer: Viewer, comparer: Comparer, ids: tuple[UUID, UUID]
) -> str:
    """The difference of two states as a patch of their texts; empty when these are equal.

    Errors: NotFoundError, ConflictError, as for comparing them; ExtractError for damaged texts.
    """
    _, *states = await _two_states(database, viewer, ids)
    return await _patched(database, viewer, comparer, (states[0], states[1]))


async def patch_of_change(
    database: Database, viewer: Viewer, comparer: Comparer, change_id: UUID
) -> str:
    """The difference of a change as a patch of its states' texts.

    Shape:  what was recorded at the time, with a line that says so, where they cannot be read.
    Errors: NotFoundError.
    """
    async with database.reading() as session:
        found = await views.change_with_states(session, viewer, change_id)
    if found is None:
        raise NotFoundError("change", str(change_id))
    problem = "no longer kept"
    if found.before is not None and found.after is not None:
        states = (found.before, found.after)
        try:
            return await _patched(database, viewer, comparer, states)
        except ExtractError as exc:
            problem = exc.detail
    recorded = found.detail.raw_content or "nothing"
    return f"The states of this change: {problem}. This was recorded at the time:\n{recorded}\n"


async def _patched(
    database: Database, viewer: Viewer, comparer: Comparer, states: tuple[StateHead, StateHead]
) -> str:
    before, after = await _texts(database, viewer, states)
    names = f"{states[0].id}.txt", f"{states[1].id}.txt"
    return await comparer.patch(PatchJob(before, after, names))


async def _two_states(
    database: Database, viewer: Viewer, ids: tuple[UUID, UUID]
) -> tuple[str, StateHead, StateHead]:
    async with database.reading() as session:
        found = await views.state_heads(session, viewer, ids)
    for one in ids:
        if one not in found:
            raise NotFoundError("state", str(one))
    before, after = (found[one] for one in ids)
    if before.head.site_id != after.head.site_id:
        raise ConflictError(
            "state",
            str(ids[1]),
            f"one state is of the site {before.site_name!r}, the other of {after.site_name!r}: "
            "only states of one site are compared",
        )
    return before.site_name, before.head, after.head


async def _compared(
    database: Database,
    viewer: Viewer,
    comparer: Comparer,
    states: tuple[StateHead, StateHead],
    options: LayoutOptions,
) -> Comparison:
    before, after = states
    key = (before.text_hash, after.text_hash, options.form, options.context)
    layout = comparer.known(key)
    if layout is not None:
        return Comparison(before, after, layout)
    texts = await _texts(database, viewer, states)
    try:
        job = ShowJob(*texts, options.form, options.context)
        return Comparison(before, after, await comparer.show(key, job))
    except ExtractError as exc:
        return Comparison(before, after, problem=exc.detail)


async def _recorded(
    comparer: Comparer, comparison: Comparison, recorded: str, options: LayoutOptions
) -> Comparison:
    key = (content_hash(recorded.encode()), "", options.form, 0)
    job = ShowJob(_NO_TEXT, _NO_TEXT, options.form, 0, recorded)
    try:
        return replace(comparison, layout=await comparer.show(key, job))
    except ExtractError as exc:
        return replace(comparison, problem=comparison.problem or exc.detail)


async def _texts(
    database: Database, viewer: Viewer, states: tuple[StateHead, StateHead]
) -> tuple[Packed, Packed]:
    """Their texts; what is missing is empty, which a worker calls damaged."""
    async with database.reading() as session:
        found = await views.packed_texts(session, viewer, [one.id for one in states])
    before, after = (found.get(one.id, Packed(one.text_hash, 0, b"")) for one in states)
    return before, after
