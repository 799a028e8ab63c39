"""Looks up the type and the conditions of a field by its key path."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from daemon.config.tree import Config
from daemon.config.values import KeyPath

FILE_SUFFIX = "_file"


@dataclass(frozen=True, slots=True)
class SchemaNode:
    """A node of the tree: the bare type expected there and the conditions on it."""

    type: Any
    conditions: tuple[Any, ...] = ()

    @property
    def is_section(self) -> bool:
        return isinstance(self.type, type) and issubclass(self.type, BaseModel)

    @property
    def is_list(self) -> bool:
        return get_origin(self.type) is tuple

    @property
    def is_table(self) -> bool:
        return get_origin(self.type) is dict

    @property
    def is_secret(self) -> bool:
        return self.type is SecretStr


ROOT = SchemaNode(Config)


def place_at(path: KeyPath) -> SchemaNode | None:
    """The node at this path; None when there is none."""
    place: SchemaNode | None = ROOT
    for part in path:
        place = _below(place, part) if place else None
    return place


def is_secret(path: KeyPath) -> bool:
    """Whether the value at this path must not be shown: a secret, or what stands where one may."""
    place = place_at(path)
    if place is None:
        return False
    if place.is_section and len(path) > 2:  # auth of a site; the site itself may be shown
        return any(_place_of(field).is_secret for field in fields_of(place.type).values())
    return place.is_secret or (place.is_table and _bare(get_args(place.type)[1]).is_secret)


@cache  # asked for each of what may be 100,000 sites
def fields_of(section: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The fields of a section by the key that the file uses."""
    return {
        str(field.validation_alias or name): field for name, field in section.model_fields.items()
    }


def names_at(path: KeyPath) -> tuple[str, ...]:
    """The keys allowed in the table at this path, including the `_file` forms of secrets.

    Shape: those that only this table has come first, then those that it shares with others.
    """
    place = place_at(path)
    if place is None:
        return ()
    fields = place.type.model_fields
    stated = (name for kind in place.type.__mro__ for name in vars(kind).get("__annotations__", ()))
    own = [name for name in dict.fromkeys(stated) if name in fields]
    keys = (str(fields[name].validation_alias or name) for name in own)
    return (*keys, *secret_file_names(place))


def secret_file_names(place: SchemaNode) -> tuple[str, ...]:
    """The keys that name a file to read a secret of this section from."""
    return _secret_files(place.type)


@cache
def _secret_files(section: type[BaseModel]) -> tuple[str, ...]:
    fields = fields_of(section).items()
    return tuple(name + FILE_SUFFIX for name, field in fields if _place_of(field).is_secret)


def options() -> Iterator[tuple[KeyPath, SchemaNode]]:
    """Every option with a name of its own; sections themselves are not options."""
    yield from _options_in(ROOT, ())


def _options_in(section: SchemaNode, path: KeyPath) -> Iterator[tuple[KeyPath, SchemaNode]]:
    for name, field in fields_of(section.type).items():
        place = _place_of(field)
        if place.is_section:
            yield from _options_in(place, (*path, name))
        else:
            yield (*path, name), place


def _below(place: SchemaNode, part: str | int) -> SchemaNode | None:
    if place.is_section:
        field = fields_of(place.type).get(str(part))
        return _place_of(field) if field else None
    if place.is_list and isinstance(part, int):
        return _bare(get_args(place.type)[0])
    if place.is_table and isinstance(part, str):
        return _bare(get_args(place.type)[1])
    return None


def _place_of(field: FieldInfo) -> SchemaNode:
    inner = _bare(field.annotation)
    return SchemaNode(inner.type, (*inner.conditions, *field.metadata))


def _bare(annotation: Any) -> SchemaNode:
    """The type without `Annotated` and `| None`."""
    if get_origin(annotation) is Annotated:
        inner, *conditions = get_args(annotation)
        bare = _bare(inner)
        return SchemaNode(bare.type, (*bare.conditions, *_flat(conditions)))
    if get_origin(annotation) in (Union, types.UnionType):
        return _bare(next(arg for arg in get_args(annotation) if arg is not types.NoneType))
    return SchemaNode(annotation)


def _flat(conditions: Iterable[Any]) -> Iterator[Any]:
    """The conditions, also those that stand together in a `Field`."""
    for one in conditions:
        yield from one.metadata if isinstance(one, FieldInfo) else (one,)
