"""Offers a browser for pages that show nothing of what is wanted without one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from daemon.browser.at_hand import browser_at_hand
from daemon.browser.service.binaries import NoBrowserError
from daemon.cli.commands.process.glance import show_glance
from daemon.cli.terminal.report import AS_SENT
from daemon.cli.terminal.show import Clean, hint
from daemon.config import Config
from daemon.config.reading.origins import Origins, origins_of
from daemon.model.outcome import Outcome, ProductOutcome, SiteOutcome
from daemon.model.page import Page
from daemon.model.reading import NOTHING_CHOSEN
from daemon.model.request import AUTO, RENDER
from daemon.pipeline.rendering import in_a_browser, reads_nothing, shows_nothing, shows_something
from daemon.runtime.check_now import CheckNow, Left
from daemon.runtime.observer import Observer
from daemon.wording import listed

_OPTION = f'render = "{RENDER[AUTO]}"'
_NAMED = 5


class BrowserOffer(Observer):
    """Collects the pages that show nothing as they are sent, and says what reads them.

    Shape: of pages that are read once a browser shows what it makes of them; of what is watched
           the place is named where the option is to be written.
    """

    def __init__(self, config: Config, file: Path | None, clean: Clean) -> None:
        self._config = config
        self._file = file
        self._clean = clean
        self._pages: list[Page] = []
        self._watched: list[tuple[str, str]] = []  # "site" or "product", and its name

    def on_checked(self, outcome: Outcome) -> None:
        """Keep what is watched and was never read."""
        if not shows_nothing(outcome):
            return
        owned: tuple[SiteOutcome | ProductOutcome, ...] = (*outcome.sites, *outcome.products)
        self._watched += [_named(one) for one in owned if reads_nothing(one) and _is_unread(one)]

    def on_read_once(self, outcome: Outcome) -> None:
        """Keep a page that is not watched."""
        if shows_nothing(outcome):
            self._pages.append(outcome.page)

    async def show_rendered(self, now: CheckNow, options: str) -> Sequence[Left]:
        """Show what a browser makes of pages that are not watched; `options` were tried out."""
        if not self._pages:
            return ()
        hint(f"\n{AS_SENT}")
        pages = [in_a_browser(page) for page in self._pages]
        try:
            async with browser_at_hand(self._config.browser, self._file) as socket:
                section = self._config.browser.model_copy(update={"socket": str(socket)})
                config = self._config.model_copy(update={"browser": section})
                hint("With a browser:")
                return await replace(now, config=config).read_once(
                    pages, lambda outcome: self._show(outcome, options)
                )
        except NoBrowserError as exc:
            hint(f"With a browser, `{_OPTION}` reads such pages (docs/rendering.md): {exc}")
            return ()

    def tell_of_sites(self) -> None:
        """Say of what is watched which option reads it, and where it belongs."""
        if not self._watched:
            return
        origins = origins_of(self._config, self._file, os.environ)
        named = [self._with_place(origins, *one) for one in self._watched]
        told = f"{listed(named, _NAMED)}: {AS_SENT} With a browser, `{_OPTION}` reads such pages"
        how = "" if self._config.browser.socket else "; docs/rendering.md says how to set one up"
        hint(f"{told}{how}.")

    def _show(self, outcome: Outcome, options: str) -> None:
        asked = f"{options} --render {RENDER[AUTO]}"
        show_glance(outcome, self._clean, asked, as_json=False)
        if shows_something(outcome):
            hint(f"or in the file, in its [[site]]: {_OPTION}")
        elif outcome.error_class is None:
            hint("with a browser it shows nothing of this either")

    def _with_place(self, origins: Origins, kind: str, name: str) -> str:
        where = origins.of(kind, name, "render") or origins.table(kind, name)
        return f"{self._clean.line(name)} ({where})" if where else self._clean.line(name)


def _named(one: SiteOutcome | ProductOutcome) -> tuple[str, str]:
    if isinstance(one, SiteOutcome):
        return "site", one.site.name
    return "product", one.product.name


def _is_unread(one: SiteOutcome | ProductOutcome) -> bool:
    """Whether nothing was read before either: what was there has gone for another reason."""
    if isinstance(one, SiteOutcome):
        return one.site.text_hash in (None, NOTHING_CHOSEN)
    return one.product.state is None
