"""Says whether something may be changed: as the program knows it, and described by no file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from daemon.model.errors import ChangedError, ManagedError
from daemon.operations.installation.opening import Database, judged
from daemon.operations.sites import the_site
from daemon.web.answers import Document
from daemon.web.request import Request


async def refuse_changed(request: Request, read: Callable[[Request], Awaitable[Document]]) -> None:
    """Raise if something is no longer as the program knows it.

    Errors: NotFoundError; ChangedError.
    Source: RFC 9110 §13.1.1 (If-Match).
    """
    if request.known is None:
        return
    present = await read(request)
    if "*" not in request.known and present.mark not in request.known:
        raise ChangedError("body", request.path)


def held(request: Request, noun: str, read: Callable[[Request], Awaitable[Document]]) -> Request:
    """The request, whose change is judged once more in the transaction that makes it.

    Shape:  of several programs that know the same, one alone changes it.
    Errors: those of the change; ChangedError.
    """
    if request.known is None:
        return request

    async def judge(within: Database) -> None:
        await refuse_changed(replace(request, database=within), read)

    id_ = request.id("id", noun)
    return replace(request, database=judged(request.database, noun, id_, judge))


async def where_managed(request: Request, exc: ManagedError) -> str:
    """Where a file of the configuration describes what it manages, and how to change it."""
    lines, table = request.context.lines, ""
    if exc.kind == "site":
        view = await the_site(request.database, request.viewer, str(request.id("id", "site")))
        table = (await lines.of_site(request.config, view.name, view.owner_id)).table
    elif exc.kind == "product":
        table = await lines.of_product(request.config, exc.names[0])
    where = f", at {table}" if table else ""
    return f"change its [[{exc.kind}]] table{where}: the daemon follows that"
