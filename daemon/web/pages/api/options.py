"""Describes the options of sites and products, by the models of the file, which validate them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from daemon.config import SiteConfig
from daemon.config.products import ProductConfig
from daemon.operations.editing import PRODUCT_OPTIONS, SITE_OPTIONS
from daemon.web.pages.api.changing import NEW_PRODUCT, NEW_SITE

_MODEL_WORDS = ("title", "default")  # of no use to a reader


def _options(
    model: type[BaseModel], names: Collection[str], told: str, **more: Any
) -> dict[str, Any]:
    """The schema of an object with some of the options of a model; null is as usual."""
    known = model.model_json_schema()["properties"]
    return {
        "type": "object",
        "description": told,
        "additionalProperties": False,
        "properties": {name: _or_null(known[name]) for name in names},
        **more,
    }


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in schema.items() if key not in _MODEL_WORDS}
    null = {"type": "null"}
    if (several := plain.get("anyOf")) is None:
        return {"anyOf": [plain, null]}
    return {**plain, "anyOf": several if null in several else [*several, null]}


OPTIONS: Mapping[str, dict[str, Any]] = {
    "NewSite": _options(
        SiteConfig, NEW_SITE, "A page to watch, with the options of a [[site]].", required=["url"]
    ),
    "SiteOptions": _options(
        SiteConfig, SITE_OPTIONS, "Options of a site; null makes one as usual."
    ),
    "NewProduct": _options(
        ProductConfig,
        NEW_PRODUCT,
        "A product to follow at `url` or `urls`, with the options of a [[product]].",
        anyOf=[{"required": ["url"]}, {"required": ["urls"]}],
    ),
    "ProductOptions": _options(
        ProductConfig, PRODUCT_OPTIONS, "Options of a product; null makes one as usual."
    ),
}
