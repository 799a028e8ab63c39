"""Messages between the daemon and the process that has the browser: typed, harmless to decode."""

from __future__ import annotations

from typing import Literal

import msgspec

from daemon.model.request import USUAL_BLOCK, USUAL_REQUESTS, USUAL_VIEWPORT, Resource, Step
from daemon.wording import duration

RENDER, RENDERED, REFUSED, CONNECTION, ASK, STATE = 1, 2, 3, 4, 5, 6  # types of frames
PROTOCOL = 2  # of these messages: one that one side knows and the other does not is a new number
MOST_JOB_BYTES = 1024 * 1024
MOST_ANSWER_BYTES = 128 * 1024 * 1024

# The number of an element and its place on the picture: x, y, width and height in pixels.
Box = tuple[int, int, int, int, int]
Reason = Literal[
    "unavailable",
    "navigation",
    "no_page",
    "timeout",
    "selector",
    "step",
    "too_large",
    "crashed",
    "internal",
]


class ServiceState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the process with the browser is.

    Shape: `browser` is the version of the one that runs, if one does; `shown` pages have a place,
           others are `waiting` for one; `fault` is why there is no browser, if none lasts, and
           another is tried after `again_seconds`.
    """

    protocol: int
    browser: str = ""
    shown: int = 0
    waiting: int = 0
    fault: str = ""
    again_seconds: float = 0.0


class Wait(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to wait for after the page has come: all that is named; else that it comes to rest."""

    selector: str = ""
    text: str = ""
    seconds: float = 0.0


class RenderJob(msgspec.Struct, frozen=True, omit_defaults=True):
    """One page to be shown, and the limits.

    Shape: `headers` go to the page's own origin alone; `cookies` as a Cookie header has them.
           `storage` is what an earlier page kept, where `keeps` says that it is kept;
           `pictured` is the element of which a picture is taken, if any; where it `measures`, its
           elements are marked in the document, with their places on the picture;
           `no_login_before` says until when steps of a login are not taken. One of another
           `protocol` is refused, as what it leaves unsaid might be done in silence.
    Units: `seconds` for all of it; `most_bytes` of its document.
    """

    url: str
    user_agent: str
    protocol: int = 0
    language: str = "en"
    headers: tuple[tuple[str, str], ...] = ()
    cookies: str = ""
    viewport: tuple[int, int] = USUAL_VIEWPORT
    wait: Wait = Wait()
    scrolls: int = 0
    block: tuple[Resource, ...] = USUAL_BLOCK
    steps: tuple[Step, ...] = ()
    pictured: str = ""
    measures: bool = False
    keeps: bool = False
    storage: str = ""
    no_login_before: str = ""
    verify_tls: bool = True
    seconds: float = 30.0
    most_bytes: int = 10 * 1024 * 1024
    most_requests: int = USUAL_REQUESTS


class Rendered(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page as it stood when it had been waited for.

    Shape: `headers` are those of the page's own response, lower case; `is_restless` says that it
           never came to rest; `stopped_requests` were more than the job allows. `storage` are
           its cookies and what its origins store, as the browser's driver writes them.
    """

    status: int
    url: str
    html: str
    headers: tuple[tuple[str, str], ...] = ()
    requests: int = 0
    stopped_requests: int = 0
    is_restless: bool = False
    storage: str = ""
    picture: bytes = b""
    boxes: tuple[Box, ...] = ()
    has_logged_in: bool = False


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why there is no page, in words for the owner.

    Shape: `storage` is what the page keeps all the same, such as the login that came before;
           `is_failed_login` says that a login was begun, and that nothing is kept of it.
    """

    reason: Reason
    detail: str
    url: str = ""
    is_failed_login: bool = False
    has_logged_in: bool = False
    storage: str = ""
    picture: bytes = b""


encode = msgspec.msgpack.Encoder().encode
decode_job = msgspec.msgpack.Decoder(RenderJob).decode
decode_rendered = msgspec.msgpack.Decoder(Rendered).decode
decode_refusal = msgspec.msgpack.Decoder(Refusal).decode
decode_state = msgspec.msgpack.Decoder(ServiceState).decode


def with_next_try(fault: str, seconds: float) -> str:
    """Why there is no browser, and when another is tried."""
    when = f"in {duration(seconds)}" if seconds > 0 else "now"
    return f"{fault}; another is tried {when}"


def of_two_versions(daemon: int, process: int) -> str:
    """Words for a daemon and a browser's process whose messages differ."""
    return (
        f"the browser's process and the daemon are of two versions (their messages {process} and "
        f"{daemon}): install the same one on both sides, and restart the older"
    )
