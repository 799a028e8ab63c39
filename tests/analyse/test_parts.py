from __future__ import annotations

import json
from importlib.resources import files

import pytest

from daemon.analyse import closest_state, learned, places
from daemon.analyse.amounts import prices
from daemon.analyse.blocks import Block, from_text, from_tree
from daemon.analyse.delta import WordRun, between, runs, weight
from daemon.extract.markup.roots import parse_root
from daemon.model.site import Rules
from tests.analyse.pages import PROSE, text_state

LONG = "This paragraph is long enough to show that it belongs to the content of the page, " * 4


def blocks_of(html: str) -> list[Block]:
    tree = parse_root(html.encode())
    return [] if tree is None else from_tree(tree)


def placed(html: str) -> dict[str, tuple[str, str]]:
    return {block.text: (block.place, block.kind) for block in blocks_of(html)}


@pytest.mark.parametrize(
    ("markup", "place"),
    [
        ("<nav><a href='/'>words here</a></nav>", places.NAVIGATION),
        ("<div class='main-menu'>words here</div>", places.NAVIGATION),
        ("<div role='navigation'>words here</div>", places.NAVIGATION),
        ("<footer>words here</footer>", places.FOOTER),
        ("<div id='siteFooter'>words here</div>", places.FOOTER),
        ("<div class='sidebar'>words here</div>", places.ASIDE),
        ("<div class='cookie-banner__text'>words here</div>", places.NOTICE),
        ("<div role='dialog'>words here</div>", places.NOTICE),
        ("<div style='display:none'>words here</div>", places.HIDDEN),
        ("<section class='related-products'>words here</section>", places.RELATED),
        ("<div class='ad-slot'>words here</div>", places.ADVERT),
        ("<div class='elementor-widget elementor-widget-text'>words here</div>", places.MAIN),
        ("<div class='section-header'>words here</div>", places.MAIN),
        ("<article><header>words here</header></article>", places.MAIN),
        ("<aside class='note'>words here</aside>", places.MAIN),
        ("<p>words here</p>", places.MAIN),
    ],
)
def test_a_block_stands_where_its_elements_say(markup: str, place: str) -> None:
    assert placed(f"<div>{PROSE}{markup}</div>")["words here"][0] == place


def test_long_paragraphs_disprove_a_name() -> None:
    html = f"<main>{PROSE * 4}<div class='dropdown' style='display:none'><p>{LONG}</p></div></main>"
    assert placed(html)[LONG.strip()][0] == places.MAIN


def test_a_name_on_nearly_all_of_the_page_means_nothing() -> None:
    found = placed(f"<body><div class='modal'>{PROSE}<p>words here</p></div></body>")
    assert found["words here"][0] == places.MAIN


def test_what_stands_beside_the_main_content_is_outside() -> None:
    html = f"<body><div><div>{PROSE * 2}</div><div><p>Join our list</p></div></div></body>"
    assert placed(html)["Join our list"][0] == places.OUTSIDE


def test_blocks_know_their_kind() -> None:
    found = placed("<title>T</title><h2>head</h2><ul><li>item</li></ul><table><td>cell</table>")
    assert [kind for _, kind in found.values()] == ["title", "heading", "list", "table"]


def test_words_split_by_inline_elements_stay_whole() -> None:
    assert "Buy it now" in placed("<p>B<b>u</b>y <span>it</span> now<script>x()</script></p>")


def test_deep_and_broken_documents_are_walked() -> None:
    assert blocks_of("<div>a" * 5_000)
    assert blocks_of("") == []


def test_lines_of_a_text_are_blocks() -> None:
    kinds = [block.kind for block in from_text("# Head\n\n- item\n| a | b |\nwords\n")]
    assert kinds == [places.HEADING, places.LIST, places.TABLE, places.MAIN]


def found_runs(before: str, after: str) -> list[WordRun]:
    difference = between(from_text(before), from_text(after))
    return runs(difference.removed, difference.added)


def test_words_that_were_only_joined_are_no_change() -> None:
    assert found_runs("we can not come", "we cannot come") == []
    assert found_runs("all 1,299 of them", "all 1299 of them") == []


def test_a_decimal_point_that_goes_is_another_number() -> None:
    assert found_runs("take 1.5 mg", "take 15 mg") == [WordRun(("1", "5"), ("15",))]


def test_a_sentence_that_moved_within_paragraphs_is_no_change() -> None:
    moved = "guests are asked to bring their own lamps"
    before = f"Rules of the house first. {moved}. Then the garden rules.\nAnd the end of it"
    after = f"Rules of the house first. Then the garden rules.\nAnd the end of it {moved}"
    assert weight(found_runs(before, after)) == 0


def test_the_same_swap_counts_once() -> None:
    before = "\n".join(f"line {name} returns void here" for name in "abcdef")
    assert weight(found_runs(before, before.replace("void", "undefined"))) == 2


def test_shifted_numbers_of_sections_do_not_count() -> None:
    before = "\n".join(f"{place}. the part of {name}" for place, name in enumerate("abcd", 3))
    after = "\n".join(f"{place}. the part of {name}" for place, name in enumerate("abcd", 4))
    assert found_runs(before, after) == []


def test_very_long_texts_are_compared_as_bags() -> None:
    before = " ".join(f"w{number}" for number in range(30_000))
    (run,) = found_runs(before, before + " extra")
    assert run == WordRun((), ("extra",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now £1,299.00 only", ["£1,299.00"]),
        ("1.299,00 € statt 1.499,00 €", ["1.299,00 €", "1.499,00 €"]),
        ("USD 12", ["USD 12"]),
        ("49,- Kč", ["49,- Kč"]),
        ("12 items in 3 rows", []),
    ],
)
def test_prices_are_amounts_with_a_currency(text: str, expected: list[str]) -> None:
    assert prices(text) == expected


def test_the_closest_state_is_the_one_that_came_back() -> None:
    history = [text_state("a\nb\nc"), text_state("a\nb\nd"), text_state("x\ny")]
    closest = closest_state(text_state("a\nb\nc\n3 hours ago").reading, history, Rules())
    assert closest is not None
    assert (closest.place, closest.is_same) == (0, True)


def test_of_large_states_only_the_latest_are_looked_at() -> None:
    large = "\n".join(f"line {number} of the page" for number in range(12_000))
    history = [text_state(f"{large}\nold 3 hours ago"), text_state("other"), text_state("new")]
    closest = closest_state(text_state(f"{large}\nold 4 hours ago").reading, history, Rules())
    assert closest is not None
    assert closest.place != 0
    again = closest_state(history[0].reading, history, Rules())
    assert again is not None
    assert (again.place, again.is_same) == (0, True)


def test_the_largest_states_are_compared_with_their_noise() -> None:
    large = "\n".join(f"line {number} of the page" for number in range(30_000))
    closest = closest_state(text_state(f"{large}\nx").reading, [text_state(large)], Rules())
    assert closest is not None
    assert not closest.is_same
    assert closest.similarity > 0.99


def test_the_closest_state_need_not_be_the_same() -> None:
    history = [text_state("a\nb\nc\nd"), text_state("x\ny")]
    closest = closest_state(text_state("a\nb\nc\ne").reading, history, Rules())
    assert closest is not None
    assert (closest.place, closest.is_same) == (0, False)
    assert 0.5 < closest.similarity < 1


def test_without_history_no_state_is_close() -> None:
    assert closest_state(text_state("a").reading, [], Rules()) is None


def test_what_comes_and_goes_is_learned_from_history() -> None:
    with_line, without = text_state("text\ntoday: 7 seats"), text_state("text")
    (noise,) = learned([with_line, without, with_line])
    assert (noise.template, noise.present, noise.visits) == ("today: 7 seats", 2, 3)


def test_two_states_teach_nothing() -> None:
    assert learned([text_state("a"), text_state("b")]) == ()


def test_the_model_says_on_what_it_was_fitted() -> None:
    data = json.loads(files("daemon.analyse").joinpath("confidence.json").read_text("utf-8"))
    assert {"how", "fitted_at", "cases", "coefficients"} <= data.keys()


def test_what_is_told_each_time_is_no_noise() -> None:
    states = [f"The office is {word}\nall else" for word in ("open", "closed", "open", "closed")]
    assert learned([text_state(text) for text in states]) == ()
    long = "A text of more than a dozen words that is told whenever it comes back to this page"
    assert learned([text_state(text) for text in (f"{long}\nall", "all", f"{long}\nall")]) == ()
