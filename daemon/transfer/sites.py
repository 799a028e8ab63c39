"""Imports the sites and products of a file into the database, and exports them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from daemon.config import Config
from daemon.config.values import show_size
from daemon.model.site import SiteSpec
from daemon.model.viewer import Viewer
from daemon.operations.installation.described import owners_of, seen_by
from daemon.operations.lookup import refuse_unused
from daemon.operations.people.quotas import refuse_beyond_quota
from daemon.store.catalogue.owned import KINDS
from daemon.store.catalogue.owners import sync_owners
from daemon.store.catalogue.products import ProductSpec, add_products
from daemon.store.catalogue.sites import add_sites
from daemon.store.catalogue.specs import asked_products, asked_sites
from daemon.store.core.database import Database
from daemon.transfer.entry import Read, unreadable
from daemon.transfer.exporting import EVERYTHING, Exported, ExportOptions, export
from daemon.transfer.formats.changedetection import read_folder
from daemon.transfer.formats.known import READERS, WRITERS, format_of
from daemon.transfer.importing import Imported, choose, usable

_MOST_BYTES = 256 * 2**20
_AT_ONCE = 2000  # sites in one transaction, so that a running daemon does not wait long


def read_file(path: Path, format_: str | None) -> tuple[str, Read]:
    """The format of this file, and its entries.

    Shape:  `-` is standard input; a folder is one of changedetection.io.
    Errors: ConfigError when it cannot be read.
    """
    if path.is_dir():
        return "changedetection", read_folder(path)
    data = _bytes(path)
    name = format_ or format_of(data)
    return name, READERS[name](data)


def _bytes(path: Path) -> bytes:
    try:
        if str(path) == "-":
            return _limited(sys.stdin.buffer)
        with path.open("rb") as file:
            return _limited(file)
    except OSError as exc:
        raise unreadable(f"cannot be read: {exc.strerror}", where=str(path)) from exc


def _limited(file: BinaryIO) -> bytes:
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise unreadable(f"is larger than {show_size(_MOST_BYTES)}", "split it")
    return data


async def import_entries(
    database: Database | None,
    viewer: Viewer,
    config: Config,
    read: Read,
    defaults: Mapping[str, Any],
    now: datetime | None,
) -> Imported:
    """Store the new ones of these entries, and report the result of each.

    Shape:  without `now` nothing is written; without a database all are new. All that a
            viewer imports who is no admin becomes their own, whatever owner the file names.
    Errors: ConfigError, StoreError, QuotaError; NotFoundError for a viewer who owns nothing here.
    """
    result = Imported()
    theirs = seen_by(viewer, config)
    wanted = usable(read, theirs, defaults, result)
    sites, products = [], []
    if database is not None:
        async with database.reading() as session:
            sites = await asked_sites(session, viewer)
            products = await asked_products(session, viewer)
    choose(wanted, theirs, sites, products, result)
    if database is not None:
        await _refuse_beyond_quota(database, result)
    if database is not None and now is not None:
        await _store(database, config, result, now)
    return result


async def _refuse_beyond_quota(database: Database, result: Imported) -> None:
    """Raise when an owner who is known here would have more than they may, so that all stays out.

    Errors: QuotaError.
    """
    added: list[SiteSpec | ProductSpec] = [*result.sites]
    added += (spec for specs in result.products for spec in specs)
    await refuse_beyond_quota(database, added, new_owners=True)


async def _store(database: Database, config: Config, result: Imported, now: datetime) -> None:
    async with database.writing() as session:
        await sync_owners(session, owners_of(config))
    for sites in _parts(result.sites):
        async with database.writing() as session:
            await add_sites(session, sites, now)
    for products in _parts(result.products):
        async with database.writing() as session:
            await add_products(session, [spec for specs in products for spec in specs], now)


def _parts(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


async def export_all(
    database: Database,
    viewer: Viewer,
    config: Config,
    options: ExportOptions = EVERYTHING,
) -> Exported:
    """Export what the viewer watches.

    Errors: StoreError; NotFoundError for a viewer who owns nothing here, and for a tag that
            nothing has.
    """
    theirs = seen_by(viewer, config)
    tags, only_added = options.tags, options.only_added
    await refuse_unused(database, viewer, KINDS, tags)
    async with database.reading() as session:
        sites = await asked_sites(session, viewer, only_added=only_added, discovered=False)
        products = await asked_products(session, viewer, only_added=only_added)
    if tags:
        sites = [one for one in sites if not set(tags).isdisjoint(one.tags)]
        products = [one for one in products if not set(tags).isdisjoint(one.tags)]
    how = {"with_secrets": options.with_secrets, "with_groups": options.with_groups}
    done = export(theirs, sites, products, **how)
    if only_added:  # pasted where the types and the groups are
        done.tables = {kind: done.tables[kind] for kind in ("site", "product")}
    return done


def lines_of(exported: Exported, format_: str) -> Iterator[str]:
    """The export in this format."""
    return WRITERS[format_](exported.tables)
