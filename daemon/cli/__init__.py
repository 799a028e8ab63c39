"""The command line: arguments to exit codes and output for people and programs.

One file per noun. Nothing but click is imported until a command is known: `--help` is quick.
"""

from __future__ import annotations

from daemon.cli.root import main

__all__ = ["main"]
