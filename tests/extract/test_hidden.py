from __future__ import annotations

import pytest

from daemon.analyse import places
from daemon.analyse.blocks import from_tree
from daemon.extract.markup.hidden import is_hidden
from daemon.extract.markup.roots import parse_root
from daemon.extract.markup.visible import visible_text
from daemon.extract.offer.regions import place_of
from daemon.extract.offer.tree import parse_tree

_HIDDEN = [
    'style="display:none"',
    'style="display: none"',
    'style="display : none"',
    'style="DISPLAY:NONE"',
    'style="Display:None;"',
    'style="display:none!important"',
    'style="display: none ! important"',
    'style="color:red; display: none ; width:1px"',
    'style="display:block;display:none"',
    'style="display:none !important; display:block"',
    'style="display:/* for now */none"',
    'style="display:\nnone"',
    'style="background:url(a;b);display:none"',
    "style='content:\";\";display:none'",
    "style=display:none",
    'STYLE="display:none"',
    'style="visibility:hidden"',
    'style="Visibility : Hidden"',
    'style="visibility:collapse"',
    'style="content-visibility:hidden"',
    "hidden",
    'hidden=""',
    'hidden="hidden"',
    'hidden="false"',
    'hidden="until-found"',
    'hidden style="color:red"',
]
_SHOWN = [
    "",
    'style="display:block"',
    'style="display:none;display:block"',
    'style="display:none; display:block !important"',
    'style="--display:none"',
    'style="--x:display:none"',
    'style="background:url(a;display:none)"',
    "style='content:\";display:none\"'",
    'style="/* display:none */"',
    'style="visibility:visible"',
    'style="opacity:0"',
    'style="backface-visibility:hidden"',
    'style="overflow:hidden"',
    'hidden style="display:block"',
    'aria-hidden="true"',
    'data-hidden="true"',
    'class="is-hidden"',
]
_MARKS = [(marks, True) for marks in _HIDDEN] + [(marks, False) for marks in _SHOWN]


def _page(marked: str) -> str:
    return f"<html><body><h1>Lamp</h1><p>seen</p>{marked}<p>end</p></body></html>"


def _hides_from_text(marked: str) -> bool:
    return "words" not in visible_text(_page(marked))


def _hides_from_analysis(marked: str) -> bool:
    tree = parse_root(_page(marked).encode())
    assert tree is not None
    shown = [block.text for block in from_tree(tree) if block.place != places.HIDDEN]
    return not any("words" in text for text in shown)


def _hides_from_offers(marked: str) -> bool:
    tree = parse_tree(_page(marked), "http://localhost/")
    assert tree is not None
    return all(place_of(node, tree).is_hidden for node in tree.root.iterfind(".//*[@id='it']"))


@pytest.mark.parametrize("tag", ["div", "p", "span", "a", "strong"])
@pytest.mark.parametrize(("marks", "hidden"), _MARKS)
def test_every_reader_sees_the_same_elements(marks: str, hidden: bool, tag: str) -> None:
    marked = f"<{tag} {marks} id=it>words</{tag}>"
    assert _hides_from_text(marked) is hidden
    assert _hides_from_analysis(marked) is hidden
    assert _hides_from_offers(marked) is hidden


@pytest.mark.parametrize(
    ("marked", "hidden"),
    [
        ("<template><p id=it>words</p></template>", True),
        ("<datalist><option id=it>words</datalist>", True),
        ("<ruby>seen<rp id=it>words</rp></ruby>", True),
        ("<div hidden><p><b id=it>words</b></p></div>", True),
        ("<p>before <span hidden id=it>words</span> after</p>", True),
        ("<x-box style='display:none'><p id=it>words</p></x-box>", True),
        ("<details><summary>more</summary><p id=it>words</p></details>", False),
    ],
)
def test_every_reader_sees_the_same_parts(marked: str, hidden: bool) -> None:
    assert _hides_from_text(marked) is hidden
    assert _hides_from_analysis(marked) is hidden
    assert _hides_from_offers(marked) is hidden


@pytest.mark.parametrize(
    ("attributes", "hidden"),
    [
        ({}, True),
        ({"open": ""}, False),
        ({"open": "", "hidden": ""}, True),
        ({"style": "display:block"}, False),
    ],
)
def test_a_dialog_is_hidden_until_it_opens(attributes: dict[str, str], hidden: bool) -> None:
    assert is_hidden("dialog", attributes.get) is hidden
    marks = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    marked = f"<dialog {marks} id=it>words</dialog>"
    assert _hides_from_text(marked) is hidden
    assert _hides_from_offers(marked) is hidden


def test_what_is_hidden_in_a_line_is_not_read_with_it() -> None:
    tree = parse_root(_page("<p>Price <b style='display : none'>was 12</b>9 EUR</p>").encode())
    assert tree is not None
    assert "Price 9 EUR" in [block.text for block in from_tree(tree)]


def test_the_whole_page_may_hide_itself_by_any_spelling() -> None:
    assert visible_text("<body style='display : none'><p>words</p></body>") == "words"
