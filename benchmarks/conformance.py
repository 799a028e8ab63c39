"""Read conformance sets made by others with the product's own code, and count differences.

    python benchmarks/conformance.py feeds FOLDER [--show KIND]
    python benchmarks/conformance.py encodings FOLDER [--show KIND]

FOLDER holds the files of the set, unpacked: for `feeds`, the XML files of feedparser's test suite,
each of which says in its first comment what it expects, and only what people see is compared; for
`encodings`, the files of html5lib's tests, which expect an encoding for each piece of HTML.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from time import process_time
from typing import Any

from daemon.extract import read
from daemon.extract.charset import codec_of, decode
from daemon.extract.markup.visible import visible_text
from daemon.model.errors import ExtractError
from daemon.model.reading import Reading
from daemon.model.response import Document
from daemon.model.site import Rules

_SERVER = "http://127.0.0.1:8097/"
_PIECE = re.compile(rb"(?:^|\n)#data\n")
_BY_DEFAULT = "windows-1252"  # what browsers take where they heed no declaration
_EXPECT = re.compile(r"Expect:\s*(.+)")
_HEADER = re.compile(r"Header:\s*([\w-]+):[ \t]*(.*)")
_FORMS = {"id": "id", "guid": "id", "title": "title", "link": "link"} | dict.fromkeys(
    ("description", "summary", "content"), "text"
)
_DATES = ("published_parsed", "updated_parsed", "created_parsed", "modified_parsed")


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one expectation: its kind of difference, where, and both values."""

    kind: str
    name: str
    wanted: object = ""
    got: object = ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", default="", help="list the differences of this kind, or all")
    options = parser.parse_args()
    started = process_time()
    found = list(SETS[options.set](options.folder))
    counts = dict(Counter(one.kind for one in found).most_common())
    print(json.dumps({"counts": counts, "cpu_seconds": round(process_time() - started, 2)}))
    for one in found:
        if options.show in ("all", one.kind) and one.kind not in ("equal", "not shown"):
            print(one.kind, one.name, repr(one.wanted), repr(one.got), sep="\t")
    return 0


def feeds(folder: Path) -> Iterator[Seen]:
    """Each visible value that a file of feedparser's suite expects."""
    for path in sorted(folder.rglob("*.xml")):
        yield from _feed(path, path.relative_to(folder).as_posix())


def _feed(path: Path, name: str) -> Iterator[Seen]:
    body = path.read_bytes()
    head = _head(body)
    expected = list(_expected(head))
    if not expected:
        yield Seen("not shown", name)
    document = _document(body, dict(_HEADER.findall(head)), name)
    try:
        reading = read(document, Rules(kind="feed"))
    except ExtractError as exc:
        has_words = any(str(value).strip() for _, value in expected)
        yield Seen("refused" if has_words else "refused, nothing shown", name, exc.detail)
        return
    with_content = {place[1] for place, _ in expected if "content" in place}
    for place, value in expected:
        if _field(place) == "text" and "content" not in place and place[1] in with_content:
            yield Seen("not shown", name)  # the content is shown in its place
            continue
        yield _compared(name, place, value, reading)


def _head(body: bytes) -> str:
    """The first comment of a file, in whatever encoding."""
    codec = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    if b"\x00" in body[:4] and codec == "utf-8":
        codec = (
            "utf-32" if b"\x00\x00" in body[:4] else ("utf-16-be", "utf-16-le")[body[:1] > b"\0"]
        )
    text = body.decode(codec, "replace")
    if "Expect:" not in text:
        text = body.decode("cp037", "replace")
    return text.partition("<!--")[2].partition("-->")[0].replace("\r", "\n")


def _document(body: bytes, headers: dict[str, str], name: str) -> Document:
    message = Message()
    message["Content-Type"] = headers.get("Content-type", "application/xml")
    charset = message.get_param("charset")
    return Document(
        body,
        message.get_content_type(),
        charset if isinstance(charset, str) else None,
        _SERVER + "tests/" + name,
        headers.get("Content-Location", ""),
    )


def _expected(head: str) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """The places of visible values, as keys and indexes, and the values expected there."""
    found = _EXPECT.search(head)
    try:
        tree = ast.parse(found[1].strip(), mode="eval").body if found else None
    except SyntaxError:
        return
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    for part in parts:
        if not (isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.Eq)):
            continue
        place = _place(part.left)
        try:
            value = ast.literal_eval(part.comparators[-1])
        except ValueError:
            continue
        if _field(place):
            yield place, value


def _place(node: ast.expr) -> tuple[Any, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_place(node.value), node.attr)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return (*_place(node.value), node.slice.value)
    return ()


def _field(place: tuple[Any, ...]) -> str:
    """The kind of the visible value at a place; "" for what is not shown."""
    match place:
        case ("feed", "title") | ("feed", "title_detail", "value"):
            return "feed title"
        case ("entries", int(), "content", 0, "value"):
            return "text"
        case ("entries", int(), name) | ("entries", int(), name, "value"):
            name = str(name).removesuffix("_detail")
            return "date" if name in _DATES else _FORMS.get(name, "")
    return ""


def _compared(name: str, place: tuple[Any, ...], wanted: Any, reading: Reading) -> Seen:
    kind = _field(place)
    if kind == "feed title":
        got = reading.title
    else:
        entries = reading.entries
        entry = entries[place[1]] if place[1] < len(entries) else None
        field = {"date": "published_at"}.get(kind, kind)
        got = getattr(entry, field) if entry is not None else "(no such entry)"
    if kind == "date" and isinstance(wanted, tuple):
        year, month, day, hour, minute, second, *_ = wanted
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        wanted = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    is_same = _words(str(got)) in (_words(str(wanted)), _words(visible_text(str(wanted))))
    return Seen("equal" if is_same else kind, name, wanted, got)


def _words(text: str) -> str:
    return " ".join(text.split())


def encodings(folder: Path) -> Iterator[Seen]:
    """Each piece of html5lib's tests: what is decoded alike is equal, whatever its name."""
    for path in sorted(folder.rglob("*.dat")):
        pieces = _PIECE.split(path.read_bytes())[1:]
        for place, piece in enumerate(pieces):
            body, _, wanted = piece.partition(b"\n#encoding\n")
            name = f"{path.relative_to(folder).as_posix()}#{place}"
            yield _decoded(name, body, wanted.split(b"\n")[0].decode().strip())


def _decoded(name: str, body: bytes, wanted: str) -> Seen:
    got = decode(Document(body, "text/html", None, _SERVER))
    codec = codec_of(wanted) or wanted
    if got.encoding == codec:
        return Seen("equal", name)
    is_alike = got.text == body.decode(codec, "replace")
    if wanted.lower() == _BY_DEFAULT:
        return Seen("equal" if is_alike else "no declaration heeded", name, wanted, got.encoding)
    return Seen("wrong", name, wanted, got.encoding)


SETS: dict[str, Callable[[Path], Iterator[Seen]]] = {
    "feeds": feeds,
    "encodings": encodings,
}

if __name__ == "__main__":
    sys.exit(main())
