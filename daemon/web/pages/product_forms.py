"""The forms of a product that no file manages: what its owner waits for, and removing it."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.display.prices import plain_amount
from daemon.model.errors import ManagedError, NameTakenError
from daemon.operations import editing, managing
from daemon.operations.products import ProductView, the_products
from daemon.web.answers import Answer, page, see_other
from daemon.web.asked.fields import PRODUCT_EDIT
from daemon.web.described import (
    NOTHING_WRONG,
    Wrong,
    WrongFormError,
    product_edit_in,
    schedule_values,
    values_of,
)
from daemon.web.request import Request


async def ask_to_edit(request: Request) -> Answer:
    """The form with what the owner of a product waits for.

    Errors: ManagedError for what the configuration manages.
    """
    view = await _by_hand(request)
    drop = view.rules.drop_percent
    values = {
        **schedule_values(view),
        "target_price": plain_amount(view.target_price, view.target_currency or view.currency),
        "drop_percent": "" if drop is None else f"{drop.normalize():f}",
    }
    return _form(view, values)


async def edit_product(request: Request) -> Answer:
    """Wait for what a form says from now on.

    Errors: ManagedError for what the configuration manages.
    """
    view = await _by_hand(request)
    try:
        edit = product_edit_in(request.config, request.form, view)
        await editing.edit_product(request.database, request.viewer, view.id, edit, request.now)
    except WrongFormError as exc:
        return _form(view, values_of(PRODUCT_EDIT, request.form), exc.wrong)
    except NameTakenError as exc:
        wrong = Wrong({"name": str(exc)})
        return _form(view, values_of(PRODUCT_EDIT, request.form), wrong)
    return see_other(f"/products/{view.id}", f"{edit.name} is changed, from its next check on")


async def ask_to_remove(request: Request) -> Answer:
    """What goes when a product is removed, before it is.

    Errors: ManagedError for what the configuration manages.
    """
    view = await _by_hand(request)
    kept_for = request.config.retention.removed.total_seconds()
    return page("product_remove.html", view=view, kept_for=kept_for)


async def remove_product(request: Request) -> Answer:
    """Follow a product at this address no longer."""
    word = str(request.id("id", "product"))
    database, viewer = request.database, request.viewer
    [one] = await managing.remove(database, viewer, "product", [word], request.now)
    return see_other("/products", f"{one.name} is removed: it is followed no longer")


async def _by_hand(request: Request) -> ProductView:
    word = str(request.id("id", "product"))
    [view] = await the_products(request.database, request.viewer, [word])
    if view.managed_by == "config":
        raise ManagedError("product", [view.name])
    return view


def _form(view: ProductView, values: Mapping[str, str], wrong: Wrong = NOTHING_WRONG) -> Answer:
    status = 200 if wrong is NOTHING_WRONG else 400
    return page(
        "edit.html",
        status,
        view=view,
        path=f"/products/{view.id}",
        sections=PRODUCT_EDIT,
        values=values,
        wrong=wrong,
        note=f"A target is in {view.target_currency}." if view.target_currency else "",
    )
