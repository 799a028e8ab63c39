"""The operator's words in; exit codes and what a person or a program reads out.

One file per noun. Nothing but click is imported until a command is known: `--help` is quick.
"""

from __future__ import annotations

from daemon.cli.root import main

__all__ = ["main"]
