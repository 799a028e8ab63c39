"""The command `changelogger`, also as `python -m daemon`."""

from __future__ import annotations

import sys
from typing import NoReturn

from daemon.system.early_signals import beginning


def main() -> NoReturn:
    """Run the command that this process was started with."""
    beginning.answer_signals(sys.argv[1:])
    from daemon import cli  # after the handlers are set: even this takes a moment

    cli.main()


if __name__ == "__main__":
    main()
