"""The watchlist of Distill, as it is exported."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.model.errors import ConfigError
from daemon.model.site import Rules
from daemon.transfer.formats.known import format_of
from daemon.transfer.importing import Imported
from tests.transfer.test_foreign import URL, notes, the_site
from tests.transfer.test_ours import brought


def from_monitors(*monitors: dict[str, Any]) -> Imported:
    text = json.dumps({"client": {"local": 1}, "data": list(monitors)})
    assert format_of(text.encode()) == "distill"
    return brought(text, "distill")


def selecting(*includes: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A monitor of these elements; its config is JSON in a text, as in an export."""
    frame = {"index": 0, "includes": [{"type": t, "expr": e} for t, e in includes], "excludes": []}
    return {"uri": URL, "config": json.dumps({"selections": [{"frames": [frame]}], **more})}


def test_a_monitor_becomes_a_site() -> None:
    config = {
        "selections": [
            {
                "frames": [
                    {
                        "index": 0,
                        "includes": [{"type": "css", "expr": "#main"}],
                        "excludes": [
                            {"type": "css", "expr": ".ad"},
                            {"type": "xpath", "expr": "//footer"},
                        ],
                    }
                ]
            },
            {"frames": [{"includes": [{"type": "xpath", "expr": "id('side')"}]}]},
        ],
        "ignoreEmptyText": True,
        "dataAttr": "text",
        "regexp": {"expr": r"seats: (\d+)", "flags": "gi"},
    }
    result = from_monitors(
        {
            "id": "x1",
            "name": "Seats",
            "uri": URL,
            "state": 40,
            "content_type": 2,
            "tags": ["Town", "Sport"],
            "config": json.dumps(config),
            "schedule": json.dumps({"type": "INTERVAL", "params": {"interval": 4500}}),
            "ts": "2026-03-27T15:51:15.667Z",
        }
    )
    site = the_site(result)
    assert (site.name, site.request.url, site.is_active) == ("Seats", URL, True)
    assert site.tags == ("town", "sport")
    assert site.check_frequency == "75m"
    assert site.rules == Rules(
        include=("#main", "xpath:id('side')"),
        exclude=(".ad", "//footer"),
        extract=(r"(?i)seats: (\d+)",),
    )
    assert result.notes == []


@pytest.mark.parametrize(
    ("monitor", "rules"),
    [
        (selecting(("css", "body")), Rules()),
        (selecting(("json", "$.a.b")), Rules(query="a.b")),
        (selecting(("css", "a.next"), dataAttr="href"),
         Rules(include=("a.next",), attributes=("href",))),
        ({"uri": URL, "content_type": "feed"}, Rules(kind="feed")),
        ({"uri": URL, "config": {"selections": [], "regexp": "x+"}}, Rules(extract=("x+",))),
    ],
)  # fmt: skip
def test_what_a_monitor_selects_is_read(monitor: dict[str, Any], rules: Rules) -> None:
    result = from_monitors(monitor)
    assert the_site(result).rules == rules
    assert result.notes == []


@pytest.mark.parametrize(
    ("more", "told", "is_active"),
    [
        ({"state": 30}, "paused: it was not running there (state 30)", False),
        ({"schedule": '{"type": "MANUAL"}'}, "paused: it was checked by hand alone", False),
        ({"schedule": '{"type": "SLOTS", "params": {}}'}, "without its schedule SLOTS", True),
        ({"schedule": "{"}, "without its schedule, which cannot be read", True),
        ({"config": "{cut"}, "its config, which cannot be read: all of the page", True),
        ({"actions": [{"to": "me@hidden.example"}]}, "without `actions`", True),
        (selecting(("js", "f()")), "what it selects by js has to be written", False),
        (selecting(("css", "p"), includeStyle=True), "the style of what is selected", True),
        (selecting(("css", "p"), dataAttr="outerHTML"), "the markup of what is selected", True),
        (selecting(("css", "p"), condition={"a": 1}), "without its condition `a` ''", True),
        (selecting(("css", "p"), styles={"a": 1}), "without `styles`", True),
        ({"conditions": "{"}, "without its `conditions`, which cannot be read", True),
        ({"config": {"selections": [{"dynamic": True, "frames": []}]}}, "is rendered by", True),
        ({"config": {"selections": [{"frames": [{"index": 1, "includes": [{"expr": "p"}]}]}]}},
         "paused: it reads a frame within the page", False),
    ],
)  # fmt: skip
def test_what_a_monitor_cannot_carry_over_is_told(
    more: dict[str, Any], told: str, is_active: bool
) -> None:
    result = from_monitors({"uri": URL, "config": {}} | more)
    assert told in notes(result)
    assert "hidden" not in notes(result)
    assert the_site(result).is_active is is_active


PRICE = selecting(("css", ".price"))


@pytest.mark.parametrize(
    ("conditions", "rules"),
    [
        ([{"text": "Added Text", "operator": "contains", "value": "C++ (new)"}],
         {"appears": (r"re:(?i)C\+\+\ \(new\)",)}),
        ([{"type": "text", "op": "NOT_HAS", "value": "sold out"}],
         {"disappears": (r"re:(?i)sold\ out",)}),
        ('[{"op": "matches regex", "value": "seat \\\\d"}]', {"appears": (r"re:(?i)seat \d",)}),
        ({"match": "any", "conditions": [{"op": "is less than", "value": 70},
                                         {"op": "gt", "value": "99.50"}]},
         {"below": "70", "above": "99.5"}),
        ({"rules": [{"rules": [{"op": "changes by", "value": "5 %"}]}]}, {"changes_by": "5 %"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_in_config", [False, True])
def test_conditions_are_carried_over(
    conditions: Any, rules: dict[str, Any], is_in_config: bool
) -> None:
    monitor = PRICE | {"conditions": conditions}
    if is_in_config:
        monitor = selecting(("css", ".price"), conditions=conditions)
    result = from_monitors(monitor)
    assert the_site(result).rules == Rules(include=(".price",), **rules)
    assert result.notes == []


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ([{"text": "Previous Text", "op": "has", "value": "a"}], "`Previous Text has`"),
        ([{"op": "sounds like", "value": "a"}], "its condition `sounds like` 'a'"),
        ([{"op": "has", "value": ""}], "its condition `has` ''"),
        ([{"op": "lt", "value": 5}, {"op": "lt", "value": 4}], "its condition `lt` '4'"),
        ([{"op": "lt", "value": "cheap"}], "below, which is not a number"),
        ([{"op": "decreases by", "value": 5}], "the direction of its change"),
        ([{"op": "has", "value": "a"}, {"op": "has", "value": "b"}], "that its conditions hold"),
    ],
)  # fmt: skip
def test_conditions_that_mean_something_else_are_told(conditions: Any, told: str) -> None:
    result = from_monitors(PRICE | {"conditions": conditions})
    assert told in notes(result)
    assert result.losses


def test_a_number_of_a_page_of_which_nothing_is_chosen_is_told() -> None:
    result = from_monitors({"uri": URL, "config": {}, "conditions": [{"op": "lt", "value": 5}]})
    assert "below, which compares a number that is chosen, and nothing is" in notes(result)


def test_an_item_without_a_page_is_refused_and_stops_no_other() -> None:
    result = from_monitors({"name": "nothing"}, {"uri": URL, "config": None, "type": "feed"})
    assert [str(fault) for fault in result.faults] == ["data[1]: is no monitor with a uri"]
    assert len(result.sites) == 1


@pytest.mark.parametrize("text", ["{", '{"data": 1}', "[]", '{"data": ['])
def test_what_is_no_watchlist_is_refused_in_words(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is not JSON|is no export of Distill"):
        brought(text, "distill")
