"""What a page costs: at most four statements beside the session."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import quote

import msgspec
import pytest

from daemon.lexicon.availability import Availability
from daemon.model.product import AlertIntent, AlertKind
from daemon.store import tables
from daemon.store.core.database import Database
from daemon.web.pages.api.table import PREFIX
from daemon.web.routes import ROUTES, Route
from tests.making import Rows, Statements, add_one_of_each
from tests.web.conftest import Pages

MOST_STATEMENTS = 4
ALERT = AlertIntent(
    AlertKind.PRICE_DROP, "any", Decimal(20), Decimal(25), "EUR", Availability.IN_STOCK, "1"
)
SHOWN = [route for route in ROUTES if not route.is_unsafe]


def address(route: Route, rows: Rows) -> str:
    """The address of something that is there."""
    change = rows[tables.ContentUpdate]
    ids = {
        "sites": rows[tables.MonitoredSite].id,
        "changes": change.id,
        "products": rows[tables.Product].product_id,
        "notifications": rows[tables.Notice].id,
        "before": change.after_snapshot_id,
        "after": change.after_snapshot_id,
        "host": rows[tables.Host].host,
        "date": "2026-01-01",
        "name": "app.css",
        "users": quote(rows[tables.User].id, safe=""),
        "token": "none",
        "feeds": rows[tables.MonitoredSite].id,
        "me": rows[tables.ApiToken].id,
        "destinations": rows[tables.Destination].id,
        "destination": rows[tables.Destination].id,
    }
    family = route.path.removeprefix(PREFIX).split("/")[1]
    return re.sub(r"{(\w+)}", lambda found: str(ids.get(found[1], ids.get(family))), route.path)


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.path)
async def test_a_page_takes_at_most_four_statements(
    pages: Pages, database: Database, route: Route
) -> None:
    async with database.writing() as session:
        rows = await add_one_of_each(session)
        rows[tables.PriceAlert].details = msgspec.to_builtins(ALERT)
    await pages.get("/health")  # what the head of all pages counts is kept for a while
    with Statements(pages.context.reading.engine) as sent:
        answer = await pages.get(address(route, rows))
    assert answer.status < 500
    begun = {"BEGIN", "COMMIT", "ROLLBACK"}
    assert len([one for one in sent.sent if one not in begun]) <= MOST_STATEMENTS
