"""Write the product's own reading of recorded pages or price strings, one JSON row each."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from daemon.extract.offer import OfferHint, read_offer
from daemon.model.response import Document
from daemon.money.parse import parse_price


def string_row(case: dict[str, Any]) -> dict[str, Any]:
    """The reading of one price string."""
    price = parse_price(case["raw"], case.get("hint"), case.get("locale"))
    return {
        "id": case["id"],
        "amount": None if price.amount is None else str(price.amount),
        "currency": price.currency or price.symbol,
        "confidence": price.confidence,
    }


def page_row(case: dict[str, Any], root: Path) -> dict[str, Any]:
    """The reading of one recorded page."""
    hint = case.get("hint") or {}
    document = Document((root / case["file"]).read_bytes(), "text/html", None, case["url"])
    offer = read_offer(document, OfferHint(price_selector=hint.get("price_css")))
    return {
        "id": case["id"],
        "price": None if offer.price is None else str(offer.price),
        "currency": offer.currency,
        "availability": str(offer.availability),
        "confidence": offer.confidence,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--strings", action="store_true", help="the cases are price strings")
    parser.add_argument("--root", type=Path, help="where the pages are; beside the inputs if unset")
    args = parser.parse_args()
    root = args.root or args.inputs.parent
    lines = args.inputs.read_text(encoding="utf8").splitlines()
    with args.out.open("w", encoding="utf8") as out:
        for case in map(json.loads, filter(None, lines)):
            row = string_row(case) if args.strings else page_row(case, root)
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
