"""Parameter types that complete the names of sites, products and channels in a shell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from daemon.characters import visible_line
from daemon.cli.terminal.setting import Setting

if TYPE_CHECKING:  # for annotations alone
    from daemon.config import Config
    from daemon.operations.lookup import Kind

_PATIENCE_SECONDS = 2.0  # a person is waiting at the prompt
_MOST_NAMES = 200
_KINDS: Mapping[str, Sequence[Kind]] = {"sites": ("site",), "products": ("product",)}


class WatchedName(click.types.StringParamType):
    """A word that names what is watched: sites, products, or both, by the command's noun."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The names with this prefix; none where the command itself would report an error."""
        from daemon.model.errors import ChangeloggerError

        noun = ctx.parent.info_name if ctx.parent else None
        kinds = _KINDS.get(noun or "", ("site", "product"))
        try:
            config = ctx.ensure_object(Setting).load()
            return _items(asyncio.run(_names(config, kinds, incomplete)))
        except (ChangeloggerError, TimeoutError):
            return []


class TagName(click.types.StringParamType):
    """A tag, in its one spelling."""

    name = "tag"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The tag as it is stored; words that can be none are refused."""
        from daemon.config.values import RefusedError, check_tag

        try:
            return check_tag(value)
        except RefusedError as exc:
            self.fail(f"{value!r} {exc}", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The tags in use with this prefix; none where the command would report an error."""
        from daemon.model.errors import ChangeloggerError
        from daemon.operations.lookup import tags_in_use

        noun = ctx.parent.info_name if ctx.parent else None
        kinds = _KINDS.get(noun or "", ("site", "product"))
        try:
            found = asyncio.run(_patiently(ctx.ensure_object(Setting).load(), tags_in_use, kinds))
        except (ChangeloggerError, TimeoutError):
            return []
        return _items(tag for tag in found if tag.startswith(incomplete.lower()))


TAGS = click.option(
    "--tag", "tags", multiple=True, type=TagName(), metavar="TAG", help="With this tag; repeatable."
)


class Channels(click.types.StringParamType):
    """A word that names a [[notify]] table."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """The names in the configuration with this prefix; none if it is faulty."""
        from daemon.model.errors import ConfigError

        try:
            known = [one.name for one in ctx.ensure_object(Setting).load().notify]
        except ConfigError:
            return []
        return _items(name for name in known if name.startswith(incomplete))


async def _names(config: Config, kinds: Sequence[Kind], beginning: str) -> list[str]:
    from daemon.operations.lookup import names_beginning

    return await _patiently(config, names_beginning, kinds, beginning, _MOST_NAMES)


async def _patiently(config: Config, operation: Any, *args: Any) -> list[str]:
    from daemon.operations.installation.opening import asked

    async with asyncio.timeout(_PATIENCE_SECONDS):
        found: list[str] = await asked(config, operation, *args)
    return found


def _items(names: Iterable[str]) -> list[CompletionItem[str]]:
    return [CompletionItem(name) for name in names if visible_line(name) == name]
