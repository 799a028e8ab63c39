"""Imports the logging library, without a costly part that is never used."""

from __future__ import annotations

import sys

# structlog renders tracebacks with rich if installed. Ours are rendered by `daemon.logs.setup`,
# and rich costs every process 40 ms of CPU at its start: it is hidden while structlog is imported.
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
    """Send lines through the standard library, which writes warnings and above to stderr.

    Shape: for processes that do not configure logging: by default structlog would write to stdout,
           which is for the output of commands.
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
