"""Converts a configuration into owners, sites, products and routes for the store."""

from __future__ import annotations

from collections import defaultdict

from pydantic import SecretStr

from daemon.alerting.values import Route, Usual
from daemon.config import Config, NotifyConfig, SiteConfig
from daemon.config.products import ProductConfig
from daemon.config.reading.source import blank_fault
from daemon.config.sections import OwnerConfig
from daemon.model.change import ChangeType
from daemon.model.errors import Fault, NotFoundError
from daemon.model.site import Owner, SiteSpec
from daemon.model.viewer import Viewer
from daemon.packing import content_hash
from daemon.store.catalogue.products import ProductSpec
from daemon.store.catalogue.reconcile import DesiredState
from daemon.url import host_of

# A table in which nothing is chosen; where it leads to does not matter.
UNNAMED = NotifyConfig(name="-", url=SecretStr("mailto:nobody@example.org"))


def desired_state_of(config: Config) -> DesiredState:
    """Everything that the configuration describes."""
    return DesiredState(
        owners=owners_of(config),
        sites=specs_of(config),
        products=product_specs_of(config),
        routes=routes_of(config),
        has_model=config.analysis.is_on,
        blank=_blank_fault(config),
        usual=usual_of(config),
    )


def usual_of(config: Config) -> Usual:
    """What routes follow that people make themselves."""
    given = {owner.id: owner.preferences for owner in config.owners if owner.preferences}
    rests = {id_: (wanted.quiet, wanted.time_zone) for id_, wanted in given.items()}
    return Usual(route_of(UNNAMED, config), rests)


def seen_by(viewer: Viewer, config: Config) -> Config:
    """The configuration for this viewer: only the viewer's own part unless an admin.

    Errors: NotFoundError for a viewer who is neither an owner nor an admin.
    """
    if viewer.is_admin:
        return config
    mine = tuple(owner for owner in config.owners if owner.id == viewer.user_id)
    if not mine:
        raise NotFoundError("owner", viewer.user_id)
    return config.model_copy(update={"owners": mine})


def as_owner(viewer: Viewer, config: Config) -> Config:
    """The configuration in which what names no owner is the viewer's, whom it need not name.

    Shape: only an admin may name another owner.
    """
    named = [owner for owner in config.owners if owner.id == viewer.user_id]
    # The address is of no use here: it stands in the database.
    mine = named or [OwnerConfig.model_construct(id=viewer.user_id, email="", username=None)]
    others = [one for one in config.owners if one.id != viewer.user_id] if viewer.is_admin else []
    return config.model_copy(update={"owners": (*mine, *others)})


def _blank_fault(config: Config) -> Fault | None:
    is_blank = config.blank_file and not (config.sites or config.products)
    return blank_fault(config.blank_file) if is_blank else None


def owners_of(config: Config) -> list[Owner]:
    """The owners that the configuration names.

    Shape: whom the database alone knows has no address in a configuration, and is left out.
    """
    named = (owner for owner in config.owners if owner.email)
    return [Owner(owner.id, owner.email, owner.username) for owner in named]


def routes_of(config: Config) -> dict[str, list[Route]]:
    """The routes of each owner, from the [[notify]] tables in their order."""
    routes: defaultdict[str, list[Route]] = defaultdict(list)
    preferred = {owner.id: owner.preferences for owner in config.owners if owner.preferences}
    for one in config.notify:
        owner, route = one.owner or config.owners[0].id, route_of(one, config)
        if (wanted := preferred.get(owner)) is not None:
            route = route.resting(wanted.quiet, wanted.time_zone)
        routes[owner].append(route)
    return routes


def route_of(one: NotifyConfig, config: Config) -> Route:
    """A [[notify]] table without its secrets, with the defaults of [notices]."""
    usual = config.notices
    days = usual.certificate_days if one.certificate_days is None else one.certificate_days
    remind_every = usual.remind_every if one.remind_every is None else one.remind_every
    return Route(
        name=one.name,
        target=content_hash(one.url.get_secret_value().encode()),
        kinds=one.kinds,
        least_severity=ChangeType(one.least_severity),
        only_significant=one.only_significant,
        names=one.names,
        site_types=one.site_types,
        tags=one.tags,
        include=one.include,
        exclude=one.exclude,
        digest=one.digest,
        at_once_from=ChangeType(one.at_once_from) if one.at_once_from else None,
        time_zone=one.time_zone or config.schedule.time_zone,
        quiet=one.quiet,
        daily_cap=one.daily_cap,
        gather_seconds=usual.gather.total_seconds(),
        analysis_seconds=config.analysis.wait.total_seconds(),
        failures=one.failures or usual.failures,
        remind_seconds=remind_every.total_seconds(),
        certificate_days=days,
    )


def specs_of(config: Config) -> list[SiteSpec]:
    """The sites that the configuration describes."""
    return [spec_of(site, config) for site in config.sites]


def spec_of(site: SiteConfig, config: Config) -> SiteSpec:
    """One site, complete, in the store's form."""
    return SiteSpec(
        name=site.name,
        request=site.request(),
        host=host_of(site.url),
        owner_id=site.owner or config.owners[0].id,
        check_frequency=site.check_frequency,
        time_zone=site.time_zone or config.schedule.time_zone,
        hours=site.hours,
        days=site.days,
        detect_within=site.detect_within,
        site_type=site.type,
        rules=site.rules(),
        is_active=not site.paused,
        tags=site.tags,
    )


def product_specs_of(config: Config) -> list[ProductSpec]:
    """The products that the configuration describes, one for each of their addresses."""
    return [spec for product in config.products for spec in product_specs(product, config)]


def product_specs(product: ProductConfig, config: Config) -> list[ProductSpec]:
    """One product at each of its addresses, in the store's form."""
    return [
        ProductSpec(
            name=product.name,
            request=request,
            host=host_of(request.url),
            owner_id=product.owner or config.owners[0].id,
            check_frequency=product.check_frequency,
            time_zone=product.time_zone or config.schedule.time_zone,
            hours=product.hours,
            days=product.days,
            detect_within=product.detect_within,
            category=product.category,
            target_price=product.target_price,
            currency=product.currency,
            rules=product.rules(),
            is_active=not product.paused,
            tags=product.tags,
        )
        for request in product.requests()
    ]
