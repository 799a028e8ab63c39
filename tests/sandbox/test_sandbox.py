"""Workers for documents: their answers, their limits, their ends."""

from __future__ import annotations

import asyncio
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.config.sections import DocumentsConfig
from daemon.extract import read
from daemon.model.errors import ExtractError
from daemon.model.product import OfferHint
from daemon.model.reading import StoredState
from daemon.model.response import Document
from daemon.model.site import Rules
from daemon.model.status import ErrorClass
from daemon.packing import content_hash, pack, unpack
from daemon.sandbox.messages import JudgeJob, OfferWant, ReadJob, Want
from daemon.sandbox.pool import BrokenJobError, Sandbox

MEBIBYTE = 1 << 20
ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 5, 4, tzinfo=UTC)
PAGE = b"<title>Shop</title><h1>Lamps</h1><p>A lamp costs 12 euros.</p>"
# Each element asks for all elements, and each of those again.
ENDLESS = Rules(include=("//*[count(//*[count(//*) > 0]) > 0]",))


def document(body: bytes) -> Document:
    return Document(body, "text/html", "utf-8", "https://a.example/")


def job(body: bytes = PAGE, *wants: Want) -> ReadJob:
    return ReadJob(document(body), content_hash(body), wants or (Want(Rules()),))


def endless() -> ReadJob:
    return job(b"<p><b>x</b></p>" * 20_000, Want(ENDLESS))


def stored(body: bytes) -> StoredState:
    reading = read(document(body), Rules())
    text, source = pack(reading.text.encode()), pack(body)
    return StoredState(
        reading.kind, reading.title, reading.text_hash, reading.extractor, (), text.data,
        source.data, "text/html", "utf-8", "https://a.example/", NOW,
    )  # fmt: skip


async def text_of(sandbox: Sandbox, body: bytes = PAGE) -> str:
    [one] = (await sandbox.read(job(body))).readings
    assert one.text is not None
    return unpack(one.text.data).decode()


def pids(sandbox: Sandbox) -> set[int]:
    return {worker.process.pid for worker in sandbox._all}


def little_memory(memory_bytes: int) -> DocumentsConfig:
    """Less than a configuration may give, so that its end is met soon."""
    return DocumentsConfig(workers=1).model_copy(update={"memory_bytes": memory_bytes})


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(DocumentsConfig(workers=1, cpu_seconds=1)) as sandbox:
        yield sandbox


# Answers


async def test_a_document_is_read_as_it_would_be_here(sandbox: Sandbox) -> None:
    done = await sandbox.read(job())
    expected = read(document(PAGE), Rules())
    [one] = done.readings
    assert (one.kind, one.title, one.extractor) == ("html", "Shop", expected.extractor)
    assert one.text_hash == expected.text_hash
    assert one.text is not None
    assert unpack(one.text.data).decode() == expected.text
    assert done.source is not None
    assert (unpack(done.source.data), done.source.hash) == (PAGE, content_hash(PAGE))


async def test_a_known_text_is_not_sent_back(sandbox: Sandbox) -> None:
    known = read(document(PAGE), Rules()).text_hash
    done = await sandbox.read(job(PAGE, Want(Rules(), known)))
    assert (done.readings[0].text_hash, done.readings[0].text, done.source) == (known, None, None)


async def test_each_owner_gets_his_own_reading(sandbox: Sandbox) -> None:
    heading, unfit = Want(Rules(include=("h1",))), Want(Rules(exclude=("//p/text()",)))
    one, two, three = (await sandbox.read(job(PAGE, heading, unfit, Want(Rules())))).readings
    assert one.text is not None
    assert unpack(one.text.data).decode().strip() == "Lamps"
    assert two.error_class is ErrorClass.SELECTOR
    assert three.error_class is None


async def test_two_states_are_judged(sandbox: Sandbox) -> None:
    after = PAGE.replace(b"12", b"14").replace(b"</p>", b"</p><p>Orders over 50 ship free.</p>")
    done = await sandbox.judge(JudgeJob(stored(PAGE), stored(after), (), Rules(), None))
    assert done.finding.change_type is not None
    assert "+A lamp costs 14 euros." in done.diff


async def test_a_large_page_that_is_written_anew_is_a_change_within_the_limits() -> None:
    def table(factor: int) -> bytes:
        rows = ((n * factor, n % 28 + 1, n * factor * 7919 % 10007, n) for n in range(25_000))
        return b"".join(b"<p>%d; 2026-11-%02d; %d views; view %d items</p>" % row for row in rows)

    states = [stored(table(factor)) for factor in (2, 3, 5)]
    job = JudgeJob(states[1], states[2], (states[0],), Rules(), None)
    async with Sandbox(DocumentsConfig(workers=1, cpu_seconds=2)) as sandbox:
        done = await sandbox.judge(job)
    change = done.finding.change
    assert change is not None
    assert change.flags == ("too_different", "cut")
    assert change.added_lines > 20_000
    assert sum(len(line) for hunk in change.hunks for line in hunk.added) < 500_000
    assert done.finding.summary.startswith("Nearly everything changed: 24,")
    assert done.diff.endswith("\n… cut")


async def test_many_jobs_at_once_are_all_answered() -> None:
    bodies = [b"<p>page %d</p>" % i for i in range(60)]
    async with Sandbox(DocumentsConfig(workers=2)) as sandbox, asyncio.TaskGroup() as group:
        texts = [group.create_task(text_of(sandbox, body)) for body in bodies]
        assert [(await text).strip() for text in texts] == [f"page {i}" for i in range(60)]
        assert 1 <= sandbox.processes <= 2


async def test_no_worker_is_started_before_there_is_a_job(sandbox: Sandbox) -> None:
    assert sandbox.processes == 0


# Limits


async def test_a_document_that_takes_too_long_is_given_up(sandbox: Sandbox) -> None:
    with pytest.raises(ExtractError, match="more than 1 s of CPU time") as caught:
        await sandbox.read(endless())
    assert caught.value.error_class is ErrorClass.PARSE
    assert sandbox.processes == 0
    assert "Lamps" in await text_of(sandbox)


async def test_each_job_has_its_own_time(sandbox: Sandbox) -> None:
    half_a_second = job(b"<p>hello <b>x</b></p>" * 150_000)
    for _ in range(4):
        await sandbox.read(half_a_second)
    assert sandbox.processes == 1


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html", b"<p>hello <b>x</b></p>" * 400_000),
        ("text/plain", b"hello world\n" * 800_000),
    ],
)
async def test_a_document_that_needs_too_much_is_given_up(content_type: str, body: bytes) -> None:
    wanted = ReadJob(
        Document(body, content_type, "utf-8", ""), content_hash(body), (Want(Rules()),)
    )
    async with Sandbox(little_memory(110 * MEBIBYTE)) as sandbox:
        with pytest.raises(ExtractError) as caught:
            await sandbox.read(wanted)
        assert caught.value.error_class is ErrorClass.TOO_LARGE
        assert "Lamps" in await text_of(sandbox)


async def test_a_worker_that_has_grown_large_leaves_after_its_answer() -> None:
    large = b"hello world\n" * 250_000
    async with Sandbox(little_memory(72 * MEBIBYTE)) as sandbox:
        for _ in range(3):
            done = await sandbox.read(
                ReadJob(Document(large, "text/plain", None, ""), "0" * 32, (Want(Rules()),))
            )
            assert done.readings[0].error_class is None
            assert sandbox.processes == 0


async def test_a_bug_of_ours_is_told_as_one_and_the_worker_goes_on(sandbox: Sandbox) -> None:
    wrong = JudgeJob(stored(PAGE), stored(PAGE), (), Rules(), None)
    await text_of(sandbox)
    before = pids(sandbox)
    with pytest.raises(BrokenJobError, match="Traceback"):
        await sandbox.read(wrong)  # type: ignore[arg-type]  # a bug, on purpose
    assert "Lamps" in await text_of(sandbox)
    assert pids(sandbox) == before


async def test_a_machine_that_cannot_start_a_worker_is_overloaded(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(ExtractError, match="no worker could be started") as caught:
            await sandbox.read(job())
    assert caught.value.error_class is ErrorClass.OVERLOAD
    assert "Lamps" in await text_of(sandbox)


async def test_a_machine_out_of_open_files_is_overloaded(sandbox: Sandbox) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = os.open("/dev/null", os.O_RDONLY)  # the lowest free number: all below are in use
    os.close(held)
    resource.setrlimit(resource.RLIMIT_NOFILE, (held, hard))
    try:
        with pytest.raises(ExtractError) as caught:
            await sandbox.read(job())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert caught.value.error_class is ErrorClass.OVERLOAD
    assert "Lamps" in await text_of(sandbox)


# Ends


async def test_a_cancelled_job_ends_its_worker_and_the_next_one_works(sandbox: Sandbox) -> None:
    await text_of(sandbox)
    with suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            await sandbox.read(endless())
    assert sandbox.processes == 0
    assert "Lamps" in await text_of(sandbox)


async def test_a_job_that_is_cancelled_while_it_waits_ends_nobody(sandbox: Sandbox) -> None:
    await text_of(sandbox)
    before = pids(sandbox)
    async with asyncio.TaskGroup() as group:
        first = group.create_task(text_of(sandbox, b"<p>x</p>" * 50_000))
        second = group.create_task(text_of(sandbox))
        await asyncio.sleep(0)
        second.cancel()
        await first
    assert pids(sandbox) == before


async def test_a_worker_is_replaced_after_its_jobs() -> None:
    seen = set()
    async with Sandbox(DocumentsConfig(workers=1, tasks_per_worker=2)) as sandbox:
        for _ in range(4):
            await text_of(sandbox)
            seen |= pids(sandbox)
            await text_of(sandbox)
            assert sandbox.processes == 0
    assert len(seen) == 4


async def test_a_worker_that_was_killed_between_jobs_is_replaced(sandbox: Sandbox) -> None:
    await text_of(sandbox)
    [worker] = sandbox._all
    worker.process.kill()
    await worker.process.wait()
    assert "Lamps" in await text_of(sandbox)


async def test_a_worker_that_is_killed_in_its_job_is_told_of(sandbox: Sandbox) -> None:
    await text_of(sandbox)
    [pid] = pids(sandbox)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(failure(sandbox, endless()))
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
    assert "SIGKILL" in task.result().detail
    assert sandbox.processes == 0


async def failure(sandbox: Sandbox, wanted: ReadJob) -> ExtractError:
    with pytest.raises(ExtractError) as caught:
        await sandbox.read(wanted)
    return caught.value


async def test_signals_to_the_whole_group_leave_the_workers_to_the_daemon(
    sandbox: Sandbox,
) -> None:
    await text_of(sandbox)
    before = pids(sandbox)
    for pid in before:
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
    assert "Lamps" in await text_of(sandbox)
    assert pids(sandbox) == before


async def test_who_waits_long_gets_another_worker() -> None:
    async with Sandbox(DocumentsConfig(workers=2)) as sandbox, asyncio.TaskGroup() as group:
        await text_of(sandbox)
        [busy] = sandbox._all
        os.kill(busy.process.pid, signal.SIGSTOP)
        stands_still = group.create_task(sandbox.read(job()))
        await asyncio.sleep(0)  # it begins
        assert "Lamps" in await text_of(sandbox)
        assert sandbox.processes == 2
        os.kill(busy.process.pid, signal.SIGCONT)
        await stands_still


@pytest.mark.parametrize(("written", "at_most"), [(0, 2), (1, 1), (7, 7)])
def test_workers_are_as_many_as_the_configuration_says(written: int, at_most: int) -> None:
    sandbox = Sandbox(DocumentsConfig(workers=written))
    assert sandbox.workers == (at_most if written else min(at_most, os.cpu_count() or 1))


async def test_closing_ends_all_workers() -> None:
    async with Sandbox(DocumentsConfig(workers=2)) as sandbox:
        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(text_of(sandbox))
        found = pids(sandbox)
    assert found
    for pid in found:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


PARENT = """
import asyncio, os, signal, sys
from tests.sandbox import test_sandbox as ours
from daemon.config.sections import DocumentsConfig
from daemon.sandbox.pool import Sandbox

async def main():
    async with Sandbox(DocumentsConfig(workers=1, cpu_seconds=int(sys.argv[1]))) as sandbox:
        await ours.text_of(sandbox)
        print(*ours.pids(sandbox), flush=True)
        if sys.argv[2] == "busy":
            async with asyncio.TaskGroup() as group:
                group.create_task(sandbox.read(ours.endless()))
                await asyncio.sleep(0)
                os.kill(os.getpid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_workers_do_not_outlive_a_daemon_that_was_killed(state: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, "1", state],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        with suppress(ProcessLookupError):  # it may be gone already
            watched = os.pidfd_open(pid)
            try:
                # Readable when it has ended; a busy one ends with its second of CPU time.
                assert select.select([watched], [], [], 30)[0]
            finally:
                os.close(watched)
    assert parent.returncode == -signal.SIGKILL


async def test_a_worker_is_given_no_secrets(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setenv("CHANGELOGGER__DATABASE__PASSWORD", "hunter2")
    await text_of(sandbox)
    [pid] = pids(sandbox)
    assert "hunter2" not in environment_of(pid)


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


# Rules that run away


DATA = b'{"a": "kept"}'


def queries(*texts: str) -> ReadJob:
    wants = tuple(Want(Rules(query=text)) for text in texts)
    found = Document(DATA, "application/json", "utf-8", "https://a.example/")
    return ReadJob(found, content_hash(DATA), wants)


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("jq:last(range(1e12))", "took more than 1 s of CPU time"),
        ('jq:("x" * 1000000000) | length', "needs more memory than it may have"),
    ],
)
async def test_a_rule_without_end_is_named_and_fails_alone(
    query: str, problem: str, sandbox: Sandbox
) -> None:
    one, two, three = (await sandbox.read(queries("a", query, "jq:.a"))).readings
    assert (two.error_class, two.error_detail) == (ErrorClass.SELECTOR, f"{query!r} {problem}")
    for read_well in (one, three):
        assert read_well.text is not None
        assert unpack(read_well.text.data) == b"kept"


async def test_a_condition_without_end_is_named_and_fails_alone(sandbox: Sandbox) -> None:
    endless = Want(Rules(appears=("query: jq:last(range(1e12))",)))
    found = Document(DATA, "application/json", "utf-8", "https://a.example/")
    wanted = ReadJob(found, content_hash(DATA), (endless, Want(Rules(query="a"))))
    one, two = (await sandbox.read(wanted)).readings
    assert one.error_detail == "'jq:last(range(1e12))' took more than 1 s of CPU time"
    assert two.text is not None


async def test_a_rule_that_is_alone_may_run_away_too(sandbox: Sandbox) -> None:
    selector = "xpath2:matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', '(a+)+$')"
    done = await sandbox.read(job(PAGE, Want(Rules(include=(selector,)))))
    [one] = done.readings
    assert one.error_detail == f"{selector!r} took more than 1 s of CPU time"
    assert await text_of(sandbox)


async def test_a_selector_of_a_product_that_runs_away_leaves_the_page_to_others(
    sandbox: Sandbox,
) -> None:
    selector = "xpath2:count(1 to 100000000000)"
    hint = OfferHint(price_selector=selector)
    wanted = ReadJob(document(PAGE), content_hash(PAGE), (Want(Rules()),), (OfferWant(hint),))
    done = await sandbox.read(wanted)
    assert done.readings[0].text is not None
    assert done.offers[0].error_class is ErrorClass.SELECTOR
    assert selector in done.offers[0].error_detail


async def test_a_document_that_is_too_much_is_not_blamed_on_a_rule_that_was_done(
    sandbox: Sandbox,
) -> None:
    rules = Rules(include=("xpath2://p[1]", *ENDLESS.include))
    with pytest.raises(ExtractError) as caught:
        await sandbox.read(job(b"<p><b>x</b></p>" * 20_000, Want(rules)))
    assert caught.value.error_class is ErrorClass.PARSE
    assert "the document took more than" in caught.value.detail
