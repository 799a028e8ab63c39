"""The one door to the logging library, opened without what we never use of it."""

from __future__ import annotations

import sys

# structlog draws tracebacks with rich where it finds it. Ours are drawn by `daemon.logs`, and rich
# costs every process 40 ms of CPU at its start: it is not to be found for as long as this takes.
_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment] # the sign for «not to be imported»
try:
    import structlog
finally:
    if _hidden:
        del sys.modules["rich"]

__all__ = ["get_logger", "structlog"]

get_logger = structlog.get_logger
