"""Posts a message to a receiver, and says why it was not accepted."""

from __future__ import annotations

from collections.abc import Mapping

from daemon.model.errors import FetchError, NotifyError
from daemon.notify.values import Post

# Only these concern the message; all others must be fixed at the receiver or in the configuration.
_ABOUT_THE_MESSAGE = frozenset({400, 413, 415, 422})


async def deliver(post: Post, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Post a message; any status from 200 to 299 means that it was accepted.

    Errors: NotifyError.
    """
    try:
        answer = await post(url, body, headers)
    except FetchError as exc:
        raise NotifyError(f"{exc.error_class}: {exc.detail}") from exc
    if 200 <= answer.status < 300:
        return
    raise NotifyError(
        f"the receiver answered {answer.status}",
        is_permanent=answer.status in _ABOUT_THE_MESSAGE,
        retry_after_seconds=answer.retry_after_seconds,
    )
