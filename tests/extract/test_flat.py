"""A flat page says the same as its tree, element by element."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from daemon.extract.markup import flat
from daemon.extract.markup.roots import parse_root

TAGS = (
    "<div> </div> <p> <p/> <a> <a/> </a> <br> <br/> </br> <li> <b> </b> <table> <td> <textarea>"
    " <svg/> <o:p> </o:p> <a<b> <ul> </ul>"
)
TEXTS = "& &amp; &amp;lt; &lt;p&gt; &nbsp; &#1; &quot; ' \" > < word \u2028é\ud7ff\U0001f600"
ODD = (
    '<div class="a b" id=\'c"d\'>',
    '<a href="/x?a=1&b=2" title="a > b">',
    "<p hidden style='display: none' =odd a\"b=1>",
    '<li class="a\nb\tc" xml:lang="de" xmlns:x="y" x:z="&gt;">',
    "\n",
    "  ",
    "\x0b",
    "\x0c\x01",
)
MARKUP = st.lists(st.sampled_from((*TAGS.split(" "), *TEXTS.split(" "), *ODD)), max_size=30)


def walked(root: etree._Element) -> list[object]:
    """The texts and tags of a tree, element by element."""
    found: list[object] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            named = {} if element.tag == "a" else dict(element.attrib)
            found += [str(element.tag), named, element.text or ""]
        else:
            found += [f"/{element.tag}", "" if element is root else element.tail or ""]
    return found


def laid_out(root: etree._Element) -> list[object]:
    """The same from the flat list."""
    pieces = flat.pieces_of(root)
    found: list[object] = []
    for tag, text in zip(pieces[1::2], pieces[2::2], strict=True):
        name, after = flat.name_of(tag), flat.text_of(text)
        if tag.startswith("/"):
            found += [f"/{name}", after]
            continue
        named = {} if name == "a" else flat.attributes_of(tag)
        found += [name, named, "", f"/{name}", after] if tag.endswith("/") else [name, named, after]
    return found


@settings(max_examples=300)
@given(MARKUP)
def test_a_flat_page_says_what_its_tree_says(parts: list[str]) -> None:
    root = parse_root("".join(["<body>", *parts]).encode())
    assert root is not None
    assert laid_out(root) == walked(root)
