"""Reading jobs: a document and rules in, readings and packed bytes out."""

from __future__ import annotations

from datetime import UTC, datetime

from daemon.errors import CheckError
from daemon.extract import read
from daemon.model import Document, Finding, Reading, State
from daemon.packing import Packed, pack
from daemon.sandbox.messages import ReadDone, ReadJob, ReadOne, Want

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def read_all(job: ReadJob) -> ReadDone:
    """Read a document once for each of the rules; a rule that fails does not stop the others."""
    readings = tuple(_read_one(job.document, want) for want in job.wants)
    is_new = any(one.text is not None for one in readings)
    source = pack(job.document.body, job.body_hash) if is_new else None
    return ReadDone(readings, source)


def _read_one(document: Document, want: Want) -> ReadOne:
    try:
        reading = read(document, want.rules)
        wall = _wall(document, reading, want) if want.known_text_hash is None else None
    except CheckError as exc:
        return ReadOne(error_class=exc.error_class, error_detail=exc.detail)
    if wall is not None:
        return ReadOne(wall.failure, wall.summary, blind_spot=wall.blind_spot)
    return ReadOne(
        kind=reading.kind,
        title=reading.title,
        text_hash=reading.text_hash,
        extractor=reading.extractor,
        flags=reading.flags,
        text=None if reading.text_hash == want.known_text_hash else _pack_text(reading),
    )


def _wall(document: Document, reading: Reading, want: Want) -> Finding | None:
    """What stands in the page's place at the first look: no state to begin a history with."""
    # Only a worker that meets a new page pays for this import.
    from daemon.analyse import first_look

    return first_look(State(reading, document, _ANY_TIME), want.rules)


def _pack_text(reading: Reading) -> Packed:
    return pack(reading.text.encode(), reading.text_hash)
