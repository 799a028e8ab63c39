"""A shop on loopback whose three pages go through the same weeks, each in its own words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

from aiohttp import web

JSON_LD = """<script type="application/ld+json">{{"@context": "https://schema.org",
"@type": "Product", "name": "Tarn kettle", "offers": {{"@type": "Offer", "price": "{price}",
"priceCurrency": "{currency}", "availability": "https://schema.org/{stock}"}}}}</script>
<h1>Tarn kettle</h1><p class="intro">Enamelled steel, safe on every hob.</p>"""
MICRODATA = """<div itemscope itemtype="https://schema.org/Product">
<h1 itemprop="name">Moor lamp</h1>
<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
<meta itemprop="priceCurrency" content="{currency}"><meta itemprop="price" content="{price}">
<link itemprop="availability" href="https://schema.org/{stock}"></div>
<p>Brass and linen, made to be repaired.</p></div>"""
PLAIN = """<h1>Fjell-Zelt</h1><div class="product-price"><span class="price">{price} €</span></div>
<p>Für drei Personen, 2,8 kg.</p><button name="add">In den Warenkorb</button>"""
WALL = """<html><head><title>Access denied</title></head><body><h1>Access denied</h1>
<p>Please verify you are a human. Your price of 1.00 EUR is waiting.</p></body></html>"""
FRAME = """<html lang="{lang}"><head><title>Shop</title></head><body><nav>Home · Shop · Basket</nav>
<main>{body}</main><footer>visit {visit}</footer></body></html>"""

OUTAGE, BLOCKED = "outage", "blocked"


@dataclass(frozen=True)
class Offered:
    """What a page says for a while."""

    price: str
    currency: str = "EUR"
    stock: str = "InStock"


Week = Offered | str


class Shop:
    """Serves the three pages as `week` says they stand."""

    def __init__(self) -> None:
        self.base = ""
        self.now: dict[str, Week] = {}
        self._visits = count(1)

    def url(self, path: str) -> str:
        return self.base + path

    async def answer(self, request: web.Request) -> web.Response:
        week = self.now.get(request.path)
        if week is None:
            raise web.HTTPNotFound
        if week == OUTAGE:
            return web.Response(status=503, text="down for a while")
        if week == BLOCKED:
            return web.Response(text=WALL, content_type="text/html")
        assert isinstance(week, Offered)
        text, lang = PAGES[request.path]
        body = text.format(price=week.price, currency=week.currency, stock=week.stock)
        # No two answers are alike, so that none can be told from the last by its bytes.
        page = FRAME.format(lang=lang, body=body, visit=next(self._visits))
        return web.Response(text=page, content_type="text/html")


PAGES = {"/kettle": (JSON_LD, "en"), "/lamp": (MICRODATA, "en"), "/zelt": (PLAIN, "de-DE")}


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_get("/{path:.*}", shop.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        shop.base = "http://{}:{}".format(*runner.addresses[0][:2])
        yield shop
    finally:
        await runner.cleanup()
