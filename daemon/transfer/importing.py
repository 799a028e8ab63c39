"""Turns entries of any format into sites and products, with faults and notes for the rest."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

from daemon.characters import visible_line
from daemon.config import Config, SiteConfig
from daemon.config.groups import raw_tags
from daemon.config.products import ProductConfig
from daemon.config.reading.given import given_products, given_sites
from daemon.config.reading.places import show_path
from daemon.config.values import Flaw
from daemon.extract.languages.extra import INSTALL, missing_languages
from daemon.model.errors import Fault
from daemon.model.request import Request
from daemon.model.site import SiteSpec
from daemon.operations.installation.described import product_specs, spec_of
from daemon.redaction import redact_text
from daemon.store.catalogue.owned import TakenNames
from daemon.store.catalogue.products import ProductSpec
from daemon.store.catalogue.specs import identity_of, reading_of
from daemon.transfer.credentials import settle_credentials
from daemon.transfer.entry import Aside, ImportEntry, Read, SameBy, unreadable
from daemon.transfer.proxies import settle_proxy
from daemon.url import LONGEST_NAME, name_from

_T = TypeVar("_T")
_AT_ONCE = 500
MOST_ENTRIES = 500_000
# Without one of these other content would be read, and correcting it reported as a change.
_SELECTING = frozenset({"include", "query", "keep_lines", "kind", "selector", "headers"})
_NEEDED = frozenset({"name", "url", "urls"})
_NO_NAME_OF_A_TYPE = re.compile(r"[^a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class ImportNote:
    """What is to be said of an imported entry, or of the file itself."""

    place: str
    name: str  # empty for the file
    text: str
    is_loss: bool = False  # whether it is something that could not be carried over


# asyncio builds the repr of a task's result although nobody sees it: keep it small.
@dataclass(slots=True, repr=False)
class Imported:
    """The result of an import.

    Shape: `faults` are of entries that were not imported, `notes` of those that were;
           `notified` has the names of the latter by the URLs that were notified of them.
    """

    sites: list[SiteSpec] = field(default_factory=list)
    products: list[list[ProductSpec]] = field(default_factory=list)  # at each of its addresses
    known: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[ImportNote] = field(default_factory=list)
    notified: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the file named nothing that could be watched, or could not."""
        return not (self.sites or self.products or self.known or self.faults)

    @property
    def losses(self) -> list[ImportNote]:
        """What could not be carried over."""
        return [note for note in self.notes if note.is_loss]


Usable = tuple[ImportEntry, SiteConfig | ProductConfig]
_Checked = tuple[ImportEntry, SiteConfig | ProductConfig | tuple[Flaw, ...]]


def usable(
    read: Read, config: Config, defaults: Mapping[str, Any], result: Imported
) -> list[Usable]:
    """The entries that can be sites and products; faults and notes go to `result`.

    Shape:  `defaults` apply to entries without a value of their own.
    Errors: ConfigError when the file cannot be read, or has too many entries.
    """
    found: list[Usable] = []
    for count, several in enumerate(_batches(read, _AT_ONCE)):
        if count * _AT_ONCE >= MOST_ENTRIES:
            raise unreadable(f"has more than {MOST_ENTRIES:,} entries", "split it")
        result.faults += [one for one in several if isinstance(one, Fault)]
        result.notes += [
            ImportNote(one.place, "", one.text, one.is_loss)
            for one in several
            if isinstance(one, Aside)
        ]
        entries = [one for one in several if isinstance(one, ImportEntry)]
        for entry in entries:
            _complete(entry, config, defaults)
        found += _valid(entries, config, result)
    return found


def choose(
    wanted: Iterable[Usable],
    config: Config,
    sites: Iterable[SiteSpec],
    products: Iterable[ProductSpec],
    result: Imported,
) -> None:
    """Add those not watched already to `result`, each under a free name."""
    known = _KnownEntries(sites, products)
    for entry, one in wanted:
        specs = (
            [spec_of(one, config)] if isinstance(one, SiteConfig) else product_specs(one, config)
        )
        if known.has_but_for_secrets(entry, specs):
            result.known += 1
            continue
        if entry.fault is not None:
            result.faults.append(entry.fault)
            continue
        if isinstance(one, SiteConfig):
            name = _choose_site(entry, spec_of(one, config), known, result)
        else:
            name = _choose_product(entry, product_specs(one, config), known, result)
        if name:
            for is_loss, texts in ((True, entry.lost), (False, entry.notes)):
                result.notes += [ImportNote(entry.place, name, text, is_loss) for text in texts]
            for url in dict.fromkeys(entry.notified):
                result.notified.setdefault(url, []).append(name)
        else:
            result.known += 1


def _choose_site(entry: ImportEntry, site: SiteSpec, known: _KnownEntries, result: Imported) -> str:
    """The name under which it is added; "" when it is already watched."""
    keys = _site_keys(site)
    if known.has_site(keys[entry.same_by]):
        return ""
    known.note_the_same(keys[SameBy.RULES], entry)
    entry.lost += [
        f"{one} needs a library that is not installed: {INSTALL}"
        for one in missing_languages(site.rules)
    ]
    name = known.named("site", site, entry)
    if name != site.name:
        site = replace(site, name=name)
        keys = _site_keys(site)
    known.add_site(keys, name)
    result.sites.append(site)
    return name


def _choose_product(
    entry: ImportEntry, specs: list[ProductSpec], known: _KnownEntries, result: Imported
) -> str:
    if known.has_product(specs, entry.same_by):
        return ""
    for spec in specs:
        known.note_the_same(reading_of(spec), entry)
    name = known.named("product", specs[0], entry)
    specs = [replace(spec, name=name) for spec in specs]
    known.add_product(specs)
    result.products.append(specs)
    return name


class _KnownEntries:
    """What is already watched, by all keys of an entry."""

    def __init__(self, sites: Iterable[SiteSpec], products: Iterable[ProductSpec]) -> None:
        self._sites: set[Any] = set()
        self._products: set[Any] = set()
        self._called: dict[Any, str] = {}  # by what they read
        self._requests: defaultdict[tuple[str, str, str], list[Request]] = defaultdict(list)
        self._names: defaultdict[tuple[str, str], TakenNames] = defaultdict(TakenNames)
        for site in sites:
            self._names["site", site.owner_id].free(site.name)
            self._requests["site", site.owner_id, site.name].append(site.request)
            self.add_site(_site_keys(site), site.name)
        followed: set[tuple[str, str]] = set()
        for product in products:
            if (key := (product.owner_id, product.name)) not in followed:
                followed.add(key)
                self._names["product", product.owner_id].free(product.name)
            self._requests["product", product.owner_id, product.name].append(product.request)
            self.add_product([product])

    def has_but_for_secrets(
        self, entry: ImportEntry, specs: Sequence[SiteSpec | ProductSpec]
    ) -> bool:
        """Whether it is watched under its name with the same request, but for what was not set."""
        if not entry.unset and entry.fault is None:
            return False
        return all(
            any(
                _without(known, entry.unset) == _without(spec.request, entry.unset)
                for known in self._requests[entry.kind, spec.owner_id, spec.name]
            )
            for spec in specs
        )

    def has_site(self, key: object) -> bool:
        return key in self._sites

    def add_site(self, keys: Mapping[SameBy, object], name: str) -> None:
        self._sites.update(keys.values())
        self._called[keys[SameBy.RULES]] = name

    def note_the_same(self, reading: object, entry: ImportEntry) -> None:
        """Note that it reads the same as another; it may be intended, under its own name."""
        if (other := self._called.get(reading)) is not None:
            entry.notes.append(f"reads the same page as {other!r}, by the same rules")

    def has_product(self, specs: list[ProductSpec], same_by: SameBy) -> bool:
        """Whether it is watched at each of its addresses."""
        is_named = same_by is SameBy.NAME
        return all(
            (spec.key if is_named else identity_of(spec)) in self._products for spec in specs
        )

    def add_product(self, specs: list[ProductSpec]) -> None:
        self._products |= {key for spec in specs for key in (spec.key, identity_of(spec))}
        self._called |= {reading_of(spec): spec.name for spec in specs}

    def named(self, kind: str, spec: SiteSpec | ProductSpec, entry: ImportEntry) -> str:
        """A free name, with a note if it differs from the given one."""
        free = self._names[kind, spec.owner_id].free(spec.name)
        if free != spec.name and "name" in entry.table:
            entry.notes.append(f"called {free!r}: {spec.name!r} is taken")
        return free


def _without(request: Request, unset: Collection[str]) -> Hashable:
    """What a request is without these headers, or its body, and without secrets in its URL."""
    out = {*unset, *(("content-type",) if "body" in unset else ())}
    headers = {name: v for name, v in request.headers.items() if name.lower() not in out}
    bare = replace(request, url=redact_text(request.url), headers=headers)
    return (replace(bare, body="", method="") if "body" in unset else bare).identity


def _site_keys(site: SiteSpec) -> dict[SameBy, Any]:
    return {
        SameBy.URL: (site.owner_id, site.request.url),
        SameBy.RULES: reading_of(site),
        SameBy.NAME: (*identity_of(site), site.name),
    }


def _complete(entry: ImportEntry, config: Config, defaults: Mapping[str, Any]) -> None:
    """Fill in defaults, and drop references to names that do not exist here.

    Shape: what a table says itself stays, but for tags, which add up.
    """
    table = entry.table
    entry.tag(defaults.get("tags", ()))
    allowed = defaults.items() if entry.kind == "site" else ()
    table |= {key: value for key, value in allowed if key not in table}
    if entry.is_lenient and isinstance(table.get("name"), str):
        table["name"] = visible_line(table["name"])[:LONGEST_NAME]
    if not table.get("name"):
        table.pop("name", None)
    owner = table.get("owner")
    if isinstance(owner, str) and owner not in {one.id for one in config.owners}:
        entry.leave_out(f"its owner {owner[:60]!r}, who is not known here")
        del table["owner"]
    _settle_destinations(entry, config)
    settle_credentials(entry)
    settle_proxy(entry, config)
    _settle_type(entry, config)
    _settle_labels(entry, config)


def _settle_destinations(entry: ImportEntry, config: Config) -> None:
    """Name who was told of it by its groups, and is not told of it here."""
    tags = raw_tags(entry.table)
    heard = {one.name for one in config.notify if not one.tags or tags.intersection(one.tags)}
    for name in dict.fromkeys(entry.destinations):
        if name not in heard:
            entry.leave_out(f"its destination {name[:60]!r}: see `notify` of [[group]]")


def _settle_labels(entry: ImportEntry, config: Config) -> None:
    """Make tags of what it was filed under, but for a type that is known here, or a category."""
    key = "type" if entry.kind == "site" else "category"
    for label in dict.fromkeys(entry.labels):
        known = _type_name(label) if entry.kind == "site" else label
        if key not in entry.table and (entry.kind != "site" or known in config.site_types):
            entry.table[key] = known
        else:
            entry.tag([label])


def _settle_type(entry: ImportEntry, config: Config) -> None:
    wanted = entry.table.get("type")
    if not isinstance(wanted, str) or entry.kind != "site" or wanted in config.site_types:
        return
    name = _type_name(wanted)
    if name in config.site_types:
        entry.table["type"] = name
    else:
        entry.leave_out(f"its type {wanted[:60]!r}: [site_types] has none of that name")
        del entry.table["type"]


def _type_name(word: str) -> str:
    return _NO_NAME_OF_A_TYPE.sub("-", word.lower()).strip("-")


def _valid(entries: list[ImportEntry], config: Config, result: Imported) -> list[Usable]:
    found: dict[int, SiteConfig | ProductConfig] = {}
    for entry, one in _checked_or_repaired(entries, config):
        if isinstance(one, tuple):
            result.faults += [_fault(entry, flaw) for flaw in one]
        else:
            found[id(entry)] = one
    return [(entry, found[id(entry)]) for entry in entries if id(entry) in found]


def _checked_or_repaired(entries: list[ImportEntry], config: Config) -> Iterator[_Checked]:
    """The entries as checked; a lenient one is checked again without unusable values."""
    repaired = []
    for entry, one in _checked(entries, config):
        if isinstance(one, tuple) and entry.is_lenient and _repair(entry, one):
            repaired.append(entry)
        else:
            yield entry, one
    if repaired:
        yield from _checked(repaired, config)


def _checked(entries: list[ImportEntry], config: Config) -> Iterator[_Checked]:
    """Each entry as a site or product of the configuration, or with its flaws; sites first."""
    for kind, check in (("site", given_sites), ("product", given_products)):
        of_kind = [entry for entry in entries if entry.kind == kind]
        tables = [{"name": name_from(str(e.table.get("url", ""))), **e.table} for e in of_kind]
        yield from zip(of_kind, check(config, tables), strict=True)


def _repair(entry: ImportEntry, flaws: tuple[Flaw, ...]) -> bool:
    """Remove unusable values; returns whether something to watch is left."""
    if any(not flaw.path or flaw.path[0] in _NEEDED for flaw in flaws):
        return False
    # Backwards: removing an item of a list must not shift those still to be removed.
    for flaw in sorted(flaws, key=lambda flaw: show_path(flaw.path), reverse=True):
        key = str(flaw.path[0])
        if key not in entry.table:
            continue
        _take_out(entry.table, flaw)
        entry.leave_out(f"{show_path(flaw.path)}, which {flaw.problem}")
        if key in _SELECTING:
            entry.pause(f"it would read something else without its {key}")
    return True


def _take_out(table: dict[str, Any], flaw: Flaw) -> None:
    key = str(flaw.path[0])
    value = table[key]
    if len(flaw.path) > 1 and isinstance(value, list | dict) and len(value) > 1:
        if isinstance(value, dict):
            value.pop(str(flaw.path[1]), None)
        elif isinstance(flaw.path[1], int) and flaw.path[1] < len(value):
            del value[flaw.path[1]]
    else:
        del table[key]


def _fault(entry: ImportEntry, flaw: Flaw) -> Fault:
    return Fault(entry.place, show_path(flaw.path), flaw.problem, flaw.hint)


def _batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    several = iter(items)
    while batch := list(islice(several, size)):
        yield batch
