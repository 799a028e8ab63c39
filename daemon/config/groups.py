"""The table [[group]]: defaults for all sites and products with a tag."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from daemon.config.notify import NotifyConfig, Words
from daemon.config.products import ProductDefaults
from daemon.config.requests import kept_out
from daemon.config.sites import SiteDefaults
from daemon.config.values import RefusedError, Tag, check_tag


class GroupConfig(SiteDefaults, ProductDefaults):
    """Any option that sites or products have by themselves, for those with this tag."""

    tag: Tag
    paused: bool = False
    notify: Words = ()  # the names of destinations, to which its tag is added


def groups_of(groups: Iterable[GroupConfig], tags: Sequence[str]) -> list[GroupConfig]:
    """The groups of these tags, the strongest first: the last of the file."""
    return [group for group in groups if group.tag in tags][::-1]


def with_group_tags(one: NotifyConfig, groups: Iterable[GroupConfig]) -> NotifyConfig:
    """A destination with the tags of the groups that name it, after those of its own table.

    Shape: `model_fields_set` has `tags` only where its own table states some.
    """
    given = [group.tag for group in groups if one.name in group.notify]
    tags = tuple(dict.fromkeys((*one.tags, *given)))
    if tags == one.tags:
        return one
    done = one.model_copy(update={"tags": tags})
    if not one.tags:
        done.model_fields_set.discard("tags")
    return done


def spelled(tag: object) -> str:
    """The tag of a raw table as it is kept; nothing when it is none, which is told elsewhere."""
    try:
        return check_tag(tag) if isinstance(tag, str) else ""
    except RefusedError:
        return ""


def raw_groups(tree: Mapping[str, Any]) -> list[tuple[int, str, Mapping[str, Any]]]:
    """The tables [[group]] of a raw tree: their places, tags and options."""
    tables = tree.get("group", ())
    return [
        (index, spelled(table.get("tag")), {k: v for k, v in table.items() if k != "tag"})
        for index, table in enumerate(tables if isinstance(tables, list) else ())
        if isinstance(table, dict)
    ]


def raw_tags(table: Mapping[str, Any]) -> set[str]:
    """The tags of a raw table of a site or a product."""
    tags = table.get("tags")
    return {spelled(tag) for tag in tags} - {""} if isinstance(tags, list) else set()


def taken_over(layers: Iterable[Mapping[str, Any]], table: Mapping[str, Any]) -> dict[str, Any]:
    """A raw table with what it takes from these raw defaults, the strongest first."""
    done = dict(table)
    for layer in layers:
        out = kept_out(done, layer)
        done |= {key: v for key, v in layer.items() if key not in done and key not in out}
    return done
