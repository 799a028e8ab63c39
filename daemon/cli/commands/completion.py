"""`completion`: prints the script by which a shell completes our commands and names."""

from __future__ import annotations

import os
import re
from typing import Any

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

from daemon.cli.terminal.command import COMPLETE_VARIABLE, Command
from daemon.cli.terminal.show import hint, is_terminal

_INSTALL = {
    "bash": 'eval "$(changelogger completion bash)"  in ~/.bashrc',
    "zsh": 'eval "$(changelogger completion zsh)"  in ~/.zshrc, after compinit',
    "fish": "changelogger completion fish > ~/.config/fish/completions/changelogger.fish",
}
_HELP = """Print what makes SHELL complete commands, options, files and names.

Names are those of sites, products and [[notify]] tables, as the configuration and the database
have them at the moment. To install it:

\b
""" + "\n".join(f"  {line}" for line in _INSTALL.values())
_ENDS_A_WORD = re.compile(r"([\s:=@!#$&'\"()*;<>?\[\\\]^`{|}~])")  # in bash


class _Bash(BashComplete):
    """Escapes what would end the word, as bash inserts a completion literally.

    Shape: escapes twice, as `read` in click's script removes one layer.
    """

    def format_completion(self, item: CompletionItem[Any]) -> str:
        words, place = os.environ["COMP_WORDS"].split("\n"), int(os.environ["COMP_CWORD"])
        is_quoted = place < len(words) and words[place].startswith(('"', "'"))
        is_plain = is_quoted or item.type != "plain"
        value = item.value if is_plain else _ENDS_A_WORD.sub(r"\\\\\1", item.value)
        return f"{item.type},{value}"


class _Fish(FishComplete):
    """Leaves out values with a comma, which is the separator of click's script for fish."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        found = super().get_completions(args, incomplete)
        return [item for item in found if "," not in item.value]


_SHELLS: dict[str, type[ShellComplete]] = {"bash": _Bash, "zsh": ZshComplete, "fish": _Fish}
for _shell in _SHELLS.values():
    add_completion_class(_shell)


@click.command(cls=Command, help=_HELP)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def completion(shell: str) -> None:
    """Print the script of a shell, and on a terminal where to put it."""
    from daemon.cli.root import root

    click.echo(_SHELLS[shell](root, {}, "changelogger", COMPLETE_VARIABLE).source(), nl=False)
    if is_terminal():
        hint(f"\nto install it: {_INSTALL[shell]}")
