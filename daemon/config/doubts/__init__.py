"""Finds what is valid but probably unintended: filters that match nothing, unusable frequencies."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from daemon.conditions.check import bare_selectors
from daemon.conditions.values import COMPARISONS
from daemon.config.doubts.destinations import doubts_about_destinations
from daemon.config.doubts.frequencies import unkept_timing
from daemon.config.doubts.pages import doubts_about_pages
from daemon.config.explain import nearest
from daemon.config.groups import GroupConfig, groups_of
from daemon.config.products import ProductConfig, ProductDefaults
from daemon.config.requests import RequestOptions
from daemon.config.sites import RULE_FIELDS, SiteConfig, SiteDefaults
from daemon.config.tree import Config
from daemon.config.values import Flaw, KeyPath
from daemon.extract.languages.extra import INSTALL, not_installed
from daemon.model.errors import CertificateError
from daemon.model.request import timing_in
from daemon.model.site import Rules
from daemon.schedule.next_check import AUTO
from daemon.system.tls import ends_at

NOTHING_STORED: Mapping[str, Collection[str]] = MappingProxyType({})


def doubts(
    config: Config,
    stored: Mapping[str, Collection[str]],
    stored_tags: Mapping[str, Collection[str]] = NOTHING_STORED,
) -> list[Flaw]:
    """Everything in this configuration that has no effect, or a different one than it says.

    Shape: `stored` are the names of all sites and products in the database by owner, and
           `stored_tags` their tags.
    """
    names = {owner.id: {*stored.get(owner.id, ())} for owner in config.owners}
    tags = {owner.id: {*stored_tags.get(owner.id, ())} for owner in config.owners}
    owned: tuple[SiteConfig | ProductConfig, ...] = (*config.sites, *config.products)
    for one in owned:
        names.setdefault(str(one.owner), set()).add(one.name)
        tags.setdefault(str(one.owner), set()).update(one.tags)
    return [
        *_frequencies(config),
        *doubts_about_pages(config),
        *_conditions(config),
        *doubts_about_destinations(config, names, tags),
        *_unused_groups(config, set().union(*tags.values())),
        *_disagreeing(config),
        *_not_installed(config),
        *_unsafe(config),
    ]


def _frequencies(config: Config) -> Iterator[Flaw]:
    for name, kind in config.site_types.items():
        if "check_frequency" in kind.model_fields_set:
            yield from _frequency(("site_types", name), kind, config)
    for index, group in enumerate(config.groups):
        if "check_frequency" in group.model_fields_set:
            yield from _frequency(("group", index), group, config)
    for path, one in _owned(config):
        if "check_frequency" not in one.model_fields_set - one.own:  # else told where it stands
            yield from _frequency(path, one, config)


def _owned(config: Config) -> Iterator[tuple[KeyPath, SiteConfig | ProductConfig]]:
    yield from ((("site", index), site) for index, site in enumerate(config.sites))
    yield from ((("product", index), product) for index, product in enumerate(config.products))


def _frequency(
    path: KeyPath, one: SiteDefaults | ProductDefaults, config: Config
) -> Iterator[Flaw]:
    if one.check_frequency != AUTO and one.detect_within and "detect_within" in one.own:
        hint = 'write check_frequency = "auto"'
        yield Flaw((*path, "detect_within"), "has no effect beside a fixed frequency", hint)
    yield from unkept_timing(path, timing_in(one), one.renderer, config)


def _unsafe(config: Config) -> Iterator[Flaw]:
    """Tables by which certificates are not looked at, or whose own certificate has ended."""
    tables: list[tuple[KeyPath, RequestOptions]] = [
        *((("site_types", name), one) for name, one in config.site_types.items()),
        *((("group", index), one) for index, one in enumerate(config.groups)),
        *((("site", index), one) for index, one in enumerate(config.sites)),
        *((("product", index), one) for index, one in enumerate(config.products)),
    ]
    for path, one in tables:
        if "verify_tls" in one.own and one.verify_tls is False:
            problem = (
                "is false: whoever is on the way can read and change what is sent and received"
            )
            hint = 'trust its authority instead: ca_file = "…"'
            yield Flaw((*path, "verify_tls"), problem, hint)
        if one.ca_file and one.own & {"ca_file", "verify_tls"}:
            yield from _untrusting((*path, "ca_file"), one, config)
        if "client_certificate" in one.own and one.client_certificate:
            yield from _ended((*path, "client_certificate"), one.client_certificate)


def _untrusting(path: KeyPath, one: RequestOptions, config: Config) -> Iterator[Flaw]:
    """Authorities that are to be trusted where any certificate is accepted."""
    is_said = one.verify_tls is not None
    if not (one.verify_tls if is_said else config.fetch.verify_tls):
        why = "verify_tls" if is_said else "fetch.verify_tls"
        hint = f"leave {why} out, and only certificates of these authorities are accepted"
        yield Flaw(path, f"has no effect: {why} = false accepts any certificate", hint)


def _ended(path: KeyPath, certificate: str) -> Iterator[Flaw]:
    try:
        end = ends_at(certificate)
    except CertificateError as exc:  # it was usable when this was loaded
        yield Flaw(path, exc.problem, exc.hint)
        return
    if end < datetime.now(UTC):
        problem = f"ended at {end:%Y-%m-%d %H:%M} UTC: servers refuse it"
        yield Flaw(path, problem, "renew it")


def _conditions(config: Config) -> Iterator[Flaw]:
    """Conditions that nobody hears of, and selectors that are taken for words."""
    for index, site in enumerate(config.sites):
        rules = site.rules()
        if rules.has_conditions and rules.notified_of == "none":
            hint = "leave notify_on out: then the conditions are notified, and nothing else is"
            yield Flaw(("site", index, "notify_on"), '"none" silences the conditions, too', hint)
        if rules.count and rules.is_choice:
            yield from _counted(("site", index), rules)
        for place, text in bare_selectors(rules):
            path: KeyPath = ("site", index, *place)
            yield Flaw(path, f'looks for the words "{text}"', f"write css:{text} for a selector")


def _counted(path: KeyPath, rules: Rules) -> Iterator[Flaw]:
    """Comparisons of how often something is there, where a number is chosen as well."""
    for option in COMPARISONS:
        if getattr(rules, option) is not None:
            counted = ", ".join(f'"{one}"' for one in rules.count)
            problem = f"compares how often {counted} is there, not the number that is chosen"
            yield Flaw((*path, option), problem, "that is due to count: two sites say both")


def _not_installed(config: Config) -> Iterator[Flaw]:
    """The rules in languages whose library is not installed."""
    for name, kind in config.site_types.items():
        yield from _unreadable(("site_types", name), kind.rules())
    for index, group in enumerate(config.groups):
        yield from _unreadable(("group", index), group.rules())
    for index, site in enumerate(config.sites):
        # What it takes from others is told where that stands.
        own = {field: getattr(site, field) for field in site.own.intersection(RULE_FIELDS)}
        yield from _unreadable(("site", index), replace(Rules(), **own))
    for index, product in enumerate(config.products):
        if product.selector is not None:
            for flaw in _unreadable((), Rules(include=(product.selector,))):
                yield replace(flaw, path=("product", index, "selector"))


def _unreadable(path: KeyPath, rules: Rules) -> Iterator[Flaw]:
    for place, language in not_installed(rules):
        problem = f"cannot be evaluated: {language} needs a library that is not installed"
        yield Flaw((*path, *place), problem, INSTALL)


def _unused_groups(config: Config, known: Collection[str]) -> Iterator[Flaw]:
    for index, group in enumerate(config.groups):
        if group.tag not in known:
            problem = f'no site and no product has the tag "{group.tag}"'
            hint = nearest(group.tag, sorted(known)) if known else "write it into their tags"
            yield Flaw(("group", index, "tag"), problem, hint)


def _disagreeing(config: Config) -> Iterator[Flaw]:
    """Options that two groups of one site or product give different values."""
    places = {id(group): index for index, group in enumerate(config.groups)}
    told: set[tuple[int, int, str]] = set()
    for _, one in _owned(config):
        groups = groups_of(config.groups, one.tags) if len(one.tags) > 1 else []
        for later, earlier, name in _conflicts(one, groups):
            key = places[id(later)], places[id(earlier)], name
            if key not in told:
                told.add(key)
                option = type(later).model_fields[name].alias or name
                yield Flaw(
                    ("group", key[0], option),
                    f'gives "{one.name}" another value than the group "{earlier.tag}"',
                    f"the later group wins; {option} in its own table settles it",
                    ("group", key[1], option),
                )


def _conflicts(
    one: SiteConfig | ProductConfig, groups: Sequence[GroupConfig]
) -> Iterator[tuple[GroupConfig, GroupConfig, str]]:
    """The groups, stronger first, that disagree about an option which the table leaves open."""
    for place, later in enumerate(groups):
        for earlier in groups[place + 1 :]:
            both = (later.model_fields_set & earlier.model_fields_set) - one.own - {"tag"}
            for name in sorted(both & type(one).model_fields.keys()):
                if getattr(later, name) != getattr(earlier, name):
                    yield later, earlier, name
