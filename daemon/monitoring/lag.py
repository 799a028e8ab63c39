"""Measures the lag of the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

_SAMPLES = 20


async def watch_loop_lag(
    tell_sample: Callable[[float], None],
    tell_worst: Callable[[float], None],
    every_seconds: float = 0.5,
) -> None:
    """Measure for ever how late the event loop runs.

    Units: seconds; the worst is that of the last twenty samples.
    """
    loop = asyncio.get_running_loop()
    lately: deque[float] = deque(maxlen=_SAMPLES)
    while True:
        due_at = loop.time() + every_seconds
        await asyncio.sleep(every_seconds)
        late_seconds = max(0.0, loop.time() - due_at)
        lately.append(late_seconds)
        tell_sample(late_seconds)
        tell_worst(max(lately))
