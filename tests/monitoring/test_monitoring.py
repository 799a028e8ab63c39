"""What is scraped is what is documented, alerted on and drawn; and there is not too much of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from daemon.config.sections import DocumentsConfig
from daemon.monitoring.metrics import Metrics
from daemon.runtime.listeners import MetricsObserver
from daemon.sandbox.messages import FillJob
from daemon.sandbox.pool import WAYS_TO_END, Sandbox
from daemon.store.retention.run import RetentionKind
from daemon.store.retention.space import TABLES

DOCS = Path(__file__).parents[2] / "docs"
OURS = re.compile(r"\b(?:changelogger|process)_[a-z_]+\b")


@pytest.fixture
def metrics() -> Metrics:
    """As a daemon with three channels begins."""
    metrics = Metrics("1.2.3", clock=count(0.0, 2.0).__next__)
    metrics.store.begin(TABLES, tuple(RetentionKind))
    metrics.sandbox.begin(WAYS_TO_END)
    metrics.notices.channels(["mail", "chat", "hook"])
    return metrics


@pytest.fixture
def families(metrics: Metrics) -> dict[str, Metric]:
    return {one.name: one for one in text_string_to_metric_families(metrics.render().decode())}


@pytest.fixture
def samples(families: dict[str, Metric]) -> set[str]:
    """The names that can be asked for."""
    return {sample.name for family in families.values() for sample in family.samples}


def shown(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


def expressions(name: str) -> Iterator[tuple[str, str]]:
    """What a file asks Prometheus, under a title each."""
    text = (DOCS / "monitoring" / name).read_text()
    if name == "alerts.yml":
        [group] = yaml.safe_load(text)["groups"]
        yield from ((rule["alert"], rule["expr"]) for rule in group["rules"])
        return
    for panel in json.loads(text)["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", ()))


def test_every_series_is_documented_and_every_documented_one_is_there(
    families: dict[str, Metric],
) -> None:
    text = (DOCS / "metrics.md").read_text()
    rows = set(re.findall(r"^\| `(changelogger_[a-z_]+)", text, re.MULTILINE))
    assert rows == {shown(one) for one in families.values() if one.name.startswith("changelogger")}


def test_the_labels_in_the_reference_are_those_that_are_scraped(
    families: dict[str, Metric],
) -> None:
    text = (DOCS / "metrics.md").read_text()
    rows = dict(re.findall(r"^\| `(changelogger_[a-z_]+)(?:\{([a-z_,]+)\})?`", text, re.MULTILINE))
    for family in families.values():
        if family.name.startswith("changelogger") and family.samples:
            labels = family.samples[0].labels.keys() - {"le"}
            assert set(filter(None, rows[shown(family)].split(","))) == labels, family.name


@pytest.mark.parametrize("name", ["alerts.yml", "grafana.json"])
def test_alerts_and_board_ask_only_for_what_is_there(name: str, samples: set[str]) -> None:
    asked = [(title, word) for title, text in expressions(name) for word in OURS.findall(text)]
    assert len(asked) > 15
    assert not [(title, word) for title, word in asked if word not in samples]


@pytest.mark.parametrize("name", ["alerts.yml", "grafana.json"])
def test_their_brackets_are_closed(name: str) -> None:
    for title, text in expressions(name):
        signs = Counter(text)
        for pair in ("()", "[]", "{}"):
            assert signs[pair[0]] == signs[pair[1]], title


def test_every_alert_says_what_it_is_and_what_to_do() -> None:
    [group] = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "action"}


def test_the_board_can_be_imported_anywhere() -> None:
    board: dict[str, Any] = json.loads((DOCS / "monitoring" / "grafana.json").read_text())
    assert board["templating"]["list"][0]["name"] == "datasource"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel.get("datasource", {"uid": "${datasource}"})["uid"] == "${datasource}"


def test_names_follow_prometheus(families: dict[str, Metric]) -> None:
    for family in families.values():
        name = shown(family)
        assert family.documentation, name
        assert re.fullmatch(r"(changelogger|process)_[a-z][a-z0-9_]*", name)
        assert not re.search(r"_(milliseconds|minutes|hours|kb|mb|count|sum)(_total)?$", name)
        if family.type == "counter":
            assert name.endswith("_total")
        elif name.endswith("_total"):
            pytest.fail(f"{name} is no counter")


def test_there_are_few_series_and_no_more_with_more_work(metrics: Metrics) -> None:
    def series() -> int:
        return len(re.findall(r"^[a-z]", metrics.render().decode(), re.MULTILINE))

    before = series()
    assert before < 300
    metrics.notices.tried("somebody else's", "sent")
    metrics.store.dropped(dict.fromkeys(RetentionKind, 5))
    metrics.sandbox.began()
    for how in WAYS_TO_END:
        metrics.sandbox.ended(how)
    assert series() == before


def test_a_channel_that_was_taken_away_takes_its_series_with_it(metrics: Metrics) -> None:
    metrics.notices.channels(["mail", "new"])
    text = metrics.render().decode()
    assert 'channel="chat"' not in text
    assert text.count('channel="new"') == 3


async def test_workers_of_all_pools_are_counted(metrics: Metrics) -> None:
    for _ in range(2):
        async with Sandbox(DocumentsConfig(workers=1), MetricsObserver(metrics)) as sandbox:
            assert (await sandbox.fill(FillJob("{{ word }}", {"word": "one"}))).text == "one"
    text = metrics.render().decode()
    assert "changelogger_sandbox_workers_started_total 2.0" in text
    assert 'changelogger_sandbox_workers_ended_total{how="retired"} 2.0' in text


def test_a_refused_edit_is_seen_and_the_last_good_one_keeps_its_time(metrics: Metrics) -> None:
    [read_at] = re.findall(r"success_timestamp_seconds (\d.+)", metrics.render().decode())
    metrics.config_reloaded(ok=False)
    text = metrics.render().decode()
    assert "changelogger_config_last_reload_successful 0.0" in text
    assert f"success_timestamp_seconds {read_at}" in text
