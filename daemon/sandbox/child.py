"""The worker process: handles one job at a time under limits of CPU and memory."""

from __future__ import annotations

import math
import os
import resource
import signal
import socket
import sys
import traceback
from functools import partial

import msgspec

from daemon.bulkhead import contained
from daemon.extract.index.values import Named
from daemon.extract.languages.evaluating import heard_by
from daemon.model.errors import CheckError
from daemon.model.status import ErrorClass
from daemon.sandbox.messages import (
    BROKEN,
    DONE,
    EVALUATING,
    EXPLAIN,
    FILL,
    HEADER,
    LAST,
    NAME,
    PATCH,
    POINT,
    READ,
    REFUSED,
    SHOW,
    ExplainJob,
    FillDone,
    FillJob,
    JudgeJob,
    NameJob,
    PatchJob,
    PointDone,
    PointJob,
    ReadJob,
    ShowJob,
)
from daemon.sandbox.reading import explain_one, read_all
from daemon.system.memory import end_loading

_RETIRE_ABOVE = 3 / 4  # of its memory limit

_encode = msgspec.msgpack.Encoder().encode
_decode_read = msgspec.msgpack.Decoder(ReadJob).decode
_decode_explain = msgspec.msgpack.Decoder(ExplainJob).decode
_decode_fill = msgspec.msgpack.Decoder(FillJob).decode
_decode_point = msgspec.msgpack.Decoder(PointJob).decode
_decode_name = msgspec.msgpack.Decoder(NameJob).decode
_decode_judge = msgspec.msgpack.Decoder(JudgeJob).decode
_decode_show = msgspec.msgpack.Decoder(ShowJob).decode
_decode_patch = msgspec.msgpack.Decoder(PatchJob).decode


def main(fd: int, cpu_seconds: int, memory_bytes: int) -> None:
    """Serve jobs from a socket until it closes or this process has grown too large."""
    # The daemon ends this process, by closing the socket or by killing it.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_loading()
    os.environ.clear()  # owners' programs may read it
    with socket.socket(fileno=fd) as line:
        while (header := _receive(line, HEADER.size)) is not None:
            kind, size = HEADER.unpack(header)
            payload = _receive(line, size)
            if payload is None:
                return
            _allow_cpu(cpu_seconds)
            with heard_by(partial(_tell, line)):
                code, answer = _answer(kind, payload)
            largest_bytes = _largest_bytes()
            last = LAST if largest_bytes > memory_bytes * _RETIRE_ABOVE else 0
            line.sendall(HEADER.pack(code | last, len(answer)) + answer)
            if last:
                return


def _tell(line: socket.socket, rule: str) -> None:
    """Say what is being evaluated, before it may use up what this job is given."""
    told = rule.encode()
    line.sendall(HEADER.pack(EVALUATING, len(told)) + told)


def _answer(kind: int, payload: bytearray) -> tuple[int, bytes]:
    return contained(lambda: _done(kind, payload), _broken)


def _done(kind: int, payload: bytearray) -> tuple[int, bytes]:
    try:
        if kind == READ:
            return DONE, _encode(read_all(_decode_read(payload)))
        if kind == FILL:
            return DONE, _encode(_filled(_decode_fill(payload)))
        if kind == EXPLAIN:
            return DONE, _encode(explain_one(_decode_explain(payload)))
        if kind in (NAME, POINT):
            found = (
                _named(_decode_name(payload)) if kind == NAME else _pointed(_decode_point(payload))
            )
            return DONE, _encode(found)
        if kind in (SHOW, PATCH):
            # Only people ask for these.
            from daemon.sandbox.showing import patched, shown

            answer = (
                shown(_decode_show(payload)) if kind == SHOW else patched(_decode_patch(payload))
            )
            return DONE, _encode(answer)
        # Most jobs find nothing to judge: only a worker that meets a change pays for this import.
        from daemon.sandbox.judging import judge_one

        return DONE, _encode(judge_one(_decode_judge(payload)))
    except CheckError as exc:
        return REFUSED, _encode([exc.error_class, exc.detail])
    except (MemoryError, RecursionError) as exc:
        detail = f"the document needs more than it may have: {type(exc).__name__}"
        return REFUSED, _encode([ErrorClass.TOO_LARGE, detail])


def _broken(bug: Exception) -> tuple[int, bytes]:
    """The answer for a bug: the daemon logs it and goes on."""
    return BROKEN, "".join(traceback.format_exception(bug)).encode("utf-8", "replace")


def _pointed(job: PointJob) -> PointDone:
    from daemon.compare.pictures import PictureError, still  # only people ask for it
    from daemon.extract.proposing.parts import parts_of

    parts, left_out = parts_of(job.document, job.numbers)
    if not job.screenshot:
        return PointDone(parts, left_out)
    try:
        return PointDone(parts, left_out, *still(job.screenshot))
    except PictureError as exc:
        raise CheckError(ErrorClass.PARSE, str(exc)) from exc


def _named(job: NameJob) -> Named:
    from daemon.extract.index.listing import name_pages  # few pages are asked for others

    return name_pages(job.document, job.rules)


def _filled(job: FillJob) -> FillDone:
    from daemon.alerting.template import fill  # few have a template

    try:
        return FillDone(fill(job.template, job.facts))
    except ValueError as exc:
        raise CheckError(ErrorClass.PARSE, str(exc)) from exc


def _largest_bytes() -> int:
    """This program's peak memory; the kernel's rusage starts from its parent's peak."""
    with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - after every job: lean
        return int(status.read().partition(b"VmHWM:")[2].split()[0]) * 1024


def _allow_cpu(seconds: int) -> None:
    """Give this job its own CPU budget, beyond which the kernel kills the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _receive(line: socket.socket, size: int) -> bytearray | None:
    buffer = bytearray(size)
    view = memoryview(buffer)
    got = 0
    while got < size:
        count = line.recv_into(view[got:])
        if not count:
            return None
        got += count
    return buffer


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
