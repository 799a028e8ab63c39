"""What `sites add` and `products add` have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure
from daemon.cli.terminal.show import hint
from daemon.display.times import utc_now, weekday_time

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config, SiteConfig
    from daemon.config.products import ProductConfig
    from daemon.model.site import Rules
    from daemon.operations.managing import Added


def added(
    config: Config, add: Callable[..., Awaitable[Added]], described: Any, **options: bool
) -> Added:
    """Add to the database, which is created if there is none.

    Errors: Failure for a name that is taken.
    """
    from daemon.model.errors import NameTakenError
    from daemon.operations.installation.opening import asked, prepare

    prepare(config)
    try:
        return asyncio.run(asked(config, add, config, described, utc_now(), **options))
    except NameTakenError as exc:
        raise Failure(f"{exc}; take another --name", exits.USAGE, exc) from exc


def tell_shared(names: Sequence[str]) -> None:
    """Say that the new sites share pages that are fetched already."""
    if names:
        hint(f"its page is fetched once, for it and {', '.join(map(repr, names))}")


def tell_not_installed(rules: Rules) -> None:
    """Say which languages of these rules have no library: checks will fail until they have."""
    from daemon.extract.languages.extra import INSTALL, missing_languages

    for language in missing_languages(rules):
        hint(f"{language} needs a library that is not installed: {INSTALL}")


def tell_unkept(config: Config, described: SiteConfig | ProductConfig) -> None:
    """Say where it cannot be checked as often as was asked for, as `config check` does."""
    from daemon.config.doubts.frequencies import unkept_timing
    from daemon.model.request import timing_in

    for flaw in unkept_timing((), timing_in(described), described.renderer, config):
        hint(f"{flaw.path[-1]} {flaw.problem}")


def tell_first_check(config: Config, described: SiteConfig | ProductConfig) -> None:
    """Say when the first check is, if it waits for the hours of what was added."""
    from daemon.operations.trying import opens_at

    if (opens := opens_at(config, described, utc_now())) is not None:
        hint(f"first check {weekday_time(opens)}: its hours begin then")
