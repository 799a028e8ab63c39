"""Why there is no page to take, in words for its owner."""

from __future__ import annotations

from playwright.async_api import Error
from playwright.async_api import TimeoutError as TooLateError

from daemon.browser.messages import Reason


class RefusedError(Exception):
    """There is no page to take; the reason, and words for its owner."""

    def __init__(self, reason: Reason, detail: str, url: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.url = url
        self.is_failed_login = False
        self.has_logged_in = False
        self.storage = ""
        self.picture = b""


class StuckError(Exception):
    """The browser does not even open a page: it is stuck, and whose page it was does not matter."""


def is_an_end(error: Error) -> bool:
    """Whether the browser, or what shows the page in it, has ended."""
    said = error.message.partition("\n")[0]
    return "crash" in said.lower() or "has been closed" in said


def refusal_of(error: Error, url: str) -> RefusedError:
    """A refusal in words of our own, from those of the library."""
    said = error.message.partition("\n")[0]
    if isinstance(error, TooLateError):
        return RefusedError("timeout", "the page did not finish in time", url)
    if is_an_end(error):
        return RefusedError("crashed", "the browser gave this page up", url)
    if "Download is starting" in said:
        return RefusedError("no_page", "it is no page but a file to be saved (a download)", url)
    if "net::" in said:
        code = said.partition("net::")[2].split()[0].rstrip(",.;:")
        return RefusedError("navigation", f"the browser could not open it: {code}", url)
    return RefusedError("internal", said[:300], url)
