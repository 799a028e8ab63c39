"""Reads a JSON body as lines of text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from math import isinf
from typing import Any, NoReturn

from daemon.extract.charset import decode
from daemon.extract.jsonnumbers import Exact, number_of
from daemon.extract.languages.extra import JQ, JSONPATH
from daemon.extract.languages.results import lines_of
from daemon.extract.reading import ReadingDraft
from daemon.extract.sniff import GUARD, is_json_lines
from daemon.model.errors import ExtractError
from daemon.model.reading import MISSING, NAMING_KEYS
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass

EXTRACTOR = "json/3"
MAX_DIGITS = 1_000
MAX_QUERY_CHARS = 2_000
DUPLICATE_KEYS = "duplicate_keys"  # flag of a reading

_TOKEN = re.compile(
    r'"(?:[^"\\]++|\\.)*+"|-?Infinity|NaN|-?[0-9][0-9.eE+-]*|[\[{]|[\]}]', re.DOTALL
)

_GUARD = re.compile(GUARD)
_LINE = re.compile(r"[^\n]+")


class _RefusedError(ValueError):
    """A value within the grammar of JSON but outside our bounds, and the token it is in."""

    def __init__(self, problem: str, token: str) -> None:
        super().__init__(problem)
        self.token = token


def read_json(document: Document, rules: Rules) -> ReadingDraft:
    """Read JSON strictly and lay it out, one value to a line, the same for the same meaning.

    Shape:  keys stand in alphabetical order, behind those that name an object, and numbers in one
            form; of a key that comes twice the last value counts, as every usual parser has it, and
            the reading is flagged; `query` (JMESPath, `jq:` or `jsonpath:`) picks a part.
    Errors: ExtractError(parse) with line and column for what is not JSON or is out of
            bounds, (selector) for a query that is wrong, or wrong for this document.
    """
    return draft_of(*load_document(document), rules.query)


def draft_of(value: Any, flags: tuple[str, ...], query: str | None) -> ReadingDraft:
    """The lines of a value, or of the part of it that a query picks.

    Errors: ExtractError(empty) for null, (selector) as of `read_json`.
    """
    if value is None:
        raise ExtractError(ErrorClass.EMPTY, "the JSON is null")
    if query is not None:
        value = queried(value, query)
        if value is None:
            flags = (*flags, f"{MISSING}query")
            return ReadingDraft("json", EXTRACTOR, "", flags=flags, is_chosen=True)
    title = value["title"] if isinstance(value, dict) and "title" in value else ""
    text = lines_of(value)
    title = title if isinstance(title, str) else ""
    return ReadingDraft("json", EXTRACTOR, text, title, (), flags, "an empty JSON value")


def load_document(document: Document) -> tuple[Any, tuple[str, ...]]:
    """The value of a document of JSON, and the flags of decoding and parsing it.

    Errors: as `load`.
    """
    decoded = decode(document)
    value, flags = load(decoded.text, is_lines=is_json_lines(document.content_type))
    return value, (*decoded.flags, *flags)


def load(text: str, *, is_lines: bool = False) -> tuple[Any, tuple[str, ...]]:
    """Parse JSON strictly: its value, and a flag where a key comes twice in one object.

    Shape:  keys are sorted, so that a query which lists them gives one order too. A guard before
            the JSON is passed over. Where each line is JSON of its own, the value is the list of
            them; `is_lines` says that a single line is such a list, too.
    Errors: ExtractError(parse), which says what is wrong, and where.
    Source: RFC 8259 §4 leaves open what such a key means; ECMA-262 takes the last.
    """
    flags: dict[str, None] = {}
    decoder = _decoder(flags)
    text = _GUARD.sub(_blank, text, count=1)
    first = list(islice(_lines(text), 2))
    if is_lines and _is_whole(first[:1], decoder):
        return _values(_lines(text), decoder), tuple(flags)
    try:
        value = _parsed(text, 0, len(text), decoder)
    except ExtractError:
        if len(first) < 2 or not _is_whole(first[:1], decoder):
            raise
        value = _values(_lines(text), decoder)
    return value, tuple(flags)


def _blank(guard: re.Match[str]) -> str:
    """Blank space where a guard was, so that the places of errors stay those of the document."""
    return re.sub(r"[^\n]", " ", guard[0])


def _lines(text: str) -> Iterator[re.Match[str]]:
    return (line for line in _LINE.finditer(text) if not line[0].isspace())


def _is_whole(lines: Iterable[re.Match[str]], decoder: json.JSONDecoder) -> bool:
    """Whether there are lines, and each is JSON of its own."""
    try:
        return bool(_values(lines, decoder))
    except ExtractError:
        return False


def _values(lines: Iterable[re.Match[str]], decoder: json.JSONDecoder) -> list[Any]:
    return [_parsed(line.string, line.start(), line.end(), decoder) for line in lines]


def _decoder(flags: dict[str, None]) -> json.JSONDecoder:
    """A strict decoder that adds to the flags."""

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(sorted(pairs, key=_place_of))
        if len(found) < len(pairs):
            flags[DUPLICATE_KEYS] = None
        return found

    return json.JSONDecoder(
        parse_float=_fraction,
        parse_int=_integer,
        parse_constant=_constant,
        object_pairs_hook=as_object,
    )


def _parsed(text: str, start: int, end: int, decoder: json.JSONDecoder) -> Any:
    """The value of one part of a text.

    Errors: ExtractError(parse) with its place in the whole text.
    """
    part = text[start:end]
    try:
        return decoder.decode(part)
    except _RefusedError as exc:
        raise _misplaced(str(exc), text, start + _offset_of(exc.token, part)) from exc
    except json.JSONDecodeError as exc:
        what = "an HTML page, not JSON" if part.lstrip()[:1] == "<" else exc.msg
        raise _misplaced(what, text, start + exc.pos) from exc
    except RecursionError as exc:
        raise _misplaced("nested too deeply", text, start + _deepest(part)) from exc


def _place_of(pair: tuple[str, Any]) -> tuple[int, str]:
    """What names an object stands first: so a list's items are known by it, however long."""
    key = pair[0]
    return NAMING_KEYS.index(key) if key in NAMING_KEYS else len(NAMING_KEYS), key


def _fraction(written: str) -> int | Exact:
    if len(written) > MAX_DIGITS or isinf(float(written)):
        raise _RefusedError(f"the number {written[:40]} is out of range", written)
    return number_of(written)


def _integer(written: str) -> int:
    if len(written) > MAX_DIGITS:
        raise _RefusedError(f"a number of {len(written)} digits", written)
    return int(written)


def _constant(written: str) -> NoReturn:
    raise _RefusedError(f"{written} is not a JSON value", written)


def _misplaced(problem: str, text: str, offset: int) -> ExtractError:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return ExtractError(ErrorClass.PARSE, f"{problem} (line {line}, column {column})")


def _offset_of(token: str, text: str) -> int:
    found = (match.start() for match in _TOKEN.finditer(text) if match[0] == token)
    return next(found, 0)


def _deepest(text: str) -> int:
    depth, deepest, offset = 0, 0, 0
    for match in _TOKEN.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > deepest:
            deepest, offset = depth, match.start()
    return offset


def queried(value: Any, query: str, place: str = "query") -> Any:
    """What the query picks; None when that is nothing.

    Errors: ExtractError(selector) for a query that is wrong, or wrong for this value.
    """
    import jmespath

    expression, problem = compile_query(query)
    if expression is None:
        raise ExtractError(ErrorClass.SELECTOR, f"{place}: {problem}")
    try:
        result = expression.search(value)
    except (jmespath.exceptions.JMESPathError, ArithmeticError, TypeError, ValueError) as exc:
        raise ExtractError(ErrorClass.SELECTOR, f"{place} {query!r}: {exc}") from exc
    except RecursionError as exc:
        raise ExtractError(ErrorClass.SELECTOR, f"{place} {query!r}: nested too deeply") from exc
    return None if result in ("", [], {}) else result


@lru_cache(maxsize=256)
def compile_query(query: str) -> tuple[Any, str]:
    """Compile a query in any of its languages: what searches, or None and what is wrong with it."""
    import jmespath

    if len(query) > MAX_QUERY_CHARS:
        return None, f"longer than {MAX_QUERY_CHARS} characters"
    if (program := JQ.text_of(query)) is not None:
        from daemon.extract.languages.jq import compile_jq

        return compile_jq(program)
    if (path := JSONPATH.text_of(query)) is not None:
        from daemon.extract.languages.jsonpath import compile_jsonpath

        return compile_jsonpath(path)
    try:
        return jmespath.compile(query), ""
    except (jmespath.exceptions.JMESPathError, ValueError) as exc:
        return None, " ".join(str(exc).split())
    except RecursionError:
        return None, "nested too deeply"
