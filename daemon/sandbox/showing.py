"""Lays out the difference of two stored texts in a worker, as they are of any size."""

from __future__ import annotations

from daemon.display.differences import Form, Layout, layout, patch, recorded_layout
from daemon.model.errors import ExtractError
from daemon.model.status import ErrorClass
from daemon.packing import Packed, unpack
from daemon.sandbox.messages import PatchJob, ShowJob


def shown(job: ShowJob) -> Layout:
    """The difference as a person reads it.

    Errors: ExtractError for stored bytes that are damaged.
    """
    form = Form(job.form)
    if job.recorded:
        return recorded_layout(job.recorded, form)
    return layout(_text(job.before), _text(job.after), form, job.context)


def patched(job: PatchJob) -> str:
    """The difference as a patch.

    Errors: ExtractError, likewise.
    """
    return patch(_text(job.before), _text(job.after), job.names)


def _text(packed: Packed) -> str:
    try:
        return unpack(packed.data, packed.hash).decode()
    except ValueError as exc:
        raise ExtractError(ErrorClass.INTERNAL, str(exc)) from exc
