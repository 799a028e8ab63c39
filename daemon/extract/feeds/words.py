"""Turns what a feed calls a title or a text into the words that a person sees."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from html import escape, unescape
from typing import TYPE_CHECKING

from daemon.extract.chain.whitespace import squeeze
from daemon.extract.clean import clean_text
from daemon.extract.markup.guard import tame
from daemon.extract.markup.visible import visible_text

if TYPE_CHECKING:
    from lxml.etree import _Element

_INLINE = frozenset(
    """
    a abbr acronym address b bdi bdo big blink blockquote br center cite code del dfn div em font
    h1 h2 h3 h4 h5 h6 i img ins kbd li mark marquee nobr ol p pre q rp rt ruby s samp script small
    span strike strong style sub sup tt u ul var wbr
    """.split()
)
_BLOCKS = """
    area article aside base basefont body button caption col colgroup data dd details dialog dir dl
    dt embed fieldset figcaption figure footer form frame frameset header hgroup hr html image
    input label legend link main map menu menuitem meta meter nav o:p optgroup option output param
    picture progress search section slot source summary table tbody td tfoot th thead time tr track
    """.split()
# What is in these is not shown: one that is never closed would take all the rest along.
_SWALLOWING = frozenset(
    """
    applet audio canvas head iframe math noembed noframes noscript object plaintext script select
    style svg template textarea title video xmp
    """.split()
)
# What is in these is shown by readers, which never load what it stands in for.
_STAND_INS = ("applet", "iframe")
_KNOWN = frozenset(_BLOCKS) | (_INLINE - _SWALLOWING)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_ALONE = ("br", "wbr")
_SUSPECT = re.compile(
    rf"<(?!/?(?:{'|'.join(sorted(_KNOWN))})[\s/>])/?[a-z]|<!(?!--|doctype\s+html)"
    # A comparison of short names: "a<b and c>d".
    r"|<[abipqsu]\s+[^<>=\s/][^<>=]*>",
    re.IGNORECASE | re.ASCII,
)
_TAG = re.compile(r"""<(/?)([A-Za-z][^\s/<>"']*+)((?:=\s*+"[^"]*+"|=\s*+'[^']*+'|[^<>])*+)>""")
_NAME = re.compile(r"\w[\w.-]*(?::[\w.-]+)?")  # "https:" and "bob@example.org" are none
_OPENING = re.compile(r"<(?=/?[A-Za-z?]|!(?!doctype\s+html))", re.IGNORECASE)
# What references to Windows' characters were meant to be.
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
_WINDOWS_CHARACTER = re.compile("[\x80-\x9f]")
_SHOWN_ATTRIBUTES = ("hidden", "style", "type", "start", "value")
_PLAIN = ("text/plain",)
_TEXTS = ("", "text", "html", "xhtml", "xml", "escaped", "plain")
_UNSHOWN = ("script", "style", "svg", "template")
_IN_LINE = ("", "{http://www.w3.org/1999/xhtml", "{http://www.w3.org/1998/math/mathml")
_MOST_NAMES = 500  # of elements that are looked for in one text
_LARGE = 20_000  # characters; only a longer text can have what parsers are slow at


def line_of(source: str) -> str:
    """The words of a title, in which only tags that come in pairs or have values are markup.

    Shape: "Generics: List<String>" and "The <title> element" are words as they stand.
    """
    if "<" in source:
        source = _with_words(source, _kept_of_a_line)
    return _visible(source)


def text_of(source: str) -> str:
    """The words of a fragment of HTML, in which only tags that nobody knows are words."""
    if _SUSPECT.search(source) or source.rfind("<!--") > source.rfind("-->"):
        source = _with_words(source, _kept_of_a_text)
    return _visible(source)


def plain(source: str) -> str:
    """A text without markup, storable and without blank space around it."""
    if not source.isascii() and _WINDOWS_CHARACTER.search(source):
        source = source.translate(_WINDOWS)
    return squeeze(clean_text(source)[0]).strip()


def _visible(source: str) -> str:
    if "<" not in source:
        return plain(unescape(source) if "&" in source else source)
    return plain(visible_text(tame(source)[0] if len(source) > _LARGE else source))


def _with_words(source: str, kept_of: Callable[[re.Match[str], _Pairs], str | None]) -> str:
    """The fragment with what only looks like a tag escaped.

    Shape: `kept_of` says what is kept of a tag: all, nothing, or its characters as words (None).
    """
    pairs = _Pairs(source)
    parts: list[str] = []
    done = 0
    for opening in _OPENING.finditer(source):
        if (start := opening.start()) < done:
            continue
        if (whole := pairs.comment_at(start)) is not None:
            parts.append(source[done:start])
            done = whole
            continue
        tag = _TAG.match(source, start)
        kept = kept_of(tag, pairs) if tag is not None and tag[2] else None
        parts += source[done:start], "&lt;" if kept is None else kept
        done = start + 1 if kept is None or tag is None else tag.end()
    return "".join((*parts, source[done:]))


class _Pairs:
    """Where the first tag and the last end tag of each name are in a fragment."""

    def __init__(self, source: str) -> None:
        self._source = source.lower()
        self.opened: set[str] = set()  # names of tags that were taken for markup by their values
        self._last_comment = source.rfind("-->")
        self._ends: dict[str, int] = {}
        self._starts: dict[str, int] = {}

    def comment_at(self, start: int) -> int | None:
        """The end of the comment that begins here; one that never ends, ends with its tag."""
        if not self._source.startswith("<!--", start):
            return None
        end = self._source.find("-->", start + 4) if start < self._last_comment else -1
        if end >= 0:
            return end + 3
        end = self._source.find(">", start)
        return end + 1 if end >= 0 else len(self._source)

    def has(self, tag: re.Match[str]) -> bool:
        """Whether an end follows this tag, or a beginning stands before this end tag."""
        name = tag[2].lower()
        if tag[1]:
            if name not in self._starts and len(self._starts) < _MOST_NAMES:
                ends = (self._source.find(f"<{name}{end}") for end in "> ")
                self._starts[name] = min((at for at in ends if at >= 0), default=-1)
            return 0 <= self._starts.get(name, -1) < tag.start()
        if name not in self._ends and len(self._ends) < _MOST_NAMES:
            self._ends[name] = self._source.rfind(f"</{name}>")
        return self._ends.get(name, -1) > tag.start()


def _kept_of_a_line(tag: re.Match[str], pairs: _Pairs) -> str | None:
    name = tag[2].lower()
    if name in _ALONE or (name in _INLINE and pairs.has(tag)):
        return tag[0]
    is_html = (name in _KNOWN or name in _SWALLOWING) and "=" in tag[3]
    if is_html:
        pairs.opened.add(name)
    return "" if is_html or (tag[1] and name in pairs.opened) else None


def _kept_of_a_text(tag: re.Match[str], pairs: _Pairs) -> str | None:
    name = tag[2].lower()
    if name in _KNOWN:
        is_words = "=" not in tag[3] and tag[3].strip(" /") and not pairs.has(tag)
        return None if is_words and name in _INLINE else tag[0]
    if name in _STAND_INS:
        return ""
    if name in _SWALLOWING:
        is_whole = pairs.has(tag) and not tag[3].endswith("/")
        return tag[0] if is_whole else _alone(tag, name) if "=" in tag[3] else None
    if not _NAME.fullmatch(name):
        return None
    is_custom = ":" in name or "-" in name or "=" in tag[3] or tag[3].endswith("/")
    return tag[0] if is_custom or pairs.has(tag) else None


def _alone(tag: re.Match[str], name: str) -> str:
    """A tag that nothing closes: nothing of one that would take the rest along."""
    return "" if name in _SWALLOWING else tag[0]


def element_line(element: _Element) -> str:
    """The words of a title's element, whatever form its markup has."""
    source = _source(element)
    if source is None:
        return _visible(inner_html(element))
    return plain(source) if element.get("type") in _PLAIN else line_of(source)


def element_text(element: _Element, *, is_text: bool = False) -> str:
    """The words of an element that holds a text: markup, escaped markup, or base64 of it.

    Shape: `is_text` is for one that has no markup by itself, in which only pairs of tags are any.
    """
    source = _source(element)
    if source is None:
        return _visible(inner_html(element))
    kind = element.get("type", "")
    if kind in _PLAIN and "</" not in source:
        return plain(source)
    return line_of(source) if is_text and kind in ("", "text", *_PLAIN) else text_of(source)


def _source(element: _Element) -> str | None:
    """The fragment that an element holds as characters; None when it holds elements."""
    if len(element):
        return None
    source = element.text or ""
    return _decoded(source) if _is_encoded(element) else source


def _is_encoded(element: _Element) -> bool:
    if element.get("mode") == "base64":
        return True
    kind = element.get("type", "").partition(";")[0].strip().lower()
    is_text = kind in _TEXTS or kind.startswith("text/") or kind.endswith(("xml", "html", "json"))
    return not is_text and "/" in kind


def _decoded(source: str) -> str:
    """What base64 says; as it stands where it is none, and nothing where it is no text."""
    digits = "".join(source.split())
    try:
        data = b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        return source
    try:
        return data.decode()
    except UnicodeDecodeError:
        return ""


def inner_html(element: _Element) -> str:
    """The content of an element as HTML, whatever its namespaces.

    Shape: elements that HTML does not know, or would not show, are spans.
    """
    from lxml import etree

    parts = [escape(element.text or "", quote=False)]
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if inner is element:
            continue
        name = _html_name(inner)
        is_shown = name not in _UNSHOWN
        if event == "end":
            end = f"</{name}>" if is_shown and name not in _VOID else ""
            parts += end, escape(inner.tail or "", quote=False)
        elif is_shown:
            parts += f"<{name}{_attributes(inner)}>", escape(inner.text or "", quote=False)
        else:
            walk.skip_subtree()
    return "".join(parts)


def _html_name(element: _Element) -> str:
    namespace, _, name = str(element.tag).lower().rpartition("}")
    if name in _KNOWN or name in _UNSHOWN:
        return name
    return "span" if namespace in _IN_LINE else "div"


def _attributes(element: _Element) -> str:
    return "".join(
        f' {name}="{escape(value)}"' for name, value in element.items() if name in _SHOWN_ATTRIBUTES
    )
