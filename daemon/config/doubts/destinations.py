"""Finds destinations that hear of nothing, or of less than their owner may think."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from daemon.alerting.matching import is_about, is_named
from daemon.config.explain import nearest
from daemon.config.notify import NotifyConfig
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.wording import listed

_SHOWN_NAMES = 3
_Known = Mapping[str, Collection[str]]  # by owner


def doubts_about_destinations(config: Config, names: _Known, tags: _Known) -> Iterator[Flaw]:
    """Filters that match nothing, options without effect, and sites that nobody hears of.

    Shape: `names` and `tags` are those of all sites and products, by owner.
    """
    yield from _places(config.notify, names)
    yield from _untagged(config, tags)
    yield from _unheard(config)


def _places(notify: Iterable[NotifyConfig], names: Mapping[str, Collection[str]]) -> Iterator[Flaw]:
    for index, one in enumerate(notify):
        path: KeyPath = ("notify", index)
        yield from _unmatched((*path, "names"), one, names.get(str(one.owner), ()))
        if one.at_once_from and not one.digest:
            hint = 'add digest = "daily", or write least_severity'
            yield Flaw((*path, "at_once_from"), "has no effect without a digest", hint)
        if one.secret and not one.is_webhook:
            yield Flaw((*path, "secret"), "has no effect: it signs webhooks, and this is none")


def _untagged(config: Config, tags: _Known) -> Iterator[Flaw]:
    """Destinations for tags that nothing of their owner has."""
    for index, one in enumerate(config.notify):
        known = tags.get(str(one.owner), ())
        for place, tag in enumerate(one.tags):
            if tag not in known:
                problem = f'"{one.owner}" has no site or product with the tag "{tag}"'
                hint = nearest(tag, sorted(known)) if known else ""
                where = _named_by_group(config, one, tag) or ("notify", index, "tags", place)
                yield Flaw(where, problem, hint)


def _named_by_group(config: Config, one: NotifyConfig, tag: str) -> KeyPath:
    """Where a group of this tag names a destination; nothing where none does."""
    for index, group in enumerate(config.groups):
        if group.tag == tag and one.name in group.notify:
            return ("group", index, "notify", group.notify.index(one.name))
    return ()


def _unheard(config: Config) -> Iterator[Flaw]:
    """What nobody hears of, while a destination without tags of its own was narrowed by a group."""
    for one in config.notify:
        path = _named_by_group(config, one, one.tags[0]) if one.tags else ()
        if not path or "tags" in one.model_fields_set:
            continue
        if unheard := _heard_nowhere(config, str(one.owner)):
            tags = listed([f'"{tag}"' for tag in one.tags], _SHOWN_NAMES)
            yield Flaw(
                path,
                f'leaves "{one.name}" nothing but {tags}: nobody is told of '
                f"{listed(unheard, _SHOWN_NAMES)}",
                "add a [[notify]] for these; if it is meant, write the tags into that of "
                f'"{one.name}"',
            )


def _heard_nowhere(config: Config, owner: str) -> list[str]:
    """The names, in quotes, of what an owner has and no destination of theirs is for."""
    theirs = [one for one in config.notify if one.owner == owner]
    owned = [(one.owner, one.name, one.type, one.tags) for one in config.sites]
    owned += [(one.owner, one.name, None, one.tags) for one in config.products]
    return [
        f'"{name}"'
        for whose, name, site_type, tags in owned
        if whose == owner and not any(is_about(one, name, site_type, tags) for one in theirs)
    ]


def _unmatched(path: KeyPath, one: NotifyConfig, names: Collection[str]) -> Iterator[Flaw]:
    for index, pattern in enumerate(one.names):
        if not any(is_named([pattern], name) for name in names):
            whose = f'"{one.owner}" has no site or product'
            hint = nearest(pattern, sorted(names)) if names else ""
            yield Flaw((*path, index), f'{whose} called "{pattern}"', hint)
