"""Common behaviour of commands: lazy loading, `--config` everywhere, errors in one line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from click.shell_completion import CompletionItem

from daemon.cli.terminal import exits
from daemon.cli.terminal.setting import Setting

if TYPE_CHECKING:  # for annotations alone
    from daemon.model.errors import NotFoundError

_HELP_WIDTH = 88
_NAMED_BY_IDS = ("change", "notice")
COMPLETE_VARIABLE = "_CHANGELOGGER_COMPLETE"  # derived by click from our name


class Failure(click.ClickException):
    """An error in a sentence, with its exit code."""

    def __init__(self, message: str, code: int, error: Exception | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.error = error

    def show(self, file: Any = None) -> None:
        """Print the error to stderr, without internals."""
        for line in self.message.splitlines():
            click.echo(f"changelogger: {line}", err=True)


class ReaderGoneError(Exception):
    """The reader of the output has gone. Click would exit with 1, which means a failure."""


class Command(click.Command):
    """A command that takes `--config` and turns our errors into a message and an exit code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(config_option())

    def invoke(self, ctx: click.Context) -> Any:
        from daemon.model.errors import ChangeloggerError

        try:
            return super().invoke(ctx)
        except ChangeloggerError as exc:
            raise _failure(exc) from exc
        except BrokenPipeError as exc:
            raise ReaderGoneError from exc
        except BaseExceptionGroup as group:
            raise _first_of(group) from group


class Group(click.Group):
    """Commands under one noun; each is imported when it is used.

    Shape: `lazy` gives the location `module:name` and the short help of each command.
    """

    command_class = Command

    def __init__(self, *args: Any, lazy: Mapping[str, Sequence[str]] | None = None, **kw: Any):
        super().__init__(*args, **kw)
        self.lazy = dict(lazy or {})
        self.params.append(config_option())
        for name, (_place, says) in self.lazy.items():
            # A placeholder for lists and suggestions.
            self.commands[name] = click.Command(name, short_help=says)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The commands with this prefix, from their short help alone; or the options."""
        found = click.Command.shell_complete(self, ctx, incomplete)
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return found + [
            CompletionItem(name, help=self.commands[name].get_short_help_str()) for name in names
        ]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from their short help alone, in their order."""
        names = self.list_commands(ctx)
        rows = [(name, self.commands[name].get_short_help_str(_HELP_WIDTH)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the given order, lazily imported ones after the others."""
        return sorted(self.commands, key=lambda name: name in self.lazy)


class DefaultGroup(Group):
    """A noun that runs its `default` command when no other follows it.

    Shape: a word that is no command goes to the default only if that `takes_words`.
    """

    def __init__(self, *args: Any, default: str, takes_words: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default
        self.takes_words = takes_words

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_half = ctx.resilient_parsing and not args  # the next word may be a command
        if not is_half and self._means_default(args):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The commands, and the options or words of the default."""
        found = super().shell_complete(ctx, incomplete)
        default = self.get_command(ctx, self.default)
        if default is None:
            return found
        with default.make_context(self.default, [], parent=ctx, resilient_parsing=True) as inner:
            if incomplete.startswith("-"):
                return found + default.shell_complete(inner, incomplete)
            words = [one for one in default.params if isinstance(one, click.Argument)]
            for word in words if self.takes_words else ():
                found += word.shell_complete(inner, incomplete)
        return found

    def _means_default(self, args: Sequence[str]) -> bool:
        if "--help" in args:
            return False
        rest = list(args)
        while rest[:1] == ["--config"]:
            rest = rest[2:]
        if not rest or rest[0].startswith("-"):
            return True
        return self.takes_words and rest[0] not in self.commands


def config_option() -> click.Option:
    """`--config FILE`, before or after any command."""
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        metavar="FILE",
        expose_value=False,
        callback=_keep,
        help="The configuration to use, instead of config.toml.",
    )


def _keep(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Setting).named = value


def _failure(exc: Exception) -> Failure:
    from daemon.model.errors import (
        ConfigError,
        ConflictError,
        InputError,
        NotFoundError,
        RequestError,
        StoreError,
        UrlError,
    )

    if isinstance(exc, ConfigError) and exc.is_transient:
        return Failure(str(exc), exits.TAKEN, exc)
    if isinstance(exc, NotFoundError):
        return Failure(_not_found(exc), exits.NOT_FOUND, exc)
    if isinstance(exc, RequestError) and not isinstance(exc, ConflictError | InputError):
        return Failure(str(exc), exits.NOT_FOUND, exc)
    if isinstance(exc, ConfigError | UrlError | ConflictError | InputError):
        return Failure(str(exc), exits.USAGE, exc)
    if isinstance(exc, StoreError):
        return Failure(str(exc) or type(exc).__name__, exits.DATABASE, exc)
    return Failure(str(exc), exits.FAILING, exc)


def _not_found(exc: NotFoundError) -> str:
    if exc.is_a:
        return f"{exc}: `changelogger {exc.is_a}s` knows it"
    return f"{exc}; see `{exc.kind}s`" if exc.kind in _NAMED_BY_IDS else str(exc)


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one error of a group that tasks raised; a bug stays a bug."""
    from daemon.model.errors import ChangeloggerError

    ours, others = group.split(ChangeloggerError)
    if others is not None:
        gone, others = others.split(BrokenPipeError)
        if others is None and gone is not None:
            return ReaderGoneError()
        return others or group
    first: BaseException = ours or group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return _failure(first) if isinstance(first, Exception) else first


def let_go(stream: TextIO) -> None:
    """Flush the stream; if its reader has gone, write nothing more, not even at exit.

    Otherwise the flush would fail again at exit, which Python turns into code 120.
    """
    try:
        stream.flush()
    except OSError:
        quiet(stream.fileno())


def quiet(descriptor: int) -> None:
    """Redirect this descriptor to nowhere, with its pending output."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
