"""What is told of a reading: each step, what it was given and left, and which rule took what."""

from __future__ import annotations

from typing import Any

from daemon.extract.explain.explaining import explain
from daemon.extract.explain.values import Effect, Explained, Step
from daemon.model.site import Rules
from tests.extract.documents import document, reading

PAGE = """<html><body><nav><a href="/home">Home</a></nav>
<main><h1 title="All">Offers</h1><p>See <a href="/x">the file</a>, 12 views.</p>
<ul><li data-price="3">Pan</li><li>Pot</li></ul></main></body></html>"""
CHAIN: dict[str, Any] = {
    "exclude": ("nav", ".promo"),
    "include": ("main", "#b"),
    "links": True,
    "attributes": ("data-price", "lang"),
    "replace": (r"(\d+) views -> \1 x", "zzz -> a"),
    "keep_lines": ("P|S", "Y"),
    "drop_lines": ("Pot",),
    "sort_lines": True,
    "ignore": (r"\d+", "q"),
}


def explained(body: str | bytes = PAGE, content_type: str = "text/html", **rules: Any) -> Explained:
    return explain(document(body, content_type), Rules(**rules))


def steps_of(told: Explained) -> dict[str, Step]:
    return {step.name: step for step in told.steps}


def effects_of(told: Explained) -> dict[str, Effect]:
    return {effect.rule: effect for step in told.steps for effect in step.effects}


def test_the_steps_are_told_in_the_order_of_the_chain_each_after_the_other() -> None:
    told = explained(**CHAIN)
    assert [step.name for step in told.steps] == [
        "decode", "read", "exclude", "include", "links", "attributes", "replace", "keep_lines",
        "drop_lines", "sort_lines", "ignore",
    ]  # fmt: skip
    assert all(
        before.after == after.before
        for before, after in zip(told.steps, told.steps[1:], strict=False)
    )
    found = reading(PAGE, **CHAIN)
    last = told.steps[-1]
    assert last.head == tuple(found.text.splitlines())
    assert last.after.characters == len(found.text)
    assert (told.kind, told.flags) == (found.kind, found.flags)


def test_each_rule_says_what_it_matched_and_which_matched_nothing() -> None:
    effects = effects_of(explained(**CHAIN))
    idle = [name for name, effect in effects.items() if not effect.matches]
    assert idle == [
        "exclude[1]", "include[1]", "attributes[1]", "replace[1]", "keep_lines[1]", "ignore[1]",
    ]  # fmt: skip
    assert effects["exclude[0]"].examples == ("Home",)
    assert effects["links"].examples == ("(http://site.test/x)",)
    assert effects["attributes[0]"].examples == ('(data-price="3")',)
    assert effects["replace[0]"].examples == ("12 views → 12 x",)
    assert (effects["keep_lines[0]"].matches, effects["ignore[0]"].matches) == (3, 2)


def test_a_query_and_extracted_lines_are_told() -> None:
    body = '{"a": ["x 1", "y 2"], "b": 3}'
    told = explained(body, "application/json", query="a", extract=(r"(\w) \d", "q"))
    assert [step.name for step in told.steps] == ["decode", "read", "query", "extract"]
    assert steps_of(told)["extract"].head == ("x", "y")
    effects = effects_of(told)
    assert effects["query"].matches == 1
    assert effects["extract[0]"].examples == ("x 1", "y 2")
    assert effects["extract[1]"].matches == 0


def test_the_step_that_took_the_rest_is_told_with_its_error() -> None:
    told = explained(replace=("a -> b", ".* ->"), sort_lines=True)
    last = told.steps[-1]
    assert (last.name, last.after.characters) == ("replace", 0)
    assert told.error_class == "selector"
    assert told.error_detail == last.detail == "replace[1] left no text: '.*' replaces all of it"


def test_a_pattern_that_runs_away_is_told_by_its_step() -> None:
    told = explained("a" * 5000 + "!", "text/plain", keep_lines=("a", "(a|aa)+$"))
    effect = effects_of(told)["keep_lines[1]"]
    assert effect.problem == told.error_detail == "keep_lines[1] took longer than 1 s: '(a|aa)+$'"


def test_a_faulty_selector_is_told_beside_the_others() -> None:
    effects = effects_of(explained(include=("main", "xpath:count(")))
    assert effects["include[0]"].matches == 1
    assert effects["include[1]"].problem.startswith("include[1]: 'xpath:count(': ")


def test_a_page_without_text_of_its_own_is_read_by_what_is_chosen() -> None:
    told = explained('<script id="s">{"x": 1}</script>', include=("#s",))
    assert "no visible text" in steps_of(told)["read"].detail
    assert (steps_of(told)["include"].head, told.error_class) == (('{"x": 1}',), "")


def test_what_is_chosen_of_xml_is_told() -> None:
    body = '<r><a x="1">t</a><b/></r>'
    told = explained(body, "text/xml", include=("//a",), attributes=("x",))
    effects = effects_of(told)
    assert (effects["include[0]"].examples, effects["attributes[0]"].matches) == (("t",), 1)
    assert steps_of(told)["attributes"].head == ('t (x="1")',)


def test_sources_and_files_are_told_too() -> None:
    told = explained(raw=True, extract=("<h1.*?>",))
    assert steps_of(told)["read"].detail == "the source as it is"
    assert steps_of(told)["extract"].head == ('<h1 title="All">',)
    [step] = explained(b"PK\x03\x04", "application/zip", kind="file").steps
    assert (step.name, step.before.characters, step.after.lines) == ("file", 4, 1)
    refused = explained(b"PK\x03\x04", "application/zip")
    assert refused.error_class == "unsupported"
