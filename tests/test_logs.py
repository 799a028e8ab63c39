from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import os
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from daemon.logs import setup as logs
from daemon.logs.clean import VALUE_BYTES, Cleaner
from daemon.logs.journal import is_journal, with_priority
from daemon.logs.lines import as_text
from daemon.logs.logger import send_to_library
from daemon.logs.repeats import LineKind, RepeatLimit

log = structlog.get_logger("daemon.test")
SECRET = 'hunter2/"ünder&gröund'


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Leave the process-wide logging as it was found."""
    root = logging.getLogger()
    level = root.level
    yield
    for handler in [one for one in root.handlers if isinstance(one, logs.LineHandler)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)
    send_to_library()


@pytest.fixture
def stream() -> io.StringIO:
    """Where the lines go; JSON, from debug on, one secret known."""
    stream = io.StringIO()
    logs.configure("debug", "json", [SECRET], stream)
    return stream


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@contextmanager
def only_our_handler() -> Iterator[None]:
    """Without the handlers of the test runner, which raise for what they cannot show."""
    root = logging.getLogger()
    others = [one for one in root.handlers if not isinstance(one, logs.LineHandler)]
    for one in others:
        root.removeHandler(one)
    yield
    for one in others:
        root.addHandler(one)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")

    __repr__ = __str__


def test_a_line_is_json_with_when_how_bad_and_what(stream: io.StringIO) -> None:
    log.info("page changed", change_type="major", bytes=12)
    (entry,) = entries(stream)
    assert list(entry)[:3] == ["timestamp", "level", "event"]
    assert entry["timestamp"].endswith("+00:00")
    assert entry["level"] == "info"
    assert entry["event"] == "page changed"
    assert (entry["change_type"], entry["bytes"]) == ("major", 12)


async def test_site_and_attempt_are_in_every_line_of_a_check_and_in_no_other(
    stream: io.StringIO,
) -> None:
    async def check(site: str) -> None:
        with logs.bind_check(site=site, attempt=7):
            await asyncio.sleep(0)
            log.info("from us")
            logging.getLogger("some.library").warning("from %s", "them")

    async with asyncio.TaskGroup() as group:
        group.create_task(check("one"))
        group.create_task(check("two"))
    log.info("after")
    *inside, after = entries(stream)
    assert sorted((entry["site"], entry["event"]) for entry in inside) == [
        ("one", "from them"),
        ("one", "from us"),
        ("two", "from them"),
        ("two", "from us"),
    ]
    assert {entry["attempt"] for entry in inside} == {"7"}
    assert "site" not in after


@pytest.mark.parametrize(
    ("level", "seen"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)]
)
def test_only_lines_at_or_above_the_level_are_written(level: logs.Level, seen: int) -> None:
    stream = io.StringIO()
    logs.configure(level, "json", stream=stream)
    log.debug("a")
    log.info("b")
    log.warning("c")
    assert len(entries(stream)) == seen


def test_a_library_that_talks_about_itself_is_not_heard(stream: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
    logging.getLogger("apscheduler.executors.default").info("Running job")
    assert entries(stream) == []


def test_configuring_again_replaces_the_stream(stream: io.StringIO) -> None:
    second = io.StringIO()
    logs.configure("info", "json", stream=second)
    log.info("once")
    assert entries(stream) == []
    assert len(entries(second)) == 1


def test_warnings_become_lines(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("soon gone", DeprecationWarning, stacklevel=1)
    logging.captureWarnings(True)
    warnings.showwarning("soon gone", DeprecationWarning, "file.py", 1)
    assert "soon gone" in entries(stream)[-1]["event"]


@pytest.mark.parametrize(
    ("form", "make", "starts_with"),
    [
        ("auto", io.StringIO, r"\{"),
        ("auto", Terminal, "\x1b"),
        ("json", Terminal, r"\{"),
        ("console", io.StringIO, r"\d\d-\d\d "),
    ],
)
def test_the_form_fits_the_reader(
    form: logs.Format, make: type[io.StringIO], starts_with: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = make()
    logs.configure("info", form, stream=stream)
    log.info("hello")
    assert re.match(starts_with, stream.getvalue())


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    logs.configure("info", "auto", stream=stream)
    log.info("hello", url="http://site.test/a b")
    assert "\x1b" not in stream.getvalue()
    assert 'url="http://site.test/a b"' in stream.getvalue()


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], str]]:
    """What the last line for a person says behind its time, on a machine in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    stream = io.StringIO()
    logs.configure("debug", "console", stream=stream)
    yield lambda: stream.getvalue().splitlines()[-1][len("11-30 03:37:09 ") :]
    monkeypatch.undo()
    time.tzset()


ATTEMPT = "01a22a87-2417-71ca-a10c-c165c2206670"
FACTS = {"url": "http://site.test/", "verdict": "failed", "seconds": 0.008}


def test_a_person_reads_what_failed_in_a_short_line(console: Callable[[], str]) -> None:
    with logs.bind_check(site="Example blog", attempt=ATTEMPT):
        structlog.get_logger("daemon.runtime.worker").warning(
            "check_failed", **FACTS, error_class="http_5xx", detail="the server answered 500"
        )
    assert console() == "warn  check failed  Example blog · http_5xx · the server answered 500"


def test_a_person_reads_what_changed_in_a_short_line(console: Callable[[], str]) -> None:
    structlog.get_logger("daemon.runtime.worker").info(
        "changed",
        **FACTS,
        site="Blog",
        change_type="minor",
        confidence_score=0.9,
        summary="Replaced “a” with “b”.",
    )
    assert console() == "info  changed  Blog · minor · Replaced “a” with “b”."


@pytest.mark.parametrize(
    ("event", "facts", "line"),
    [
        ("stopped", {}, "info  stopped"),
        ("started", {"version": "1", "sites": 3}, "info  started  version=1 sites=3"),
        ("analysed", {"change": ATTEMPT}, "info  analysed  change=c2206670"),
        ("claim_failed", {"reason": "no disk"}, "info  claim failed  no disk"),
        ("lease_lost", {"url": "http://a.test/"}, "info  lease lost  url=http://a.test/"),
        (
            "row_set_aside",
            {"table": "pages", "row": ATTEMPT, "reason": "no date"},
            f"info  row set aside  table=pages row={ATTEMPT} · no date",
        ),
    ],
)
def test_other_facts_keep_their_names(
    console: Callable[[], str], event: str, facts: dict[str, object], line: str
) -> None:
    structlog.get_logger("daemon.part").info(event, **facts)
    assert console() == line


def test_a_librarys_line_says_whose_it_is(console: Callable[[], str]) -> None:
    logging.getLogger("library_of.others").warning("some_thing broke")
    assert console() == "warn  some_thing broke  logger=library_of.others"


@pytest.mark.usefixtures("console")
def test_a_person_reads_the_time_of_this_machine() -> None:
    entry = {"timestamp": "2026-11-30T02:37:09.027+00:00", "level": "info", "event": "x"}
    assert as_text(entry, colour=False) == "11-30 03:37:09 info  x"


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize(
    "evil",
    [
        "\x1b[2J",
        "\r\n2026 forged line",
        "\x00",
        "\x9b31m",
        "\u202eright to left",
        "\u2028",
        "\ud800",
    ],
)
def test_nothing_a_page_says_reaches_the_terminal_as_a_command(
    form: logs.Format, evil: str
) -> None:
    stream = io.StringIO()
    logs.configure("info", form, stream=stream)
    with logs.bind_check(site=evil, attempt=evil):
        log.info(evil, title=evil, nested={evil: [evil]}, raw=evil.encode("utf-8", "replace"))
        logging.getLogger("library").warning("says %s", evil)
    assert evil not in stream.getvalue()
    assert len(stream.getvalue().split("\n")) == 3
    stream.getvalue().encode()


@pytest.mark.parametrize(
    "value",
    ["x" * 5_000_000, "ü" * 2_000, ["x" * 900] * 50, {"k": {"k": ["x" * 5000]}}, 10**6000],
    ids=["long", "wide", "many", "deep", "number"],
)
def test_a_value_takes_at_most_a_kilobyte(value: object) -> None:
    shown = json.dumps(Cleaner().value(value), ensure_ascii=False)
    assert len(shown.encode()) <= VALUE_BYTES + 200  # the quotes inside a cut container are escaped


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"https://site.test/?q={quote(SECRET, safe='')}",
        json.dumps({"password": SECRET}),
        f"x{SECRET}y" * 300,
        repr(SECRET),
    ],
)
def test_a_known_secret_is_masked_in_every_form(stream: io.StringIO, text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        log.exception(text, value=text, list=[text])
    for form in (SECRET, quote(SECRET, safe=""), json.dumps(SECRET)[1:-1], "hunter2"):
        assert form not in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://me:pa55@site.test/x", "https://***@site.test/x"),
        ("postgresql+asyncpg://u:p@ss@db/x", "postgresql+asyncpg://***@db/x"),
        ("http://site.test/?a=1&token=abc#x", "http://site.test/?a=1&token=***#x"),
        ("http://site.test/?API_KEY=abc", "http://site.test/?API_KEY=***"),
        ("http://site.test/a@b", "http://site.test/a@b"),
        ("mail me@site.test", "mail me@site.test"),
    ],
)
def test_credentials_in_urls_are_masked(text: str, masked: str) -> None:
    assert Cleaner().text(text) == masked


def test_a_field_named_like_a_secret_is_masked_but_a_number_of_that_name_is_not(
    stream: io.StringIO,
) -> None:
    log.info("sent", authorization="Bearer x", headers={"Cookie": "sid=1"}, lease_token=3)
    (entry,) = entries(stream)
    assert entry["authorization"] == "***"
    assert entry["headers"] == {"Cookie": "***"}
    assert entry["lease_token"] == 3


def test_very_short_secrets_do_not_blank_the_log() -> None:
    assert Cleaner(["", "a", "abc"]).text("a cab abc") == "a cab abc"


@pytest.mark.parametrize(
    "values",
    [
        {"value": Rude()},
        {"value": {Rude(): 1}},
        {"value": float("nan")},
        {"value": float("-inf")},
        {"value": b"\xff\x00"},
        {"value": 10**5000},
        {"exc_info": True},
        {"exc_info": Rude()},
        {"event_": object(), "level": "forged", "timestamp": 0},
    ],
)
def test_no_value_makes_logging_raise_or_break_the_line(
    stream: io.StringIO, values: dict[str, Any]
) -> None:
    with only_our_handler():
        log.info("still here", **values)
    (entry,) = entries(stream)
    assert entry["event"] == "still here"
    assert entry["level"] == "info"


def test_arguments_that_do_not_fit_the_message_are_shown_beside_it(stream: io.StringIO) -> None:
    with only_our_handler():
        log.info("%d pages", "many")
        logging.getLogger("library").warning("%d of %d", *(1,))
    ours, theirs = entries(stream)
    assert ours["event"] == "%d pages ('many',)"
    assert theirs["event"] == "%d of %d (1,)"


def test_a_record_that_cannot_be_shown_leaves_a_poor_line(stream: io.StringIO) -> None:
    with only_our_handler():
        logging.getLogger("library").warning("%s", Rude())
    (entry,) = entries(stream)
    assert entry["event"] == "log_line_broken"
    assert entry["logger"] == "library"


def test_a_closed_stream_is_no_reason_to_raise() -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream=stream)
    stream.close()
    log.info("into the void")


def test_a_stream_that_knows_only_ascii_gets_escapes() -> None:
    raw = io.BytesIO()
    logs.configure("info", "json", stream=io.TextIOWrapper(raw, "ascii"))
    log.info("grün")
    assert b"gr\\xfcn" in raw.getvalue()


def test_an_exception_is_one_field_with_its_cause_and_its_group(stream: io.StringIO) -> None:
    try:
        try:
            raise KeyError("inner\x1b")
        except KeyError as exc:
            raise ExceptionGroup("outer", [ValueError("member")]) from exc
    except ExceptionGroup:
        log.exception("went wrong")
    (entry,) = entries(stream)
    exception = entry["exception"]
    assert exception["type"] == "builtins.ExceptionGroup"
    assert "test_logs.py:" in exception["frames"][-1]
    assert exception["cause"]["message"] == "'inner\\x1b'"
    assert exception["errors"][0] == {
        "type": "builtins.ValueError",
        "message": "member",
        "frames": [],
    }


def test_an_exception_that_is_its_own_cause_ends() -> None:
    stream = io.StringIO()
    logs.configure("info", "console", stream=stream)
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    log.error("ring", exc_info=first)
    assert stream.getvalue().count("because of") > 1


def test_a_page_storm_leaves_the_first_few_lines_and_a_count() -> None:
    gc.collect()  # what tests before have left says so now, not among these lines
    now = 0.0
    stream = io.StringIO()
    logs.configure("info", "json", stream=stream)
    (handler,) = [one for one in logging.getLogger().handlers if isinstance(one, logs.LineHandler)]
    handler._clock = lambda: now
    with logs.bind_check(site="mad", attempt=1):
        for _ in range(1000):
            log.warning("bad link", link="x")
    log.warning("bad link", site="calm")
    now = 61.0
    log.info("later")
    *first, calm, count, later = entries(stream)
    assert len(first) == 5
    assert calm["site"] == "calm"
    assert (count["event"], count["site"], count["repeats_held_back"]) == ("bad link", "mad", 995)
    assert "attempt" not in count
    assert later["event"] == "later"


def test_what_is_held_back_at_the_end_is_told_on_close() -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream=stream)
    with logs.bind_check(site="mad", attempt=1):
        for _ in range(8):
            log.warning("bad link")
    logs.configure("info", "json", stream=io.StringIO())
    assert entries(stream)[-1]["repeats_held_back"] == 3


def test_debugging_is_not_limited(stream: io.StringIO) -> None:
    for _ in range(500):
        log.debug("step", site="one")
    assert len(entries(stream)) == 500


def test_one_message_of_many_sites_is_limited_too() -> None:
    limit = RepeatLimit(per_site=5, per_event=20, window_seconds=60)
    admitted = [limit.admits(LineKind("log", 30, "down", f"site {n}"), 0.0) for n in range(100)]
    assert sum(admitted) == 20
    assert [held.times for held in limit.ended(60.0)] == [80]
    assert limit.admits(LineKind("log", 30, "down", "site 1"), 60.0)


def test_the_limit_forgets_the_oldest_kinds_but_tells_their_count() -> None:
    limit = RepeatLimit(per_event=1, kinds=10)
    for n in range(100):
        limit.admits(LineKind("log", 30, f"event {n}"), 0.0)
        limit.admits(LineKind("log", 30, f"event {n}"), 0.0)
    assert sum(held.times for held in limit.ended(0.0)) == 90
    assert sum(held.times for held in limit.ended(60.0)) == 10


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (logging.INFO, 20),
        ("\U000e0041", "\\U000e0041"),
        ("\u202e", "\\u202e"),
        ((1, {2}), [1, [2]]),
        ([[["deep"]]], [["…"]]),
    ],
)
def test_plain_values_stay_as_they_are_and_strange_ones_are_spelt_out(
    value: object, shown: object
) -> None:
    assert Cleaner().value(value) == shown


@pytest.mark.parametrize(
    ("level", "priority"),
    [("debug", 7), ("info", 6), ("warning", 4), ("error", 3), ("critical", 2)],
)
def test_the_journal_is_told_how_urgent_a_line_is(
    level: str, priority: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "journal").open("w+") as journal:
        status = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        logs.configure("debug", "auto", stream=journal)
        getattr(log, level)("said")
        journal.seek(0)
        line = journal.read()
    assert line.startswith(f"<{priority}>{{")
    assert json.loads(line[3:])["event"] == "said"


def test_each_line_of_a_traceback_has_the_priority_of_the_first() -> None:
    assert with_priority("broken\n  at here", logging.ERROR) == "<3>broken\n<3>  at here"


@pytest.mark.parametrize("value", ["", "8:1", "not a device"])
def test_a_stream_that_is_not_the_journal_gets_no_priorities(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", value)
    with (tmp_path / "file").open("w+") as file:
        assert not is_journal(file, os.environ)
    assert not is_journal(io.StringIO(), os.environ)


def test_a_secret_in_an_exception_and_in_its_url_is_masked(stream: io.StringIO) -> None:
    try:
        raise ValueError(f"refused by https://ada:{quote(SECRET, safe='')}@site.example/?key=abc")
    except ValueError:
        log.exception("broken")
    text = stream.getvalue()
    assert SECRET not in text
    assert quote(SECRET, safe="") not in text
    assert "key=abc" not in text
    assert "site.example" in text


def test_the_time_of_a_line_is_utc(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        log.info("said")
    time.tzset()
    [entry] = entries(stream)
    at = datetime.fromisoformat(entry["timestamp"])
    assert at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - at) < timedelta(hours=1)


def test_a_process_that_logs_loads_no_library_for_tracebacks() -> None:
    parts = "daemon.cli.commands.process.run, daemon.logs.setup, daemon.runtime.service"
    code = f"import {parts}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "structlog" in done.stdout.split()
    assert "rich.traceback" not in done.stdout.split()


def test_a_process_that_configures_no_log_keeps_its_stdout_clean(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    structlog.get_logger("daemon.test").warning("said", to="nobody in particular")
    assert capsys.readouterr().out == ""
    assert caplog.messages == ["event='said' to='nobody in particular'"]
