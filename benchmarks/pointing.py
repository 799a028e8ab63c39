"""Whether a proposed selector still finds its element when the page has changed.

Pairs of real pages, before and after (`--root`, as for the scorer of changes): parts with a text
that both pages have once are pointed at in the first, and looked for in the second by the selector
that is proposed and, beside it, by the bare path of places that browsers' tools copy.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from parsel.csstranslator import HTMLTranslator

from daemon.extract.charset import decode
from daemon.extract.markup.roots import parse_root
from daemon.extract.proposing.selectors import Proposer, path_of
from daemon.model.response import Document

_PER_PAIR = 12
_LEAST, _MOST = 3, 200  # characters


def texts_of(root: Any) -> dict[str, Any]:
    """The elements whose own text the page has once, by it."""
    found: dict[str, list[Any]] = {}
    for one in root.iter():
        if isinstance(one.tag, str):
            own = " ".join("".join((one.text or "", *(c.tail or "" for c in one))).split())
            if _LEAST <= len(own) <= _MOST:
                found.setdefault(own, []).append(one)
    return {text: some[0] for text, some in found.items() if len(some) == 1}


def pairs(root: Path) -> Iterator[tuple[Any, Any]]:
    """The trees before and after of each pair of HTML pages."""
    for line in (root / "inputs.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        trees = []
        for side in ("before", "after"):
            file = root / one[side]["file"] if isinstance(one[side], dict) else root / one[side]
            document = Document(file.read_bytes(), "text/html", None, one.get("url", ""))
            trees.append(parse_root(decode(document).text.encode()))
        if None not in trees:
            yield trees[0], trees[1]


def finds(root: Any, selector: str, element: Any) -> bool:
    """Whether a selector chooses this element alone."""
    found = root.xpath(HTMLTranslator().css_to_xpath(selector))
    return len(found) == 1 and found[0] is element


def put_banner_over(root: Any) -> None:
    """Put one more block before all that a page shows, as with a notice or a campaign."""
    for body in root.iter("body"):
        body.insert(0, etree.Element("div"))


def main() -> None:
    """Print how many elements each of the two ways finds again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    draw = random.Random(given.seed)
    tried = exact = length = 0
    again = {"as it is": [0, 0], "below a banner": [0, 0]}
    for before, after in pairs(given.root):
        old, new = texts_of(before), texts_of(after)
        both = sorted(old.keys() & new.keys())
        proposer = Proposer(before)
        ways: list[tuple[str, str, Any]] = []
        for text in draw.sample(both, min(_PER_PAIR, len(both))):
            selector = proposer.selector_for(old[text])
            tried += 1
            exact += finds(before, selector, old[text])
            length += len(selector)
            ways.append((selector, path_of(old[text]), new[text]))
        for how, counts in again.items():
            if how == "below a banner":
                put_banner_over(after)
            for selector, path, element in ways:
                counts[0] += finds(after, selector, element)
                counts[1] += finds(after, path, element)
    print(f"{tried} parts: chosen alone {exact / tried:.3f}")
    for how, (proposed, by_path) in again.items():
        print(f"found again, {how}: proposed {proposed / tried:.3f}, path {by_path / tried:.3f}")
    print(f"characters of a selector: {length / tried:.0f}")


if __name__ == "__main__":
    main()
