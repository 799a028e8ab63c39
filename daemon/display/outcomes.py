"""Says in a few words how checks end, and why they fail."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.model.status import ErrorClass, Verdict

_VERDICTS = {
    Verdict.INITIAL: "first look",
    Verdict.CHANGED: "changed",
    Verdict.UNCHANGED: "unchanged",
    Verdict.NOT_MODIFIED: "unchanged, says the server",
    Verdict.FAILED: "failed",
}
_ERRORS = {
    ErrorClass.DNS: "name not found",
    ErrorClass.CONNECT: "no connection",
    ErrorClass.TLS: "no secure connection",
    ErrorClass.TIMEOUT: "no answer in time",
    ErrorClass.PROTOCOL: "garbled answer",
    ErrorClass.TRUNCATED: "answer cut off",
    ErrorClass.ENCODING: "answer not to be unpacked",
    ErrorClass.CHARSET: "characters not to be read",
    ErrorClass.HTTP_5XX: "server error",
    ErrorClass.RATE_LIMITED: "asked to wait",
    ErrorClass.HTTP_4XX: "refused by the server",
    ErrorClass.GONE: "page gone",
    ErrorClass.AUTH: "login needed",
    ErrorClass.BOT_WALL: "blocked as a robot",
    ErrorClass.REDIRECT: "redirected elsewhere",
    ErrorClass.TOO_LARGE: "too large",
    ErrorClass.UNSUPPORTED: "kind of file not supported",
    ErrorClass.EMPTY: "empty page",
    ErrorClass.PARSE: "document not to be read",
    ErrorClass.ROBOTS: "forbidden by robots.txt",
    ErrorClass.BLOCKED: "address not allowed",
    ErrorClass.SELECTOR: "rule that does not fit",
    ErrorClass.SEALED: "secret not to be decrypted",
    ErrorClass.PROXY: "proxy trouble",
    ErrorClass.BROWSER: "no browser",
    ErrorClass.STORE: "database trouble here",
    ErrorClass.OVERLOAD: "this machine too busy",
    ErrorClass.DEADLINE: "no time left for it",
    ErrorClass.INTERNAL: "error of changelogger",
}
_WORDS = {str(key): words for key, words in (*_VERDICTS.items(), *_ERRORS.items())}


def outcome_words(word: str) -> str:
    """A verdict or an error class for people; any other word as it is, without underscores."""
    return _WORDS.get(word) or word.replace("_", " ")


def rendering_words(is_restless: bool, stopped_requests: int) -> Iterator[str]:
    """What the owner of a rendered page should know of how it was read."""
    if is_restless:
        yield "it never came to rest, and was read as it stood: say what to wait for (`wait_for`)"
    if stopped_requests:
        yield stopped_words(stopped_requests)


def stopped_words(requests: int) -> str:
    """Why a rendered page may lack something."""
    return (
        f"{requests:,} of its requests were stopped: it made more than a page may "
        "(`browser.requests_per_page`)"
    )
