"""The one door to the logging library, opened without what we never use of it."""

from __future__ import annotations

import sys

# structlog draws tracebacks with rich where it finds it. Ours are drawn by `daemon.logs.setup`,
# and rich costs every process 40 ms of CPU at its start: it is hidden until structlog is there.
_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment] # the sign for «not to be imported»
try:
    import structlog
finally:
    if _hidden:
        del sys.modules["rich"]

__all__ = ["get_logger", "send_to_library", "structlog"]

get_logger = structlog.get_logger


def send_to_library() -> None:
    """Send lines where the standard library sends them, which is to stderr, from warnings on.

    Shape: for processes that do not configure a log: by themselves they would write to stdout,
           which belongs to what a command was asked for.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"], repr_native_str=True),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


send_to_library()
