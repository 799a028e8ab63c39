"""Keeps secrets encrypted under the newest key, and pages findable by those of their requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol, TypeVar

from sqlalchemy import Row, Text, and_, cast, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from daemon.logs.logger import get_logger
from daemon.model.errors import SealedError
from daemon.model.request import Request
from daemon.store.core.advisory_lock import take_turn
from daemon.store.core.chunks import chunks
from daemon.store.core.requests import (
    COOKIE_COLUMNS,
    REQUEST_COLUMNS,
    columns_of,
    columns_of_cookies,
    cookies_of,
    keyring_of,
    request_if_any,
    request_key,
    with_page_key,
)
from daemon.store.record.sealed.addresses import (
    closed_addresses,
    forget_closed_addresses,
    renew_addresses,
)
from daemon.store.record.signing_key import drop_closed_signing_key, renew_signing_key
from daemon.store.sealing.keyring import Keyring
from daemon.store.tables import MonitoredSite, Page, Product

log = get_logger(__name__)

_PAGE = (Page.id, Page.url, Page.request_key, *REQUEST_COLUMNS, *COOKIE_COLUMNS)
_NO_KEY = (
    "the key that secrets are encrypted under is not here: give it in [database] encryption_key, "
    "or see `changelogger db reencrypt --help`"
)
_Pages = Mapping[tuple[str | None, str, str], str]  # their keys, by owner, name and URL


class Described(Protocol):
    """What a site and a product have in common, as their owners describe them."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def owner_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def request(self) -> Request: ...


_Spec = TypeVar("_Spec", bound=Described)


@dataclass(frozen=True, slots=True)
class Seals:
    """How many requests, and addresses of destinations, were encrypted anew.

    Shape: `closed` are the keys of others, which are not here.
    """

    renewed: int = 0
    closed: tuple[str, ...] = ()
    addresses: int = 0


async def sealable(session: AsyncSession, specs: Sequence[_Spec]) -> list[_Spec]:
    """The specs with the keys of their pages, ready to be stored; a missing key is made.

    Shape:  what cannot be decrypted here stays with its page: its key may come back.
    Errors: SealedError when there are secrets to encrypt, and no key may be made.
    """
    found = await keyed(session, specs)
    if all(spec.request.page_key for spec in found if spec.request.has_secrets):
        return found
    await have_key(session)
    return await keyed(session, specs)


async def keyed(session: AsyncSession, specs: Sequence[_Spec]) -> list[_Spec]:
    """The specs with the keys of their pages, as far as there is a key."""
    if not any(spec.request.has_secrets for spec in specs):
        return list(specs)
    keyring = keyring_of(session)
    closed = await _closed_pages(session, keyring)
    return [
        replace(spec, request=_keyed(spec, keyring, closed)) if spec.request.has_secrets else spec
        for spec in specs
    ]


def _keyed(spec: Described, keyring: Keyring, closed: _Pages) -> Request:
    known = closed.get((spec.owner_id, spec.name, spec.request.url))
    if known is not None:
        return replace(spec.request, page_key=known)
    return with_page_key(spec.request, keyring) if keyring.ids else spec.request


async def _closed_pages(session: AsyncSession, keyring: Keyring) -> _Pages:
    """The pages whose key is not here, by owner, name and URL of what is watched."""
    is_closed = and_(Page.sealed_by.is_not(None), Page.sealed_by.not_in(keyring.ids))
    found: dict[tuple[str | None, str, str], str] = {}
    for owned in (MonitoredSite, Product):
        rows = await session.execute(
            select(owned.owner_id, owned.name, owned.url, Page.request_key)
            .join(Page, Page.id == owned.page_id)
            .where(is_closed, owned.deleted_at.is_(None))
        )
        found |= {(row.owner_id, row.name, row.url): row.request_key for row in rows}
    return found


async def have_key(session: AsyncSession) -> None:
    """Make sure that there is a key to encrypt with.

    Errors: SealedError when there is none, and none may be made.
    """
    if not await _has_key(session):
        raise SealedError(_NO_KEY)


async def _has_key(session: AsyncSession) -> bool:
    """Whether there is a key; one is made unless another has encrypted something already."""
    keyring = keyring_of(session)
    if keyring.ids or keyring.path is None:
        return bool(keyring.ids)
    await take_turn(session)  # else two processes could make a key each, in folders of their own
    if not await _closed_keys(session):
        keyring.make()
        log.warning("encryption_key_made", key=keyring.ids[0], file=str(keyring.path))
    return bool(keyring.ids)


async def renew_seals(session: AsyncSession) -> Seals:
    """Encrypt anew, under the newest key, what is in plain or under an older one.

    Shape:  what cannot be decrypted here stays as it is.
    Errors: SealedError when no key can be made.
    """
    await renew_signing_key(session)
    requests = await _renew_requests(session)
    if addresses := await renew_addresses(session):
        log.info("addresses_encrypted", destinations=addresses, key=keyring_of(session).ids[0])
    return Seals(requests, await _closed_keys(session), addresses)


async def _renew_requests(session: AsyncSession) -> int:
    rows = await _stale(session)
    if not rows or not await _has_key(session):
        return 0
    taken = await _taken(session, [_renewed(row, keyring_of(session))[0] for row in rows])
    for row in rows:
        key, columns = _renewed(row, keyring_of(session))
        # Where another page has been made for it meanwhile, each keeps its own.
        columns |= {} if key in taken else {"request_key": key}
        await session.execute(update(Page).where(Page.id == row.id).values(**columns))
    plain = sum(row.sealed_by is None for row in rows)
    hint = "`changelogger db vacuum` clears what they have left behind" if plain else None
    told = {"requests": len(rows), "plain": plain, "key": keyring_of(session).ids[0]}
    log.info("requests_encrypted", **told, **({"hint": hint} if hint else {}))
    return len(rows)


async def _stale(session: AsyncSession) -> list[Row[Any]]:
    keyring = keyring_of(session)
    is_plain = and_(
        Page.sealed_by.is_(None), or_(cast(Page.headers, Text) != "{}", Page.request_body != "")
    )
    older = keyring.ids[1:]
    is_stale = or_(is_plain, Page.sealed_by.in_(older), Page.cookies_by.in_(older))
    query = select(*_PAGE).where(is_stale)
    rows = await session.execute(query)
    return [row for row in rows if _opened(row, keyring)]


def _opened(row: Row[Any], keyring: Keyring) -> bool:
    request = request_if_any(row, keyring)
    is_old = request.has_secrets or row.cookies_by in keyring.ids[1:]
    return is_old and not request.sealed


def _renewed(row: Row[Any], keyring: Keyring) -> tuple[str, dict[str, Any]]:
    request = with_page_key(request_if_any(row, keyring), keyring)
    columns = columns_of(request, keyring)
    if cookies := cookies_of(row, keyring):
        columns |= columns_of_cookies(cookies, row.url, keyring)
    return request_key(request), columns


async def _taken(session: AsyncSession, keys: Iterable[str]) -> set[str]:
    taken: set[str] = set()
    for some in chunks(list(keys)):
        taken |= set(
            await session.scalars(select(Page.request_key).where(Page.request_key.in_(some)))
        )
    return taken


async def _closed_keys(session: AsyncSession) -> tuple[str, ...]:
    found = await session.scalars(
        select(Page.sealed_by)
        .where(Page.sealed_by.is_not(None), Page.sealed_by.not_in(keyring_of(session).ids))
        .distinct()
    )
    of_addresses = {key for _, key in await closed_addresses(session)}
    return tuple(sorted({*map(str, found), *of_addresses}))


async def closed_names(session: AsyncSession) -> list[str]:
    """The names of the sites, products and destinations whose secrets cannot be decrypted here."""
    closed = await _closed_pages(session, keyring_of(session))
    of_addresses = await closed_addresses(session)
    return sorted({*(name for _, name, _ in closed), *(name for name, _ in of_addresses)})


async def forget_closed(session: AsyncSession) -> list[str]:
    """Drop the secrets that cannot be decrypted here; the names of those who lose theirs.

    Shape: the configuration gives its own anew at the next synchronisation.
    """
    names = await closed_names(session)
    await drop_closed_signing_key(session)
    await session.execute(
        update(Page)
        .where(Page.sealed_by.is_not(None), Page.sealed_by.not_in(keyring_of(session).ids))
        .values(sealed=None, sealed_by=None, cookies=None, cookies_by=None)
    )
    await forget_closed_addresses(session)
    return names
