"""Tries a configuration out: unusable destinations, failing templates, doubts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon.alerting.values import DIGEST
from daemon.config import Config
from daemon.logs.logger import get_logger
from daemon.model.errors import UNPLACED, ConfigError, ExtractError, Fault
from daemon.model.status import ErrorClass
from daemon.model.viewer import DAEMON
from daemon.operations.installation.configuration import doubts_beside
from daemon.sandbox.messages import FillJob
from daemon.store.core.database import Database

if TYPE_CHECKING:  # for annotations only: most configurations have no template
    from daemon.config import NotifyConfig
    from daemon.notify.values import Message
    from daemon.sandbox.pool import Sandbox

log = get_logger(__name__)

_TOLD_DOUBTS = 20
_HINT = (
    "what not every kind has is asked for first: "
    '{% if reasons %}{{ reasons[0] }}{% endif %}, {{ summary | default("") }}'
)


async def tell_doubts(
    config: Config, database: Database, place: Callable[[ConfigError], ConfigError]
) -> None:
    """Log what is probably unintended; `place` finds the lines.

    Errors: StoreError.
    """
    if not (found := await doubts_beside(database, DAEMON, config)):
        return
    for fault in place(ConfigError(found)).faults[:_TOLD_DOUBTS]:
        said = {"where": fault.where, "key": fault.key_path}
        log.warning("config_doubtful", **said, reason=fault.problem, hint=fault.hint)
    if len(found) > _TOLD_DOUBTS:
        log.warning("config_more_doubtful", count=len(found) - _TOLD_DOUBTS)


async def refuse_untellable(config: Config) -> None:
    """Check that every destination has a usable channel, and a template that can be filled.

    Errors: ConfigError with all its faults, without lines.
    """
    faults = await asyncio.to_thread(lambda: list(_unreachable(config)))
    try:
        await refuse_unfillable(config)
    except ConfigError as exc:
        faults += exc.faults
    if faults:
        raise ConfigError(faults)


def _unreachable(config: Config) -> Iterator[Fault]:
    for index, one in enumerate(config.notify):
        if one.is_foreign:
            from daemon.notify.schemes import problem_with

            if found := problem_with(one.url.get_secret_value()):
                yield Fault(UNPLACED, f"notify[{index}].url", *found)


async def refuse_unfillable(config: Config) -> None:
    """Fill every template once with a sample of each kind that its destination receives.

    Shape:  in a process with the limits of documents, so that an endless one is killed.
    Errors: ConfigError with a fault for each template that fails, without a line.
    """
    if not any(one.template for one in config.notify):
        return
    from daemon.sandbox.pool import Sandbox

    async with Sandbox(config.documents) as sandbox:
        faults = [
            fault
            for index, one in enumerate(config.notify)
            if one.template and (fault := await _fault(sandbox, index, one))
        ]
    if faults:
        raise ConfigError(faults)


async def _fault(sandbox: Sandbox, index: int, place: NotifyConfig) -> Fault | None:
    from daemon.runtime.sender import template_facts

    for message in _samples(place):
        try:
            await sandbox.fill(FillJob(str(place.template), template_facts(message)))
        except ExtractError as exc:
            # Failing on an overloaded machine says nothing about a template.
            if exc.error_class is not ErrorClass.OVERLOAD:
                why = exc.detail.replace("the document", "it")
                problem = f"cannot be filled with a notice of kind {message.kind}: {why}"
                hint = _HINT if "UndefinedError" in why else ""
                return Fault(UNPLACED, f"notify[{index}].template", problem, hint)
    return None


def _samples(place: NotifyConfig) -> Iterator[Message]:
    from daemon.notify.samples import sample_of

    # Any destination may receive several notices as one message.
    for kind in (*place.kinds, DIGEST):
        yield sample_of(kind, place.name, str(place.owner))
