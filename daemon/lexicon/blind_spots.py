"""Pages that were fetched but are not the real page: a closed list of what they can be."""

from __future__ import annotations

from enum import StrEnum


class BlindSpot(StrEnum):
    """What was served in place of a page that seems to be there."""

    CHALLENGE = "challenge"
    REFUSAL = "refusal"
    ERROR_PAGE = "error_page"
    MISSING = "missing"
    LOGIN_WALL = "login_wall"
    COOKIE_WALL = "cookie_wall"
    FORWARD = "forward"
    REDIRECTED = "redirected"
    SHELL = "shell"
    EMPTY = "empty"
    SHRUNK = "shrunk"

    @property
    def words(self) -> str:
        """Its name for people, without an article."""
        return _SPOTS.get(self, self.value.replace("_", " "))


_SPOTS = {
    BlindSpot.CHALLENGE: "challenge for robots",
    BlindSpot.REFUSAL: "refusal for too many requests",
    BlindSpot.ERROR_PAGE: "error or maintenance page",
    BlindSpot.MISSING: "page-not-found page",
    BlindSpot.FORWARD: "page that only forwards",
    BlindSpot.REDIRECTED: "redirect to another page",
    BlindSpot.SHELL: "page without its content",
    BlindSpot.EMPTY: "empty page",
    BlindSpot.SHRUNK: "page that lost most of its content",
}
