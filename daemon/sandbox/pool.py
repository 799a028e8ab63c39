"""A small pool of document workers that kills any worker over its time limit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import msgspec

from daemon.config.sections import DocumentsConfig
from daemon.extract.index.values import Named
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass
from daemon.sandbox.messages import (
    DONE,
    EVALUATING,
    EXPLAIN,
    FILL,
    HEADER,
    JUDGE,
    LAST,
    NAME,
    PATCH,
    POINT,
    READ,
    REFUSED,
    SHOW,
    ExplainDone,
    ExplainJob,
    FillDone,
    FillJob,
    JudgeDone,
    JudgeJob,
    NameJob,
    PatchJob,
    PointDone,
    PointJob,
    ReadDone,
    ReadJob,
    ReadOffer,
    ReadOne,
    ShowJob,
)
from daemon.wording import duration

_SOCKET_BUFFER = 1 << 20
_ANSWER_LIMIT = 64 << 20
_SHOWN_CHARS = 200  # of a rule that is named in an error
_JOBS_BEFORE_ANOTHER = 4
_OWN_CHOICE = 2  # of workers, when the configuration sets no number
_LONG_WAIT_SECONDS = 1.0
_LEAST_WALL_SECONDS = 40.0  # a busy machine may give a job little of one second in sixteen
_ROOT = Path(__file__).resolve().parent.parent.parent

_encode = msgspec.msgpack.Encoder().encode
_decode_read = msgspec.msgpack.Decoder(ReadDone).decode
_decode_explained = msgspec.msgpack.Decoder(ExplainDone).decode
_decode_fill = msgspec.msgpack.Decoder(FillDone).decode
_decode_pointed = msgspec.msgpack.Decoder(PointDone).decode
_decode_named = msgspec.msgpack.Decoder(Named).decode
_decode_judge = msgspec.msgpack.Decoder(JudgeDone).decode
_decode_refusal = msgspec.msgpack.Decoder(tuple[ErrorClass, str]).decode


if TYPE_CHECKING:  # for annotations alone
    from daemon.display.differences import Layout

Job: TypeAlias = ReadJob | JudgeJob | FillJob | ExplainJob | ShowJob | PatchJob | NameJob | PointJob
WAYS_TO_END = ("retired", "killed", "cpu", "died")


class BrokenJobError(Exception):
    """A bug of ours inside a worker; its text is the worker's traceback."""


class RunawayError(ExtractError):
    """A rule of an owner that used up what a job is given."""

    def __init__(self, rule: str, how: str) -> None:
        super().__init__(ErrorClass.SELECTOR, f"{rule[:_SHOWN_CHARS]!r} {how}")
        self.rule = rule


@dataclass(slots=True, eq=False)
class _Worker:
    process: Process
    line: socket.socket
    jobs: int = 0
    is_leaving: bool = False
    is_at_work: bool = False
    rule: str = ""  # that is being evaluated


class SandboxObserver:
    """Observes jobs and workers; does nothing unless a subclass overrides it."""

    def on_document_done(self, seconds: float) -> None:
        """A job was done in this time."""

    def on_document_worker_started(self) -> None:
        """A worker was started."""

    def on_document_worker_ended(self, how: str) -> None:
        """A worker ended, in one of `WAYS_TO_END`."""


_UNOBSERVED = SandboxObserver()


class Sandbox:
    """Runs document work in processes, so that it cannot block the loop or exceed its limits.

    Shape:  0 workers are as many as this machine has processors, two at the most.
    Units:  `cpu_seconds` for each job; `memory_bytes` for each process.
    Errors: ExtractError, with class `parse` past the CPU limit, `too_large` past the memory limit,
            `overload` when this machine is too busy to give the job its turn.
    """

    def __init__(self, documents: DocumentsConfig, observer: SandboxObserver = _UNOBSERVED) -> None:
        self._documents = documents
        self._observer = observer
        # CPU time is limited; the wall clock only catches a worker that hangs.
        self._wall_seconds = max(_LEAST_WALL_SECONDS, 10.0 + 6 * documents.cpu_seconds)
        self.workers = documents.workers or min(os.cpu_count() or 1, _OWN_CHOICE)  # at the most
        self._open = 1  # slots for workers so far: each worker costs 40 MB and 0.1 s to start
        self._asked = 0
        self._turns = asyncio.Semaphore(self._open)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        for worker in list(self._all):
            await self._end(worker)

    @property
    def waiting(self) -> int:
        """How many jobs wait for a worker."""
        return max(self._asked - self._open, 0)

    @property
    def processes(self) -> int:
        """How many workers are alive."""
        return len(self._all)

    async def read(self, job: ReadJob) -> ReadDone:
        """Read a document for all who subscribe to it; a rule without end fails its own reading."""
        try:
            return _decode_read(await self._run(READ, job))
        except RunawayError as exc:
            return await self._read_without(job, exc)

    async def _read_without(self, job: ReadJob, runaway: RunawayError) -> ReadDone:
        wants = tuple(want for want in job.wants if not want.has(runaway.rule))
        offers = tuple(want for want in job.offers if not want.has(runaway.rule))
        if len(wants) + len(offers) == len(job.wants) + len(job.offers):
            raise runaway  # or the same would be tried again
        left = ReadDone((), None)
        if wants or offers:
            left = await self.read(replace(job, wants=wants, offers=offers))
        failed = runaway.error_class, runaway.detail
        readings, read_offers = iter(left.readings), iter(left.offers)
        return ReadDone(
            tuple(ReadOne(*failed) if w.has(runaway.rule) else next(readings) for w in job.wants),
            left.source,
            tuple(
                ReadOffer(*failed) if w.has(runaway.rule) else next(read_offers) for w in job.offers
            ),
        )

    async def judge(self, job: JudgeJob) -> JudgeDone:
        """Grade the difference between two states."""
        return _decode_judge(await self._run(JUDGE, job))

    async def fill(self, job: FillJob) -> FillDone:
        """Fill a template, which may run as long as any document."""
        return _decode_fill(await self._run(FILL, job))

    async def explain(self, job: ExplainJob) -> ExplainDone:
        """Explain how a document is read."""
        return _decode_explained(await self._run(EXPLAIN, job))

    async def name(self, job: NameJob) -> Named:
        """Find what a document names; a pattern is no part of that yet."""
        return _decode_named(await self._run(NAME, job))

    async def point(self, job: PointJob) -> PointDone:
        """Find what of a page somebody may point at."""
        return _decode_pointed(await self._run(POINT, job))

    async def show(self, job: ShowJob) -> Layout:
        """Lay out the difference of two texts."""
        from daemon.display.differences import Layout  # with all that compares: only for people

        return msgspec.msgpack.decode(await self._run(SHOW, job), type=Layout)

    async def patch(self, job: PatchJob) -> str:
        """Write the difference of two texts as a patch."""
        return msgspec.msgpack.decode(await self._run(PATCH, job), type=str)

    async def _run(self, kind: int, job: Job) -> bytearray:
        async with self._turn(), self._worker() as worker:
            began = time.monotonic()
            try:
                async with asyncio.timeout(self._wall_seconds):
                    code, answer = await _exchange(worker, kind, _encode(job))
                    worker.is_leaving = bool(code & LAST)
            except TimeoutError:
                raise ExtractError(
                    ErrorClass.OVERLOAD,
                    f"no answer from a worker in {duration(self._wall_seconds)}",
                ) from None
            except (EOFError, OSError):
                raise await self._epitaph(worker) from None
            finally:
                self._observer.on_document_done(time.monotonic() - began)
        if code & ~LAST == DONE:
            return answer
        if code & ~LAST == REFUSED:
            raise ExtractError(*_decode_refusal(answer))
        raise BrokenJobError(answer.decode("utf-8", "replace"))

    async def _epitaph(self, worker: _Worker) -> ExtractError:
        """Why a worker died during a job."""
        code = await worker.process.wait()
        if code == -signal.SIGXCPU:
            how = f"took more than {duration(self._documents.cpu_seconds)} of CPU time"
        else:
            way = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            how = f"ended its worker ({way})"
        if worker.rule:
            is_abort = code == -signal.SIGABRT  # how a library in C meets the end of memory
            return RunawayError(
                worker.rule, "needs more memory than it may have" if is_abort else how
            )
        return ExtractError(ErrorClass.PARSE, f"the document {how}")

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Permission to use a worker; starts another when many jobs wait, or one waits long."""
        self._asked += 1
        if self._asked > _JOBS_BEFORE_ANOTHER * self._open:
            self._open_another()
        try:
            await self._wait_turn()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._asked -= 1

    def _open_another(self) -> None:
        if self._open < self.workers:
            self._open += 1
            self._turns.release()

    async def _wait_turn(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONG_WAIT_SECONDS):
                await self._turns.acquire()
                return
        self._open_another()
        try:
            async with asyncio.timeout(self._wall_seconds - _LONG_WAIT_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise ExtractError(
                ErrorClass.OVERLOAD, f"no worker was free in {duration(self._wall_seconds)}"
            ) from None

    @contextlib.asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        """An idle worker, or a new one; not reused after an exception, which may have broken it."""
        worker = await self._idle_worker() or await self._start()
        worker.is_at_work = True
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(lambda: asyncio.shield(self._end(worker)))
            yield worker
            undo.pop_all()
        worker.is_at_work = False
        worker.jobs += 1
        if worker.jobs < self._documents.tasks_per_worker and not worker.is_leaving:
            self._idle.append(worker)
        else:
            await self._end(worker)

    async def _idle_worker(self) -> _Worker | None:
        while self._idle:
            worker = self._idle.pop()
            if worker.process.returncode is None:
                return worker
            await self._end(worker)  # it died between two jobs
        return None

    async def _start(self) -> _Worker:
        try:
            ours, theirs = socket.socketpair()
            with theirs, contextlib.ExitStack() as undo:
                undo.enter_context(ours)
                worker = _Worker(await self._process(ours, theirs), ours)
                undo.pop_all()
        except OSError as exc:
            detail = f"no worker could be started: {exc.strerror}"
            raise ExtractError(ErrorClass.OVERLOAD, detail) from exc
        self._all.add(worker)
        self._observer.on_document_worker_started()
        return worker

    async def _process(self, ours: socket.socket, theirs: socket.socket) -> Process:
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
        ours.setblocking(False)
        limits = (str(self._documents.cpu_seconds), str(self._documents.memory_bytes))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "daemon.sandbox.child", str(theirs.fileno()), *limits),
            pass_fds=[theirs.fileno()],
            stdin=asyncio.subprocess.DEVNULL,
            env=_environment(),
        )

    async def _end(self, worker: _Worker) -> None:
        self._all.discard(worker)
        self._observer.on_document_worker_ended(_how(worker))
        worker.line.close()
        with contextlib.suppress(ProcessLookupError):
            worker.process.kill()
        await worker.process.wait()


def _how(worker: _Worker) -> str:
    """How a worker ended: by itself, by the kernel, or by us."""
    code = worker.process.returncode
    if code:
        return "cpu" if code == -signal.SIGXCPU else "died"
    return "killed" if worker.is_at_work else "retired"


async def _exchange(worker: _Worker, kind: int, payload: bytes) -> tuple[int, bytearray]:
    """The answer to a job; until it comes, the worker knows which rule is being evaluated."""
    loop, line = asyncio.get_running_loop(), worker.line
    worker.rule = ""
    await loop.sock_sendall(line, HEADER.pack(kind, len(payload)))
    await loop.sock_sendall(line, payload)  # separately: copying megabytes would block the loop
    while True:
        code, size = HEADER.unpack(await _receive(loop, line, HEADER.size))
        if size > _ANSWER_LIMIT:
            raise EOFError(size)
        answer = await _receive(loop, line, size)
        if code != EVALUATING:
            return code, answer
        worker.rule = answer.decode("utf-8", "replace")


async def _receive(loop: asyncio.AbstractEventLoop, line: socket.socket, size: int) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    got = 0
    while got < size:
        count = await loop.sock_recv_into(line, view[got:])
        if not count:
            raise EOFError(got)
        got += count
    return buffer


def _environment() -> dict[str, Any]:
    """Only the variables that an interpreter needs, as a worker reads hostile bytes."""
    kept = {k: v for k, v in os.environ.items() if k in {"PATH", "LANG", "LC_ALL", "VIRTUAL_ENV"}}
    path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**kept, "PYTHONPATH": path, "MALLOC_ARENA_MAX": "2", "PYTHONUTF8": "1"}
