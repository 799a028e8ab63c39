"""What is no TOML, as people write it, and what they are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon.config.reading.source import parse
from daemon.model.errors import ConfigError, Fault


def told(text: str) -> Fault:
    with pytest.raises(ConfigError) as raised:
        parse(text, Path("f.toml"))
    [fault] = raised.value.faults
    return fault


@pytest.mark.parametrize(
    ("text", "where", "problem", "hint"),
    [
        # Lists
        ("broken = [", "1", 'the list "broken" is not closed', "write ]"),
        ('a = 1\nb = [\n\n[[site]]\nname = "x"\n', "2", 'the list "b" is not closed', "]"),
        ('a = ["main",\nurl = "x"\n', "1", 'the list "a" is not closed', "]"),
        ("a = [[1, 2], [3\n", "1", 'the list "a" is not closed', "]"),
        ('a = [\n  "a"\n  "b"\n]\n', "3:3", "a comma is missing", "after each item"),
        ('a = [\n  main,\n  "b"\n]\n', "2:3", "text needs quotes", '"…"'),
        ("a = [True]\n", "1:6", "True is not a value", "write true"),
        # Text
        ("name = Blog\n", "1:8", "text needs quotes", 'name = "…"'),
        ('a = "Blog\nurl = "x"\n', "1:10", "a quote is not closed", 'write "'),
        ("a = 1\nb = 'Blog\n", "2", "a quote is not closed", "write '"),
        ('a = """abc\n def\n\nb = 1\n', "1", "a text that begins here is not closed", '"""'),
        ("a = “Blog”\n", "1:5", "“ is not a quote", "straight quotes"),
        ('a = "Blog”\n', "1:11", "not closed by the same quote", "straight quotes"),
        ('„a“ = "x"\n', "1:1", "„ is not a quote", "straight quotes"),
        ('a = "C:\\Users\\me"\n', "1:10", "a backslash", r"'C:\data'"),
        ('a = "\\d+"\n', "1:8", "a backslash", r"'\d+'"),
        ("a = 'it's'\n", "1:9", "something follows the closing quote", '"it\'s"'),
        # Other values
        ("a = True\n", "1:5", "True is not a value", "write true"),
        ("a = yes\n", "1:5", "yes is not a value", "write true"),
        ("a = off # now\n", "1:5", "off is not a value", "write false"),
        ("a = None\n", "1:5", "None is not a value", "leave the option out"),
        ("a = null\n", "1:5", "null is not a value", "put # before it"),
        ("a =\n", "1:4", "a has no value", "put # before the line"),
        ("a = # later\n", "1:5", "a has no value", "write one"),
        ("a = 15m\n", "1:7", "a number with letters needs quotes", 'write a = "…"'),
        ("a = 10 MiB\n", "1:8", "a number with letters needs quotes", 'write a = "…"'),
        ("a = 22:00-07:00\n", "1:7", "a number with letters needs quotes", 'a = "…"'),
        ("a = 79,90\n", "1:7", "a comma stands in a number", "79.90"),
        ("a = 007\n", "1:6", "a number begins with 0", "leave the 0 out"),
        ("a = .5\n", "1:5", "a number begins with a point", "write 0 before it"),
        # Names and lines
        ('a "Blog"\n', "1:3", "there is no = after a", 'write a = "…"'),
        ("a\n", "1:2", "there is no = after a", 'write a = "…"'),
        ("a: 1\n", "1:2", "a colon stands where =", 'write a = "…"'),
        ('- name: "Blog"\n', "1:3", "a colon stands where =", 'name = "…"'),
        ("my name = 1\n", "1:4", "this is no name for an option", "letters, digits"),
        ("a = 1 b = 2\n", "1:7", "another option follows", "one option per line"),
        ('a = "x",\n', "1:8", "a comma follows the value", "one option per line"),
        ('a = "x" // c\n', "1:9", "something follows the value", "begins with #"),
        ("; c\n", "1:1", "this line is no option", "begins with #"),
        ('{"a": 1}\n', "1:1", "this is no TOML", 'name = "value"'),
        ('a =\u00a0"x"\n', "1:4", "an invisible character, U+00A0", "a plain space"),
        ('a = 1\n\ufeffb = "x"\n', "2:1", "an invisible character, U+FEFF", "delete it"),
        ('a = 1\n\u200eb = "x"\n', "2:1", "an invisible character, U+200E", "delete it"),
        # Headings
        ("[fetch\na = 1\n", "1:7", "the brackets of this heading", "write [fetch]"),
        ("[[site]\na = 1\n", "1:7", "the brackets of this heading", "write [[site]]"),
        ("[site]]\n", "1:7", "the brackets of this heading", "write [[site]]"),
        ("[my section]\n", "1:5", "a name with a space", "write it with -"),
        ("a = 1\n[", "2", "this heading has no name", "write [name]"),
        # Twice
        ("a = 1\nb = 2\na = 3\n", "3", '"a" is already given in line 1', "keep one"),
        ("[fetch]\n[mail]\n[fetch]\n", "3", "[fetch] is already there in line 1", "one heading"),
        ("[site]\n[site]\n", "2", "[site] is already there in line 1", "write [[site]]"),
        # Tables in braces
        ('a = { A: "b" }\n', "1", "a table in braces", "{ name = value, … }"),
        ('b = 1\na = { A = "b",\n B = "c" }\n', "2", "a table in braces", "on one line"),
    ],
)  # fmt: skip
def test_a_slip_is_told_where_it_is(text: str, where: str, problem: str, hint: str) -> None:
    fault = told(text)
    assert fault.where == f"f.toml:{where}"
    assert problem in fault.problem
    assert hint in fault.hint


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "“hunter2”",
        "'hunter2",
        '"hunter2',
        "hunter2 x",
        "2hunter2",
        '"a" hunter2',
        '"\\hunter2"',
    ],
)
@pytest.mark.parametrize(
    "form", ["password = {}\n", "password: {}\n", "a = [{}, x]\n", "a = [\n{}"]
)
def test_no_word_shows_a_value(form: str, value: str) -> None:
    assert "hunter2" not in str(told(form.format(value)))


def test_a_list_that_is_long_and_sound_is_not_blamed() -> None:
    text = "a = [\n" + '  "x]", # ]\n' * 1000 + "]\nb = yes\n"
    assert told(text).where == "f.toml:1003:5"


def test_a_long_file_is_searched_in_time() -> None:
    rows = "".join(f'[[site]]\nname = "{i}"\ninclude = ["a", "b"]\n' for i in range(20_000))
    assert told(rows + "broken = [").where == "f.toml:60001"
