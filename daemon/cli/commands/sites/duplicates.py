"""What is to be added in; who watches the same page already, out."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.cli.terminal import exits
from daemon.cli.terminal.command import Failure
from daemon.model.site import SiteSpec
from daemon.redaction import redact_text
from daemon.store.catalogue.products import ProductSpec
from daemon.store.catalogue.specs import reading_of

Specs = Sequence[SiteSpec | ProductSpec]


def watching_too(specs: Specs, others: Specs) -> list[str]:
    """The names of those for which a page of these is fetched already.

    Errors: Failure when one of them is the same but for its name.
    """
    readings = {reading_of(spec) for spec in specs}
    for other in others:
        if reading_of(other) in readings:
            raise _the_same(other)
    return list(dict.fromkeys(other.name for other in others))


def _the_same(other: SiteSpec | ProductSpec) -> Failure:
    done = "followed" if isinstance(other, ProductSpec) else "watched"
    paused = "" if other.is_active else " (paused)"
    url = redact_text(other.request.url)
    return Failure(
        f"{url} is {done} already, by the same rules, as {other.name!r}{paused}; "
        "give it other rules, or remove that one first",
        exits.USAGE,
    )


def once_for(names: Sequence[str]) -> str:
    """That a page is not fetched again for what was added."""
    return f"its page is fetched once, for it and {', '.join(map(repr, names))}"
