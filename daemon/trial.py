"""The templates of a configuration in; nothing out when each can be filled, or all that cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from daemon.config import Config
from daemon.errors import UNPLACED, ConfigError, ExtractError, Fault
from daemon.model import ErrorClass
from daemon.routes.values import DIGEST
from daemon.sandbox.messages import FillJob

if TYPE_CHECKING:  # for annotations alone: most configurations have no template
    from daemon.config import NotifyConfig
    from daemon.notify.values import Message
    from daemon.sandbox.pool import Sandbox

_HINT = (
    "what not every kind has is asked for first: "
    '{% if reasons %}{{ reasons[0] }}{% endif %}, {{ summary | default("") }}'
)


async def refuse_unfillable(config: Config) -> None:
    """Every template is filled once with a sample of each kind that its place takes.

    Shape:  in a process with the limits that documents have, so that one without end is ended.
    Errors: ConfigError with a fault for each template that fails, without a line.
    """
    if not any(one.template for one in config.notify):
        return
    from daemon.app import sandbox_of

    async with sandbox_of(config) as sandbox:
        faults = [
            fault
            for index, one in enumerate(config.notify)
            if one.template and (fault := await _fault(sandbox, index, one))
        ]
    if faults:
        raise ConfigError(faults)


async def _fault(sandbox: Sandbox, index: int, place: NotifyConfig) -> Fault | None:
    from daemon.sender import template_facts

    for message in _samples(place):
        try:
            await sandbox.fill(FillJob(str(place.template), template_facts(message)))
        except ExtractError as exc:
            # A machine too busy to try it says nothing about a template.
            if exc.error_class is not ErrorClass.OVERLOAD:
                why = exc.detail.replace("the document", "it")
                problem = f"cannot be filled with a notice of kind {message.kind}: {why}"
                hint = _HINT if "UndefinedError" in why else ""
                return Fault(UNPLACED, f"notify[{index}].template", problem, hint)
    return None


def _samples(place: NotifyConfig) -> Iterator[Message]:
    from daemon.notify.samples import sample_of

    # Several notices may become one message on every place.
    for kind in (*place.kinds, DIGEST):
        yield sample_of(kind, place.name, str(place.owner))
