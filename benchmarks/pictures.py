"""Takes the pictures of README.md and docs/pages.md: the demonstration, as a browser shows it.

    python benchmarks/pictures.py [--into docs/pictures]

Runs `changelogger demo --web` until most of its changes have come, opens the pages in headless
Chromium (Debian's package) and writes a picture of each. Their font is Inter where it is installed
(Debian: fonts-inter), as a desktop has a better one than a server. It takes a minute, and needs the
environment that `./run` or `./test` makes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.chromium import Tab, running  # noqa: E402

WIDTH, HEIGHT = 1200, 720
TELEPHONE = 390
CHANGES = 16  # of the demonstration, enough for a page
PATIENCE_SECONDS = 120
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir>
<alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
</fontconfig>"""
LISTS = (
    ("today", "/", "light", WIDTH),
    ("telephone", "/", "dark", TELEPHONE),
    ("sites", "/sites", "light", WIDTH),
)
ROWS = (("change", "/changes", "dark"), ("product", "/products", "light"))
# A browser with a mouse: without a screen, Chromium says that it has none.
MOUSE = "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4"
# The address of what the first row shows, or a row of which more can be seen.
ROW = """
(rows => (rows.find(row => /terms of service.*Replaced .ninety/s.test(row.textContent)) ?? rows[0])
  .querySelector("[data-open]").href)([...document.querySelectorAll("main [data-row]")])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the pictures of the documents.")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "pictures")
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="changelogger-pictures-") as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(FONTS.format(cache=folder))
        os.environ["FONTCONFIG_FILE"] = str(fonts)
        pictures = asyncio.run(taken(Path(folder) / "profile"))
    for name, picture in pictures.items():
        (into / f"{name}.webp").write_bytes(picture)
        print(f"{name}.webp: {len(picture) / 1000:.0f} kB")


async def taken(profile: Path) -> Mapping[str, bytes]:
    """The pictures by their names."""
    pictures: dict[str, bytes] = {}
    async with (
        demonstration() as address,
        running(profile, MOUSE) as browser,
        browser.tab() as tab,
    ):
        for name, path, scheme, width in LISTS:
            await look(tab, scheme, width)
            await tab.open(address + path)
            pictures[name] = await tab.picture("webp")
        for name, path, scheme in ROWS:
            await look(tab, scheme, WIDTH)
            await tab.open(address + path)
            await tab.open(await tab.value(ROW))
            pictures[name] = await tab.picture("webp")
    return pictures


async def look(tab: Tab, scheme: str, width: int) -> None:
    await tab.look(width=width, height=HEIGHT, scheme=scheme, density=1.5)


@asynccontextmanager
async def demonstration() -> AsyncIterator[str]:
    """The address of the demonstration's pages, once most of its changes have come."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "daemon", "demo", "--web", "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        address, changes = "", 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while changes < CHANGES:
                said = json.loads(await process.stdout.readline())
                address = said.get("pages_at", address)
                changes += "pages_at" not in said
        yield address
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    main()
