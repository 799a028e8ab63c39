"""What few words change: in contracts and standards, in lists, and of text that only moved."""

from __future__ import annotations

import pytest

from daemon.analyse import judge, places
from daemon.analyse.blocks import from_tree
from daemon.extract.markup.roots import parse_root
from daemon.lexicon.importance.obligations import is_aside, opens_aside, shifted
from daemon.model.change import ChangeType, Finding
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, page, state

TERMS = (
    "<p>These terms are the agreement between you and Harbour Market Ltd, Leeds. The policy of the"
    " service is part of the contract. {}</p><ul><li>weapons</li><li>live animals</li>"
    "<li>counterfeit goods</li></ul>"
)
SPEC = (
    "<h2>Interface</h2><p>The user agent MUST run the algorithm of the method, which returns a"
    " boolean parameter of the interface, and SHOULD then let the attribute of the dictionary be"
    " undefined. {}</p><h2>{}</h2><p>{}</p>"
)


def judged(before: str, after: str, title: str = "The House") -> Finding:
    states = state(page(before + PROSE, title=title)), state(page(after + PROSE, title=title))
    return judge(*states, history=(), rules=Rules(), site_type=None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("You may resell it.", "You may not resell it."),
        ("Vous pouvez le revendre.", "Vous ne pouvez pas le revendre."),
        ("Sie dürfen es weitergeben.", "Sie dürfen es nicht weitergeben."),
        ("You may ask for a copy.", "You must ask for a copy."),
        ("We share data with partners only.", "We share data with partners."),
        ("It is heard by the courts of Ireland.", "It is heard by the courts of Norway."),
        ("It applies in Norway, Ireland and Spain.", "It applies in Norway and Spain."),
        ("Objections are due within 30 days.", "Objections are due within 14 days."),
    ],
)
def test_few_words_of_a_contract_may_change_what_it_says(old: str, new: str) -> None:
    finding = judged(TERMS.format(old), TERMS.format(new), "Terms of service")
    assert finding.is_significant


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("You can not resell it.", "You cannot resell it."),
        ("Each copy counts.", "Every copy counts."),
        ("It starts when you sign up.", "It begins when you sign up."),
        ("We use CleanDesk Uptime to count.", "We use CleanDesk Up-time to count."),
    ],
)
def test_other_words_for_the_same_change_no_contract(old: str, new: str) -> None:
    finding = judged(TERMS.format(old), TERMS.format(new), "Terms of service")
    assert not finding.is_significant


@pytest.mark.parametrize("item", ["<li>weapons</li>", "<li>live animals</li>"])
def test_an_item_of_a_contract_that_goes_or_comes_is_told(item: str) -> None:
    whole = TERMS.format("")
    for before, after in ((whole, whole.replace(item, "")), (whole.replace(item, ""), whole)):
        finding = judged(before, after, "Terms of service")
        assert (finding.is_significant, finding.category) == (True, "legal")


@pytest.mark.parametrize(
    ("old", "new", "heading", "matters"),
    [
        ("It MUST throw.", "It MUST NOT throw.", "Steps", True),
        ("It throws a TypeError.", "It throws a RangeError.", "Steps", True),
        ("The delay is 16 ms.", "The delay is 160 ms.", "Steps", True),
        ("It is the one which is used.", "It is the one that is used.", "Steps", False),
    ],
)
def test_what_a_standard_asks_for_is_told(old: str, new: str, heading: str, matters: bool) -> None:
    before, after = SPEC.format(old, heading, "Run it."), SPEC.format(new, heading, "Run it.")
    assert judged(before, after, "Specification").is_significant is matters


@pytest.mark.parametrize(
    "heading", ["Acknowledgements", "C. References", "8 Examples", "Danksagung"]
)
def test_parts_of_a_standard_that_bind_nobody_are_minor(heading: str) -> None:
    more = "The editors thank all who wrote to them about it in the last ten years of the work."
    finding = judged(
        SPEC.format("", heading, "The editors thank Ann."), SPEC.format("", heading, more), "Spec"
    )
    assert finding.change_type is ChangeType.MINOR


@pytest.mark.parametrize(
    "text", ["NOTE: it may differ", "Example 3: a frame", "[DOM] Living Standard", "Hinweis: so"]
)
def test_notes_and_examples_are_known_by_how_they_begin(text: str) -> None:
    assert is_aside(text)


@pytest.mark.parametrize("heading", ["Reference frames", "Notes on safety rules", "Requirements"])
def test_other_headings_open_no_aside(heading: str) -> None:
    assert not opens_aside(heading)


def test_words_that_bind_alike_are_one() -> None:
    assert shifted(["each", "must"], ["every", "shall"]) == frozenset()
    assert shifted(["don", "t"], ["do", "not"]) == frozenset()
    assert shifted(["may"], ["must"]) == {"may", "must"}


def test_a_table_of_contents_that_goes_or_comes_only_moved() -> None:
    names = ("What we keep for you", "How we use all of it", "Who else may see it")
    text = "".join(f"<h2>{name}</h2>{PROSE}" for name in names)
    contents = "".join(f"<p>{name}</p>" for name in names)
    for before, after in ((contents + text, text), (text, contents + text)):
        finding = judged(before, after)
        assert (finding.change_type, finding.category) == (ChangeType.MINOR, "structure")


def test_a_price_or_a_stock_that_stands_elsewhere_too_did_not_move() -> None:
    one = "<p>Lamp Luma: out of stock</p><p>Lamp Koral: out of stock</p>"
    assert judged(one, one.replace("Luma: out of", "Luma: in")).category == "availability"


LINKS = "".join(f"<li><a href='/{n}'>Council speaks of part {n}</a></li>" for n in "abcde")


@pytest.mark.parametrize("kind", ["<li><a href='/x'>{}</a></li>", "<li>{}</li>"])
def test_a_new_item_of_a_list_is_news_however_short(kind: str) -> None:
    items = "".join(kind.format(f"Council speaks of part {n}") for n in "abcde")
    finding = judged(f"<ul>{items}</ul>", f"<ul>{kind.format('Mayor resigns today')}{items}</ul>")
    assert (finding.change_type, finding.category) == (ChangeType.MODERATE, "content")


def test_an_item_that_is_edited_is_no_new_one() -> None:
    finding = judged(f"<ul>{LINKS}</ul>", f"<ul>{LINKS.replace('of part c', 'on part c')}</ul>")
    assert finding.change_type is ChangeType.MINOR


def placed(html: str) -> dict[str, str]:
    tree = parse_root(html.encode())
    assert tree is not None
    return {block.text: block.place for block in from_tree(tree)}


def test_the_one_link_of_a_header_on_a_list_of_links_is_content() -> None:
    top = "<header><div><a href='/1'>Mayor resigns after inquiry</a></div></header>"
    assert placed(f"{top}<ul>{LINKS}</ul>")["Mayor resigns after inquiry"] == places.MAIN
    assert placed(f"{top}{PROSE}")["Mayor resigns after inquiry"] == places.HEADER


def test_a_header_of_several_links_stays_one() -> None:
    menu = "<header><a href='/1'>All of our rooms</a><br><a href='/2'>All of our tours</a></header>"
    assert placed(f"{menu}<ul>{LINKS}</ul>")["All of our rooms"] == places.HEADER


@pytest.mark.parametrize(
    ("old", "new", "matters"),
    [
        ("Dogs are allowed.", "Dogs are not allowed.", True),
        ("A visa is not required.", "A visa is required.", True),
        ("Les chiens sont admis.", "Les chiens ne sont pas admis.", True),
        ("Reading in the garden", "Reading in the garden (cancelled)", True),
        ("Konzert im Hof", "Konzert im Hof – abgesagt", True),
        ("The gate is open all day.", "The gate stays open all day.", False),
    ],
)
def test_a_rule_of_any_page_that_is_turned_round_matters(old: str, new: str, matters: bool) -> None:
    assert judged(f"<p>{old}</p>", f"<p>{new}</p>").is_significant is matters


def test_another_address_in_a_contract_is_told() -> None:
    before = TERMS.format("Write to privacy@harbour.example about it.")
    finding = judged(before, before.replace("privacy@", "legal@"), "Terms of service")
    assert finding.is_significant
