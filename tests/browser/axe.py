"""Asks axe-core what a page keeps from people who cannot see, hear or point."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.browser.chromium import Tab

PROGRAM = Path(__file__).with_name("axe") / "axe.min.js"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

_ASK = """
axe.run().then(found => found.violations.flatMap(violation => violation.nodes.map(node =>
  `${violation.id}: ${node.target.join(" ")}: ${node.failureSummary.replace(/\\s+/g, " ")}`)))
"""


@cache
def program() -> str:
    """The source of axe-core."""
    return PROGRAM.read_text()


async def violations(tab: Tab) -> list[str]:
    """What the page in this tab does wrong as it is looked at now."""
    if not await tab.value("'axe' in globalThis"):
        await tab.value(f"{program()};0")
    found: list[str] = await tab.value(_ASK)
    return found
