"""Pages of a shop, made from the part that matters, in the frame that every shop has around it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from daemon.model.response import Document

FRAME = (Path(__file__).parent / "frame.html").read_text(encoding="utf8")
RELATED = """
<section class="related-products"><h2>You may also like</h2><ul>
<li class="product-card"><a href="/p/a"><h3>Canvas tote</h3></a><span class="price">{0}</span>
<button class="add-to-cart">Add to cart</button></li>
<li class="product-card"><a href="/p/b"><h3>Leather belt</h3></a><span class="price">{1}</span>
<button class="add-to-cart">Add to cart</button></li>
<li class="product-card"><a href="/p/c"><h3>Wool scarf</h3></a><span class="price">{2}</span>
<button class="add-to-cart">Add to cart</button></li></ul></section>
"""


def shop_page(
    main: str,
    *,
    title: str = "Lamp",
    head: str = "",
    lang: str = "en",
    related: tuple[str, str, str] | None = None,
) -> str:
    """A whole page around `main`: header with an empty cart, menu, related things, footer."""
    beside = RELATED.format(*related) if related else ""
    language = f' lang="{lang}"' if lang else ""
    parts = {"language": language, "title": title, "head": head, "main": main, "beside": beside}
    page = FRAME
    for name, part in parts.items():
        page = page.replace(f"@{name}@", part)
    return page


def document(html: str | bytes, url: str = "https://www.shop.example/p/lamp") -> Document:
    """The page as the fetcher hands it over."""
    body = html if isinstance(html, bytes) else html.encode()
    return Document(body, "text/html", None, url)


def cases(name: str) -> dict[str, dict[str, Any]]:
    """The cases of a file beside this one, by name."""
    listed = tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf8"))["case"]
    return {case["name"]: case for case in listed}
