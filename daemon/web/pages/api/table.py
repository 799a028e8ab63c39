"""All addresses of the interface for programs."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from daemon.model.errors import InputError, ManagedError
from daemon.model.viewer import Scope
from daemon.web.answers import Answer, Document
from daemon.web.pages.api import changing, destinations, marking, models, reading
from daemon.web.pages.api.bodies import refuse_body
from daemon.web.pages.api.holding import held, refuse_changed, where_managed
from daemon.web.request import Request

PREFIX = reading.PREFIX
Handler = Callable[[Request], Awaitable[Answer]]
_TEXTS = ("q", "cursor", "tag", "since", "channel")
_READING = {
    "sites": reading.site,
    "changes": reading.change,
    "products": reading.product,
    "notifications": reading.notification,
    "destinations": destinations.show_destination,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address for programs, what it takes, and what it answers.

    Shape: `body` is what is sent, a model or the name of one that the file's own rules make;
           `held` reads what is changed, whose ETag a program can send as If-Match.
    """

    path: str
    handler: Handler
    model: type[BaseModel] | None
    takes: tuple[str, ...] = ()
    method: str = "GET"
    body: type[BaseModel] | str | None = None
    status: int = 200

    @property
    def held(self) -> Callable[[Request], Awaitable[Document]] | None:
        """What reads the thing that is changed here, if it is one."""
        is_of_one = self.method != "GET" and "{id}" in self.path
        return _READING[self.path.split("/")[1]] if is_of_one else None

    @property
    def noun(self) -> str:
        """The noun of the thing whose id is in the path."""
        return self.path.split("/")[1].removesuffix("s")

    @property
    def answer(self) -> Handler:
        """The handler, for what is as the program knows it."""
        if self.method == "GET":
            return _refusing_blanks(self.handler)

        async def carried_out(request: Request) -> Answer:
            if self.body is None:
                refuse_body(request)
            if self.held is not None:
                # At first without a lock: what has changed long since is said before all else.
                await refuse_changed(request, self.held)
                request = held(request, self.noun, self.held)
            try:
                return await self.handler(request)
            except ManagedError as exc:
                exc.hint = await where_managed(request, exc)
                raise

        return carried_out

    @property
    def scope(self) -> Scope:
        """What a token must be for."""
        return Scope.READ if self.method == "GET" else Scope.WRITE

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return inspect.getdoc(self.handler) or ""


def _refusing_blanks(handler: Handler) -> Handler:
    """A handler that refuses a field without a value, unless any text is one."""

    async def shown(request: Request) -> Answer:
        for name in request.query.blank:
            if name not in _TEXTS:
                raise InputError(name, "", "has no value", "leave it out")
        return await handler(request)

    return shown


def _posts(path: str, handler: Handler, model: type[BaseModel], **more: Any) -> Endpoint:
    return Endpoint(path, handler, model, method="POST", **more)


_PAGE = ("cursor", "limit")
_NARROWED = ("severity", "significant", "unseen", "since")
_LIST = models.ListOf
_SITE, _PRODUCT, _DESTINATION = "/sites/{id}", "/products/{id}", "/destinations/{id}"
ENDPOINTS = (
    Endpoint("/sites", reading.sites, _LIST[models.Site], ("q", "state", "tag", *_PAGE)),
    _posts("/sites", changing.add_site, models.WholeSite, body="NewSite", status=201),
    _posts("/sites/try", changing.try_site, models.Tries, body="NewSite"),
    Endpoint(_SITE, reading.site, models.WholeSite),
    Endpoint(_SITE, changing.edit_site, models.WholeSite, method="PATCH", body="SiteOptions"),
    Endpoint(_SITE, changing.remove_site, None, method="DELETE", status=204),
    _posts(f"{_SITE}/check", changing.check_site, models.WholeSite, status=202),
    _posts(f"{_SITE}/pause", changing.pause_site, models.WholeSite),
    _posts(f"{_SITE}/resume", changing.resume_site, models.WholeSite),
    _posts(f"{_SITE}/silence", changing.silence_site, models.WholeSite, body=models.Silence),
    _posts(f"{_SITE}/unsilence", changing.unsilence_site, models.WholeSite),
    _posts(f"{_SITE}/seen", marking.mark_site_seen, models.Marked, body=models.Until),
    Endpoint(
        f"{_SITE}/changes",
        reading.changes_of_site,
        _LIST[models.ListedChange],
        (*_NARROWED, *_PAGE),
    ),
    Endpoint(f"{_SITE}/checks", reading.checks, _LIST[models.Check], _PAGE),
    Endpoint(f"{_SITE}/states", reading.states, _LIST[models.State], _PAGE),
    Endpoint("/changes", reading.changes, _LIST[models.ListedChange], (*_NARROWED, "tag", *_PAGE)),
    Endpoint("/changes/new", reading.new_changes, models.NewChanges, _PAGE),
    Endpoint("/changes/{id}", reading.change, models.WholeChange),
    Endpoint("/changes/{id}/rating", marking.rate, models.Rated, method="PUT", body=models.Rating),
    Endpoint("/changes/{id}/rating", marking.take_rating_back, models.Rated, method="DELETE"),
    _posts("/changes/{id}/seen", marking.mark_change_seen, models.Marked),
    _posts("/changes/{id}/unseen", marking.mark_change_unseen, models.Marked),
    _posts("/seen", marking.mark_all_seen, models.Marked, body=models.Until),
    _posts("/seen/undo", marking.undo, models.Undone, body=models.Undo),
    Endpoint("/products", reading.products, _LIST[models.Product], ("q", "tag", *_PAGE)),
    _posts("/products", changing.add_product, models.WholeProduct, body="NewProduct", status=201),
    _posts("/products/try", changing.try_product, models.Tries, body="NewProduct"),
    Endpoint(_PRODUCT, reading.product, models.WholeProduct),
    Endpoint(
        _PRODUCT, changing.edit_product, models.WholeProduct, method="PATCH", body="ProductOptions"
    ),
    Endpoint(_PRODUCT, changing.remove_product, None, method="DELETE", status=204),
    _posts(f"{_PRODUCT}/check", changing.check_product, models.WholeProduct, status=202),
    _posts(f"{_PRODUCT}/pause", changing.pause_product, models.WholeProduct),
    _posts(f"{_PRODUCT}/resume", changing.resume_product, models.WholeProduct),
    Endpoint(f"{_PRODUCT}/prices", reading.prices, models.Prices, ("days",)),
    Endpoint(
        "/notifications",
        reading.list_of_notifications,
        _LIST[models.Notification],
        ("status", "channel", *_PAGE),
    ),
    Endpoint("/notifications/{id}", reading.notification, models.Notification),
    _posts("/notifications/{id}/send", marking.send_notification, models.Notification),
    _posts("/notifications/{id}/drop", marking.drop_notification, models.Notification),
    Endpoint("/destinations", destinations.list_destinations, _LIST[models.Destination]),
    _posts(
        "/destinations",
        destinations.add_destination,
        models.AddedDestination,
        body=models.NewDestination,
        status=201,
    ),
    Endpoint(_DESTINATION, destinations.show_destination, models.Destination),
    Endpoint(_DESTINATION, destinations.remove_destination, None, method="DELETE", status=204),
    _posts(f"{_DESTINATION}/test", destinations.test_destination, models.Destination),
    _posts(
        f"{_DESTINATION}/confirm",
        destinations.confirm_destination,
        models.Destination,
        body=models.Code,
    ),
    Endpoint("/me", reading.me, models.Me),
    Endpoint("/status", reading.status, models.Status),
)
