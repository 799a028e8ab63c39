"""What it means that a page answers with another status, where its owner watches these."""

from __future__ import annotations

from http import HTTPStatus

from daemon.model.change import ChangeType, Finding, Reason

_SURE = 0.99
_ANALYSER = "status/1"


def status_text(status: int) -> str:
    """A status as the state of a page: "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def published(status: str, words: str) -> Finding:
    """The finding for a page that answers with its content, and did not before."""
    shown = f": “{words}”" if words else ""
    return _finding(f"The page is there now{shown} (it answered {status})")


def answers(status: str, was: str) -> Finding:
    """The finding for a page that answers with a status, and with something else before."""
    before = f" (it was “{was}”)" if was else ""
    return _finding(f"The page answers {status}{before}")


def _finding(said: str) -> Finding:
    reason = Reason("status", 0.0, "its owner watches the status of its answers")
    return Finding(
        ChangeType.MAJOR,
        is_significant=True,
        confidence_score=_SURE,
        category="status",
        summary=f"{said}.",
        reasons=(reason,),
        analyser=_ANALYSER,
        conditions=(said,),
    )
