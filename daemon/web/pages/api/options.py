"""Describes the options of sites and products, by the models of the file, which validate them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from daemon.config import SiteConfig
from daemon.config.products import ProductConfig
from daemon.operations.editing import PRODUCT_OPTIONS, SITE_OPTIONS
from daemon.web.asked.fields import PRODUCT, SITE
from daemon.web.pages.api.changing import NEW_PRODUCT, NEW_SITE

_MODEL_WORDS = ("title", "default")  # of no use to a reader
# As the forms of the pages say it; `url` and `urls` are addresses of pages, whatever else they are.
_WORDS = {
    one.name: ": ".join(filter(None, (one.label, one.hint)))
    for section in (*PRODUCT, *SITE)
    for one in section.asked
}
_ADDRESSES: Mapping[str, dict[str, Any]] = {
    "url": {"type": "string", "format": "uri"},
    "urls": {"type": "array", "items": {"type": "string", "format": "uri"}},
}


def _options(
    model: type[BaseModel], names: Collection[str], told: str, **more: Any
) -> dict[str, Any]:
    """The schema of an object with some of the options of a model; null is as usual."""
    known = {**model.model_json_schema()["properties"], **_ADDRESSES}
    return {
        "type": "object",
        "description": told,
        "additionalProperties": False,
        "properties": {name: _told(name, _or_null(known[name])) for name in names},
        **more,
    }


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in schema.items() if key not in _MODEL_WORDS}
    null = {"type": "null"}
    if (several := plain.get("anyOf")) is None:
        return {"anyOf": [plain, null]}
    return {**plain, "anyOf": several if null in several else [*several, null]}


def _told(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": _WORDS[name], **schema} if name in _WORDS else dict(schema)


_SITE = {"url": "https://example.org/fees", "check_frequency": "2h", "include": ["main"]}
_PRODUCT = {"url": "https://shop.example.org/kettle", "target_price": "79.90", "currency": "EUR"}


@cache
def options() -> Mapping[str, dict[str, Any]]:
    """The schemas by their names; they take some milliseconds, and nothing else needs them."""
    return {
        "NewSite": _options(
            SiteConfig,
            NEW_SITE,
            "A page to watch, with the options of a [[site]].",
            required=["url"],
            examples=[_SITE],
        ),
        "SiteOptions": _options(
            SiteConfig,
            SITE_OPTIONS,
            "Options of a site; null makes one as usual.",
            examples=[{"name": "Fees", "hours": "08:00-18:00", "include": None}],
        ),
        "NewProduct": _options(
            ProductConfig,
            NEW_PRODUCT,
            "A product to follow at `url` or `urls`, with the options of a [[product]].",
            anyOf=[{"required": ["url"]}, {"required": ["urls"]}],
            examples=[_PRODUCT],
        ),
        "ProductOptions": _options(
            ProductConfig,
            PRODUCT_OPTIONS,
            "Options of a product; null makes one as usual.",
            examples=[{"target_price": "70", "drop_percent": None}],
        ),
    }
