"""Guesses what was meant by a text that is not valid TOML.

The parser reports where it gave up, often far behind the mistake. Values are never shown, as they
may be secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from daemon.characters import unseen_in

_QUOTES = "“”„‟‘’‚«»`´"
_ODD_SPACES = "\u00a0\u202f\u2007\u3000"
_LISTS = ("site", "product", "notify", "owner")
_WORDS = {
    **dict.fromkeys(("yes", "on", "true"), "write true"),
    **dict.fromkeys(("no", "off", "false"), "write false"),
    **dict.fromkeys(
        ("none", "null", "nil", "undefined", "~"), "leave the option out, or put # before it"
    ),
}
_KEY = r"[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*'"
_DOTTED = rf"(?:{_KEY})(?:\s*\.\s*(?:{_KEY}))*"
_OPTION = re.compile(rf"\s*(?P<key>{_DOTTED})\s*=\s*(?P<value>.*)", re.DOTALL)
_HEADER = re.compile(r"\s*(?P<open>\[+)\s*(?P<name>[^\[\]\"'#=]*?)\s*(?P<close>\]*)\s*(?:#.*)?")
_COLON = re.compile(rf"\s*(?:-\s+)?(?P<key>{_KEY})\s*:(?:\s|$)")
_BARE = re.compile(rf"\s*(?P<key>{_KEY})(?:\s+\S.*)?\s*")
_STATEMENT = re.compile(rf"\s*(?:{_DOTTED}\s*=|\[+\s*{_DOTTED}\s*\]+\s*(?:#.*)?$)")
_SCAN = re.compile(
    r"""\#[^\n]*
    |\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|(?P<long>\"{3}|'{3})
    |"(?:\\.|[^"\\\n])*"|'[^'\n]*'
    |(?m:^[ \t]*)(?P<start>\[\[?)|(?P<mark>[\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)
_NUMBER_AND_MORE = re.compile(r"[+-]?\d[\d_.]*\s*[A-Za-zµ%€$/:]")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+\s*(?:#.*)?")
_FOREIGN_COMMENT = re.compile(r"\s*(?://|;|--|/\*|<!--)")
_STRING = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'")


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where the mistake is, what it is, and what to write instead."""

    line: int
    problem: str
    hint: str
    column: int | None = None

    @property
    def where(self) -> str:
        """The position, as shown after the name of the file."""
        return f":{self.line}" + (f":{self.column}" if self.column else "")


def find_mistake(text: str, message: str, line: int | None, column: int) -> Mistake | None:
    """The probable mistake where the parser gave up; None when there is no good guess.

    Shape: `line` is None when it gave up at the end of the text.
    """
    slip = _Slip(text, message, line, column)
    for look in _LOOKS:
        if found := look(slip):
            return found
    return None


class _Slip:
    """The place where the parser gave up, and the text around it."""

    def __init__(self, text: str, message: str, line: int | None, column: int) -> None:
        self.rows = text.split("\n")
        self.text = text
        self.message = message
        self.is_at_end = line is None
        self.line = line or max(1, text.rstrip().count("\n") + 1)
        self.column = column
        self.row = self.rows[self.line - 1].rstrip("\r")
        before = sum(len(row) + 1 for row in self.rows[: self.line - 1])
        self.offset = len(text) if self.is_at_end else before + column - 1

    @property
    def character(self) -> str:
        return self.row[self.column - 1 : self.column] if not self.is_at_end else ""

    @cached_property
    def opened(self) -> list[tuple[int, str]]:
        """The brackets or the multi-line string open there, each with its line."""
        brackets: list[tuple[int, str]] = []
        for found in _SCAN.finditer(self.text, 0, self.offset):
            if found["long"]:
                brackets = [(found.start(), found["long"])]
                break
            if found["start"]:
                at = found.start("start")
                brackets += [(at, "[")] * (len(found["start"]) if brackets else 0)
            elif found["mark"] in ("[", "{"):
                brackets.append((found.start(), found["mark"]))
            elif found["mark"] and brackets:
                brackets.pop()
        return [(self.text.count("\n", 0, at) + 1, bracket) for at, bracket in brackets]

    @property
    def value(self) -> str:
        """The text after the = of the line, stripped."""
        found = _OPTION.fullmatch(self.row)
        return found["value"].strip() if found else ""

    @property
    def key(self) -> str:
        found = _OPTION.fullmatch(self.row)
        return found["key"] if found else ""

    def here(self, problem: str, hint: str) -> Mistake:
        return Mistake(self.line, problem, hint, None if self.is_at_end else self.column)


def _again(slip: _Slip) -> Mistake | None:
    """Duplicate names, which the parser reports at the end of the second."""
    if not slip.message.startswith(("Cannot", "Duplicate")):
        return None
    header = _HEADER.fullmatch(slip.row)
    if header and header["name"]:
        return _section_again(slip, header["name"], len(header["open"]))
    earlier = _earlier(slip, _OPTION, slip.key) if slip.key else None
    place = f"in line {earlier}" if earlier else "further up"
    name = f'"{slip.key}" ' if slip.key else "this name "
    return Mistake(slip.line, f"{name}is already given {place}", "keep one of the two")


def _section_again(slip: _Slip, name: str, brackets: int) -> Mistake:
    earlier = _earlier(slip, _HEADER, name)
    place = f"in line {earlier}" if earlier else "further up"
    if name in _LISTS and brackets == 1:
        hint = f"write [[{name}]] with two brackets, each time"
    else:
        hint = f"put all options of {name} under one heading"
    return Mistake(slip.line, f"[{name}] is already there {place}", hint)


def _earlier(slip: _Slip, pattern: re.Pattern[str], name: str) -> int | None:
    """The line above that has this name; for options only within the section."""
    for line in range(slip.line - 1, 0, -1):
        found = pattern.fullmatch(slip.rows[line - 1].rstrip("\r"))
        if found and name in (found.groupdict().get("key"), found.groupdict().get("name")):
            return line
        if pattern is _OPTION and _HEADER.fullmatch(slip.rows[line - 1]):
            return None
    return None


def _odd_character(slip: _Slip) -> Mistake | None:
    char = slip.character
    if char and char in _QUOTES:
        return slip.here(f"{char} is not a quote here", 'write straight quotes: "…"')
    if char and (char in _ODD_SPACES or unseen_in(char)):
        problem = f"there is an invisible character, U+{ord(char):04X}"
        return slip.here(problem, "delete it, and write a plain space")
    if "Illegal character '\\n'" in slip.message and any(c in slip.value for c in _QUOTES):
        return slip.here("a quote is not closed by the same quote", 'write straight quotes: "…"')
    return None


def _backslash(slip: _Slip) -> Mistake | None:
    if not any(words in slip.message for words in ("Unescaped '\\'", "hex value", "Escaped char")):
        return None
    hint = r"write it in single quotes, as 'C:\data' or '\d+', or double each backslash"
    return slip.here('a backslash in "…" begins an escape, and this is none', hint)


def _open_string(slip: _Slip) -> Mistake | None:
    for line, quotes in slip.opened:
        if len(quotes) == 3:
            return Mistake(line, "a text that begins here is not closed", f"close it with {quotes}")
    is_open = slip.value[:1] in ('"', "'") and not _STRING.match(slip.value)
    if is_open or "Illegal character '\\n'" in slip.message:
        quote = slip.value[:1] if is_open else '"'
        return slip.here("a quote is not closed", f"write {quote} at the end of the text")
    return None


def _open_list(slip: _Slip) -> Mistake | None:
    """A bracket that is never closed, or is followed by something other than a closing one."""
    if slip.opened and slip.opened[-1][1] == "{":
        hint = "write { name = value, … } on one line, without a comma before the }"
        return Mistake(slip.opened[-1][0], "a table in braces is not written as such", hint)
    open_lines = (at for at, bracket in slip.opened if bracket == "[")
    line = next((at for at in open_lines if not _is_closed(slip, at)), None)
    if line is None:
        return None
    option = _OPTION.fullmatch(slip.rows[line - 1].rstrip("\r"))
    name = f'the list "{option["key"]}"' if option else "a list that begins here"
    return Mistake(line, f"{name} is not closed", "write ] after its last item")


def _is_closed(slip: _Slip, line: int) -> bool:
    """Whether the list that begins in this line ends before another statement begins."""
    depth = 0
    for number, row in enumerate(slip.rows[line - 1 :]):
        if number and _STATEMENT.match(row):
            return False
        bare = re.sub(r"#.*", "", _STRING.sub("", row))
        depth += bare.count("[") - bare.count("]")
        if depth <= 0:
            return True
    return False


def _item(slip: _Slip) -> Mistake | None:
    """A mistake between the brackets of a closed list."""
    if not slip.opened:
        return None
    rest = slip.row[slip.column - 1 :]
    if "Unclosed array" in slip.message and rest[:1] in "\"'":
        return slip.here("a comma is missing before this item", "write a comma after each item")
    word = re.match(r"[^\s,\]#]*", rest)
    return slip.here(*_of_value(word[0] if word else "", "an item"))


def _foreign(slip: _Slip) -> Mistake | None:
    """Lines in the syntax of other formats."""
    if _FOREIGN_COMMENT.match(slip.row):
        return slip.here("this line is no option", "a comment begins with #")
    if found := _COLON.match(slip.row):
        problem = f"a colon stands where = is to stand after {found['key']}"
        return slip.here(problem, f'write {found["key"]} = "…", and sections as [name]')
    if slip.row.lstrip().startswith("- "):
        return slip.here("this is a list of YAML", "write a [[site]] table for each")
    if slip.row.lstrip().startswith(("{", "<")):
        return slip.here("this is no TOML", 'an option is written as name = "value"')
    return None


def _heading(slip: _Slip) -> Mistake | None:
    found = _HEADER.fullmatch(slip.row)
    if not found:
        return None
    name = found["name"]
    if not name:
        return slip.here("this heading has no name", "write [name], or [[name]] for a list")
    if len(found["open"]) == len(found["close"]) and " " in name:
        return slip.here("a name with a space needs quotes", "or write it with - instead")
    wanted = f"[[{name}]]" if name in _LISTS else f"[{name}]"
    return slip.here("the brackets of this heading do not match", f"write {wanted}")


def _option(slip: _Slip) -> Mistake | None:
    if not slip.key:
        if "=" in slip.row.split("#")[0]:
            return slip.here("this is no name for an option", "letters, digits, - and _ make one")
        if found := _BARE.fullmatch(slip.row):
            key = found["key"]
            return slip.here(f"there is no = after {key}", f'write {key} = "…"')
        return None
    if not slip.value or slip.value.startswith("#"):
        return slip.here(f"{slip.key} has no value", "write one, or put # before the line")
    whole = _STRING.match(slip.value)
    rest = slip.value[whole.end() :].strip() if whole else ""
    if rest:
        return slip.here(*_of_rest(rest))
    return None if whole else slip.here(*_of_value(slip.value, slip.key))


def _of_rest(rest: str) -> tuple[str, str]:
    """The mistake in the text after a closed string."""
    if rest.startswith(","):
        return "a comma follows the value", "write nothing after it: one option per line"
    if _FOREIGN_COMMENT.match(rest):
        return "something follows the value", "a comment begins with #"
    return (
        "something follows the closing quote",
        'text that holds one kind of quote is written in the other: "it\'s"',
    )


def _of_value(value: str, name: str) -> tuple[str, str]:
    """The mistake in a value that is not a string."""
    word = re.split(r"[\s,#\]]", value, maxsplit=1)[0]
    if hint := _WORDS.get(word.lower()):
        return f"{word} is not a value", hint
    if _DECIMAL_COMMA.fullmatch(value):
        return "a comma stands in a number", "write a point: 79.90"
    if " = " in value:
        return "another option follows", "one option per line"
    if re.match(r"[+-]?\.\d", value):
        return "a number begins with a point", "write 0 before it"
    if re.match(r"[+-]?0\d", value):
        return "a number begins with 0", "leave the 0 out, or write quotes around the text"
    if _NUMBER_AND_MORE.match(value):
        return "a number with letters needs quotes", f'write {_as_key(name)}"…"'
    if re.match(r"[+-]?\d", value):
        return "something follows the number", "one option per line; a comment begins with #"
    return "text needs quotes", f'write {_as_key(name)}"…"'


def _as_key(name: str) -> str:
    return "" if name == "an item" else f"{name} = "


_LOOKS: tuple[Callable[[_Slip], Mistake | None], ...] = (
    _again,
    _odd_character,
    _backslash,
    _open_list,
    _open_string,
    _item,
    _foreign,
    _heading,
    _option,
)
