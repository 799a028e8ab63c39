from __future__ import annotations

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from daemon.model.change import ChangeType
from daemon.model.status import ErrorClass, RenderOutcome, Verdict
from daemon.monitoring.lag import watch_loop_lag
from daemon.monitoring.metrics import Metrics, Queue
from tests.living import PATIENCE_SECONDS


def series(metrics: Metrics) -> dict[str, float]:
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(metrics.render().decode())
        for sample in family.samples
    }


def test_every_series_is_there_before_the_first_check() -> None:
    found = series(Metrics("1.2.3"))
    assert found["changelogger_build_info 1.2.3"] == 1
    for verdict in Verdict:
        assert found[f"changelogger_checks_total {verdict}"] == 0
    for error in ErrorClass:
        assert found[f"changelogger_check_failures_total {error}"] == 0
    for change_type in ChangeType:
        assert found[f"changelogger_changes_total {change_type}"] == 0
    assert not [name for name in found if "created" in name]


def test_what_happened_is_counted() -> None:
    metrics = Metrics("0")
    metrics.checked(Verdict.CHANGED)
    metrics.checked(Verdict.FAILED, ErrorClass.DNS)
    metrics.changed(ChangeType.MAJOR)
    metrics.fetched(0.2, 1000)
    metrics.read(0.01)
    metrics.store.committed(7, 0.02)
    metrics.lag(0.003)
    metrics.in_flight(3)
    metrics.due(7, 12.5)
    metrics.waiting(Queue.RESULTS, 4)
    metrics.disk(2**30)
    found = series(metrics)
    assert found["changelogger_checks_total changed"] == 1
    assert found["changelogger_check_failures_total dns"] == 1
    assert found["changelogger_changes_total major"] == 1
    assert found["changelogger_fetch_seconds_sum"] == 0.2
    assert found["changelogger_fetched_bytes_total"] == 1000
    for step in ("document", "store", "loop_lag"):
        assert found[f"changelogger_{step}_seconds_count"] == 1
    assert found["changelogger_store_group_outcomes_sum"] == 7
    assert found["changelogger_in_flight"] == 3
    assert found["changelogger_due_pages"] == 7
    assert found["changelogger_overdue_seconds"] == 12.5
    assert found["changelogger_queue_length results"] == 4
    assert found["changelogger_disk_free_bytes"] == 2**30


def test_a_page_that_no_browser_was_there_for_has_no_time() -> None:
    metrics = Metrics("0")
    metrics.browser.rendered(RenderOutcome.SHOWN, 1.5)
    metrics.browser.rendered(RenderOutcome.FAILED, 3.0)
    metrics.browser.rendered(RenderOutcome.NO_BROWSER, 5.0)
    metrics.fetched(None, 1000)
    found = series(metrics)
    for outcome in RenderOutcome:
        assert found[f"changelogger_renders_total {outcome}"] == 1
    assert found["changelogger_render_seconds_sum"] == 4.5
    assert found["changelogger_fetch_seconds_count"] == 0
    assert found["changelogger_fetched_bytes_total"] == 1000


def test_the_number_of_series_does_not_grow_with_the_work() -> None:
    metrics = Metrics("0")
    before = len(series(metrics))
    for verdict in Verdict:
        for error in ErrorClass:
            metrics.checked(verdict, error)
    assert len(series(metrics)) == before
    assert before < 300


def test_the_text_is_made_at_most_once_a_second() -> None:
    now = 0.0
    metrics = Metrics("0", clock=lambda: now)
    first = metrics.render()
    metrics.in_flight(9)
    assert metrics.render() is first
    now = 1.0
    assert b"changelogger_in_flight 9.0" in metrics.render()


def test_two_daemons_in_one_process_do_not_share_counts() -> None:
    one, other = Metrics("0"), Metrics("0")
    one.checked(Verdict.INITIAL)
    assert series(other)["changelogger_checks_total initial"] == 0


def test_the_summary_is_for_people() -> None:
    metrics = Metrics("0")
    metrics.checked(Verdict.INITIAL)
    metrics.in_flight(2)
    summary = metrics.summary()
    assert summary["in_flight"] == 2
    checks = summary["checks_total"]
    assert isinstance(checks, dict)
    assert checks["initial"] == 1


async def test_the_loop_tells_each_lag_and_the_worst_of_late() -> None:
    samples: list[float] = []
    worst: list[float] = []
    enough = asyncio.Event()

    def tell(seconds: float) -> None:
        worst.append(seconds)
        if len(worst) == 30:
            enough.set()

    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        sampler = group.create_task(watch_loop_lag(samples.append, tell, every_seconds=0))
        await enough.wait()
        sampler.cancel()
    assert all(seconds >= 0 for seconds in samples)
    assert worst[29] == max(samples[10:30])
