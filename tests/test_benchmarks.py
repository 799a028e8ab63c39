"""The measuring scripts still run, and what they serve and report is right; no times are judged."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

import pytest

from benchmarks import contenders, frequency, web_pages
from benchmarks.contenders import Round
from benchmarks.figures import figures, table
from benchmarks.usage import Usage
from benchmarks.web_site import Site
from daemon.schedule.rhythm import QUIET

ROOT = Path(__file__).resolve().parent.parent
LEAVES_WORK_BEHIND = """
import subprocess, sys
work = "from pathlib import Path; sum(range(3_000_000)); Path('done').touch()"
subprocess.Popen([sys.executable, "-c", work], start_new_session=True)
"""


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def usage(cpu_seconds: float) -> Usage:
    return Usage(1.0, cpu_seconds, 50 * 2**20, 0, "")


@pytest.fixture(scope="module")
def small_site() -> Site:
    return Site(7, 20, web_pages.generated(7, 2))


def test_a_small_comparison_runs_to_its_table(tmp_path: Path) -> None:
    rows_path = tmp_path / "rows.jsonl"
    command = [sys.executable, "benchmarks/checks.py", "--pages", "20", "--repeat", "1"]
    command += ["--mode", "nonce", "--with", "", "--timeout", "60", "--out", str(rows_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in rows_path.read_text().splitlines()]
    assert [(row["tool"], row["round"], row["requests"]) for row in rows] == [
        (tool, number, 20)
        for tool in ("raw aiohttp", "best case", "changelogger")
        for number in (1, 2, 3, 4)
    ]
    of_those_that_look = [row for row in rows[4:] if row["round"] in (2, 4)]
    assert {(row["precision"], row["recall"]) for row in of_those_that_look} == {(1.0, 1.0)}
    assert done.stdout.strip() == table(rows)


@pytest.mark.parametrize("kind", list(frequency.KINDS))
def test_a_learnt_frequency_keeps_its_delay_and_costs_no_more(kind: str) -> None:
    pages = frequency.generated(kind, pages=2, weeks=24)
    within = timedelta(hours=3)
    found = frequency.compare(pages, within, [24 * frequency.WEEK] * len(pages))
    delays = found.learnt.delays
    assert sum(delay <= found.within for delay in delays) >= 0.95 * len(delays)
    assert max(delays) <= QUIET * found.within
    assert found.saved(found.plain) > -0.05
    if kind != "dead":  # of a handful of changes percentiles mean nothing
        assert found.saved(found.best) > (0.3 if kind in ("office", "daily") else -0.05)


def test_recorded_changes_are_read_page_by_page() -> None:
    text = "2026-05-04T10:00+00:00\n2026-05-05T10:00+00:00\n\n2026-05-12T00:30+02:00\n"
    assert frequency.recorded(text) == [
        [10 * frequency.HOUR, frequency.DAY + 10 * frequency.HOUR],
        [22.5 * frequency.HOUR],
    ]


def test_an_attack_is_measured_beside_a_bare_server() -> None:
    command = [sys.executable, "benchmarks/attack.py", "--sites", "3", "--seconds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ")[0] for line in done.stdout.splitlines() if line.startswith("| ")]
    assert rows[2:] == ["| changelogger", "| bare aiohttp"]


def test_notices_are_sent_with_all_channels_alive_and_with_one_dead() -> None:
    command = [sys.executable, "benchmarks/notices.py", "--notices", "12", "--dead", "stalls"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    whole, part = done.stdout.splitlines()[2:4]
    assert whole.startswith("| all alive | 12 |")
    assert part.startswith("| one dead | 9 |")


def test_a_peer_that_is_not_beside_its_interpreter_is_absent(tmp_path: Path) -> None:
    assert contenders.command_of("scrapy", tmp_path / "bin" / "python") is None


@pytest.mark.parametrize("mode", ["plain", "nonce"])
def test_a_packed_page_is_the_plain_page(small_site: Site, mode: str) -> None:
    small_site.set(mode, 1)
    packed = gzip.decompress(body(small_site.answer(b"/p/3", gzip=True)))
    plain = body(small_site.answer(b"/p/3", gzip=False))
    if mode == "plain":
        assert packed == plain
    assert len(packed) == len(plain)
    assert web_pages.sentence(7, 3, 1).encode() in packed


def test_only_the_changed_tenth_differs_in_the_second_round(small_site: Site) -> None:
    answers = []
    for round_number in (1, 2):
        small_site.set("plain", round_number)
        answers.append([small_site.page(number, gzip=True) for number in range(20)])
    differing = {n for n, (old, new) in enumerate(zip(*answers, strict=True)) if old != new}
    assert differing == web_pages.changed_pages(7, 20, 2)
    assert len(differing) == 2


def test_of_the_later_rounds_one_changes_nothing_and_one_half() -> None:
    versions = [web_pages.version_of(7, 20, number) for number in (2, 3, 4)]
    assert versions[0] == versions[1]
    assert sum(old != new for old, new in zip(versions[1], versions[2], strict=True)) == 10


def test_a_token_makes_every_answer_another(small_site: Site) -> None:
    small_site.set("nonce", 1)
    assert small_site.answer(b"/p/0", gzip=False) != small_site.answer(b"/p/0", gzip=False)


def test_generated_pages_have_the_sizes_of_real_ones() -> None:
    sizes = [sum(map(len, page)) for page in web_pages.generated(1, 30)]
    assert min(sizes) > 20_000
    assert max(sizes) < 220_000


def test_a_stored_page_gets_its_sentence_where_it_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.html.gz").write_bytes(
        gzip.compress(b"<body><p>one</p><script>'<p>two</p>'</script></body></html>")
    )
    (tmp_path / "b.html").write_bytes(b"<p>\xff\xfe</p>")
    (tmp_path / "c.html").write_bytes(b"no paragraph")
    assert web_pages.stored(tmp_path, 10) == [
        (b"<body><p>one</p>", b"<script>'<p>two</p>'</script>", b"</body></html>")
    ]


def test_reports_of_peers_are_read() -> None:
    report = (
        "01. CHANGED: http://127.1.0.8:80/p/7\n02. NEW: http://127.1.0.9:80/p/8\n"
        "------\nCHANGED: http://127.1.0.8:80/p/7\n-old /p/5\n"
    )
    assert contenders.reported_changed(report) == {7}


def test_figures_say_how_right_a_report_is() -> None:
    row = figures(Round(usage(0.5), frozenset({1, 2})), 100, frozenset({2, 3, 4, 5}))
    assert (row["cpu_ms"], row["peak_mb"]) == (5.0, 50)
    assert (row["precision"], row["recall"]) == (0.5, 0.25)


def test_the_table_compares_within_each_repeat_and_takes_medians() -> None:
    costs = {"raw aiohttp": (1, 10, 1), "best case": (2, 10, 2), "changelogger": (3, 20, 4)}
    rows = rows_of(1000, costs)
    assert table(rows).splitlines()[-1] == (
        "| changelogger | 4.00 | 3.0 | 2.0 | 4.00 | 3.0 | 2.0 | 4.00 | 3.0 | 2.0"
        " | 12.00 | 11.0 | 5.5 | 16.0 | 8.0 | 1.0 / 1.0 / 1.0 / 1.0 | 50"
        " | 1000 / 1000 / 1000 / 1000 | 1.00 | 1.00 |"
    )


def test_what_one_more_page_costs_is_net_of_start() -> None:
    few = rows_of(1000, {"best case": (3,), "changelogger": (4,)})
    many = rows_of(3000, {"best case": (5,), "changelogger": (8,)})
    lines = table([*few, *many]).splitlines()
    assert "Mode plain, one of 2,000 more pages, net of start, medians of 1:" in lines
    assert lines[-1].startswith("| changelogger | 2.00 | – | 2.0 | 2.00 |")


def rows_of(pages: int, costs: Mapping[str, tuple[int, ...]]) -> list[dict[str, object]]:
    """Rows of tools that used so many seconds in each repeat, and in the last round more."""
    return [
        {"repeat": repeat, "mode": "plain", "tool": tool, "round": number, "requests": pages}
        | figures(Round(usage(seconds + extra), frozenset({1})), pages, frozenset({1}))
        for tool, each in costs.items()
        for repeat, seconds in enumerate(each)
        for number, extra in ((1, 0), (2, 0), (3, 0), (4, 8 if tool == "changelogger" else 0))
    ]


def test_a_command_is_not_over_before_what_it_left_behind_is(tmp_path: Path) -> None:
    assert measured([sys.executable, "-c", LEAVES_WORK_BEHIND], tmp_path) == 0
    assert (tmp_path / "done").exists()


def test_a_command_is_ended_when_its_time_is_up(tmp_path: Path) -> None:
    endless = "import threading; threading.Event().wait()"
    assert measured([sys.executable, "-c", endless], tmp_path, timeout_seconds=0.5) == -SIGKILL


def measured(command: list[str], folder: Path, timeout_seconds: float = 30) -> int:
    """The exit code of a command, measured in a process that may adopt what it leaves behind."""
    script = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from benchmarks.usage import Place, measure\n"
        "command, folder, timeout_seconds = json.loads(sys.argv[1])\n"
        "print(measure(command, Place(Path(folder), {}, timeout_seconds)).exit_code)\n"
    )
    job = json.dumps([command, str(folder), timeout_seconds])
    return int(subprocess.check_output([sys.executable, "-c", script, job], cwd=ROOT, text=True))
