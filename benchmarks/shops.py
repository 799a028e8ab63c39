"""Reads thousands of made-up product pages with known answers, and says how many come out right.

    python benchmarks/shops.py --pages 2000 --seed 1                  the half to develop with
    python benchmarks/shops.py --pages 2000 --seed 1 --half unseen    the half to measure with
    python benchmarks/shops.py --pages 50 --write FOLDER              pages and answers as files

The pages imitate the structure of common shop systems in our own markup. The halves have no shop
system in the same language, hardly a word and hardly a class in common, so that what was learnt
by heart from one half does not help in the other. Of the unseen half only totals are printed:
whoever reads its failures develops with it, and it measures nothing any more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import lxml.html

from benchmarks.shop_pages import scoring
from benchmarks.shop_pages.pages import Page, page, styles
from benchmarks.shop_pages.scoring import Row
from benchmarks.shop_pages.vocabulary import HALVES
from daemon.extract.offer import OfferHint, read_offer
from daemon.model.errors import CheckError
from daemon.model.response import Document

GROUPS = 20


def row(made: Page) -> Row:
    """The page as changelogger reads it."""
    document = Document(made.body, "text/html", "utf-8", made.url)
    begun = time.process_time()
    lxml.html.document_fromstring(made.body)
    parsed = time.process_time()
    try:
        offer = read_offer(document, OfferHint())
    except CheckError as error:
        cpu = time.process_time() - parsed
        return Row(made, None, None, "unknown", error.error_class, cpu / (parsed - begun))
    cpu = time.process_time() - parsed
    state = str(offer.availability)
    return Row(made, offer.price, offer.currency, state, offer.source or "", cpu / (parsed - begun))


def report(rows: Sequence[Row], is_open: bool) -> str:
    """The measures, and where the half may be looked at the groups that lose most."""
    lines = [f"{name:<28} {value}" for name, value in scoring.totals(rows).items()]
    lines += ["", scoring.table(scoring.by_style(rows))]
    if is_open:
        lines += ["", "Worst groups", scoring.table(scoring.worst(rows, GROUPS))]
        lines += ["", "Kinds of failures"]
        lines += [f"{count:>5}  {kind}" for kind, count in scoring.kinds(rows)]
    else:
        lines += ["", "Only totals: this half measures what nobody looked at (--look shows more)."]
    return "\n".join(lines)


def written(made: Page, folder: Path) -> None:
    """Leaves the page and its answer as files."""
    (folder / f"{made.name}.html").write_bytes(made.body)
    answer = {"url": made.url, **made.expected, "features": made.features}
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    (folder / f"{made.name}.json").write_text(text + "\n", encoding="utf8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--half", choices=HALVES, default="develop")
    parser.add_argument("--styles", help=f"some of {', '.join(styles())}, by commas")
    parser.add_argument(
        "--write", type=Path, metavar="FOLDER", help="leave the pages there, unread"
    )
    parser.add_argument("--failures", type=int, default=0, help="so many failed pages, a line each")
    parser.add_argument("--look", action="store_true", help="show the unseen half's failures too")
    args = parser.parse_args()
    args.styles = args.styles.split(",") if args.styles else list(styles())
    unknown = sorted(set(args.styles) - set(styles()))
    if unknown:
        parser.error(f"no such style: {', '.join(unknown)}; there are {', '.join(styles())}")
    return args


def main() -> None:
    args = arguments()
    made = (page(args.seed, args.half, number, args.styles) for number in range(args.pages))
    if args.write:
        args.write.mkdir(parents=True, exist_ok=True)
        for one in made:
            written(one, args.write)
        return
    row(page(args.seed, args.half, 0, args.styles))  # loads what is loaded once
    rows = [row(one) for one in made]
    is_open = args.half == "develop" or args.look
    print(report(rows, is_open))
    if is_open:
        failed = [one for one in rows if not one.is_right]
        print(*(one.failure for one in failed[: args.failures]), sep="\n")


if __name__ == "__main__":
    main()
