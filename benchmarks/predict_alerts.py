"""Write the alerts that the product's own code gives for recorded pairs of product pages."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from daemon.extract.offer import OfferHint, read_offer
from daemon.model.response import Document
from daemon.prices import AlertRules, decide_alerts

_FIRST = datetime(2025, 1, 1, tzinfo=UTC)


def alert_row(case: dict[str, Any], root: Path) -> dict[str, Any]:
    """The alerts between the first page and the second, which is looked at twice if in doubt."""
    pages = [Document((root / case[key]).read_bytes(), "text/html", None, case["url"] or "")
             for key in ("before", "after")]  # fmt: skip
    first = read_offer(pages[0])
    hint = OfferHint(currency=first.currency, last_source=first.source, last_path=first.path)
    second = read_offer(pages[1], hint)
    rules = AlertRules()
    state = decide_alerts(rules, None, first, (), _FIRST).state
    decision = decide_alerts(rules, state, second, (), _FIRST + timedelta(days=1))
    if decision.looks_again:
        decision = decide_alerts(rules, decision.state, second, (), _FIRST + timedelta(days=2))
    return {
        "id": case["id"],
        "alerts": [str(alert.kind) for alert in decision.alerts],
        "old_price": None if first.price is None else str(first.price),
        "new_price": None if second.price is None else str(second.price),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("inputs", type=Path)
    parser.add_argument("labels", type=Path, help="tells which pairs are of products")
    parser.add_argument("out", type=Path)
    parser.add_argument("--root", type=Path, help="where the pages are; beside the inputs if unset")
    args = parser.parse_args()
    labels = map(json.loads, args.labels.read_text(encoding="utf8").splitlines())
    wanted = {row["id"] for row in labels if row["slice"] == "product"}
    cases = map(json.loads, args.inputs.read_text(encoding="utf8").splitlines())
    with args.out.open("w", encoding="utf8") as out:
        for case in cases:
            if case["id"] in wanted:
                row = alert_row(case, args.root or args.inputs.parent)
                out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
