"""The whole configuration as one frozen value."""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import Field, PrivateAttr, Strict

from daemon.config.database_url import password_of
from daemon.config.groups import GroupConfig, groups_of, with_group_tags
from daemon.config.notify import MailConfig, NoticesConfig, NotifyConfig
from daemon.config.options.backup import BackupConfig
from daemon.config.options.rendering import BrowserConfig
from daemon.config.products import ProductConfig
from daemon.config.proxies import ProxyConfig
from daemon.config.requests import RequestOptions
from daemon.config.sections import (
    LOCAL_OWNER,
    AnalysisConfig,
    DatabaseConfig,
    DocumentsConfig,
    FetchConfig,
    HealthConfig,
    LoggingConfig,
    OwnerConfig,
    RetentionConfig,
    ScheduleConfig,
    Section,
)
from daemon.config.sites import SiteConfig, SiteTypeConfig, built_in_types
from daemon.config.values import TypeName
from daemon.config.web import WebConfig

_Owned = TypeVar("_Owned", SiteConfig, ProductConfig)
_KEY_CHARACTERS = 8  # a shorter path is a word, not a key


class Config(Section):
    """Everything an operator decides.

    Shape: `owners`, `sites` and `products` are the tables [[owner]], [[site]] and [[product]];
           there is always an owner, every site and product names one, and carries the defaults
           of its groups, and a site those of its type; a destination has the tags of the groups
           that name it.
    """

    database: DatabaseConfig = DatabaseConfig()
    fetch: FetchConfig = FetchConfig()
    documents: DocumentsConfig = DocumentsConfig()
    browser: BrowserConfig = BrowserConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    retention: RetentionConfig = RetentionConfig()
    backup: BackupConfig = BackupConfig()
    analysis: AnalysisConfig = AnalysisConfig()
    health: HealthConfig = HealthConfig()
    web: WebConfig = WebConfig()
    logging: LoggingConfig = LoggingConfig()
    notices: NoticesConfig = NoticesConfig()
    mail: MailConfig = MailConfig()
    owners: Annotated[tuple[OwnerConfig, ...], Strict(False)] = Field(
        (LOCAL_OWNER,), validation_alias="owner"
    )
    site_types: dict[TypeName, SiteTypeConfig] = Field(default_factory=built_in_types)
    sites: Annotated[tuple[SiteConfig, ...], Strict(False)] = Field((), validation_alias="site")
    products: Annotated[tuple[ProductConfig, ...], Strict(False)] = Field(
        (), validation_alias="product"
    )
    notify: Annotated[tuple[NotifyConfig, ...], Strict(False)] = ()
    proxies: Annotated[tuple[ProxyConfig, ...], Strict(False)] = Field((), validation_alias="proxy")

    groups: Annotated[tuple[GroupConfig, ...], Strict(False)] = Field((), validation_alias="group")

    _revealed: tuple[str, ...] = PrivateAttr(())
    _blank_file: str = PrivateAttr("")

    @property
    def blank_file(self) -> str:
        """The name of the file, if it exists and has no content, not even a comment."""
        return self._blank_file

    def settled(self, revealed: tuple[str, ...], blank_file: str = "") -> Config:
        """The configuration with every site complete, and the revealed secrets remembered."""
        owners = self.owners or (LOCAL_OWNER,)
        sites = tuple(map(self.complete_site, self.sites))
        products = tuple(map(self.complete_product, self.products))
        notify = tuple(
            with_group_tags(one, self.groups).model_copy(
                update={
                    "owner": one.owner or owners[0].id,
                    "time_zone": one.time_zone or self.schedule.time_zone,
                }
            )
            for one in self.notify
        )
        config = self.model_copy(
            update={"owners": owners, "sites": sites, "products": products, "notify": notify}
        )
        config._revealed, config._blank_file = revealed, blank_file
        return config

    def complete_site(self, site: SiteConfig) -> SiteConfig:
        """The site with what it leaves open from its groups, then its type, and with an owner."""
        layers: list[RequestOptions] = [*groups_of(self.groups, site.tags)]
        if site.type in self.site_types:
            layers.append(self.site_types[site.type])
        return self._owned(site.completed(layers))

    def complete_product(self, product: ProductConfig) -> ProductConfig:
        """The product with what it leaves open from its groups, and with an owner."""
        return self._owned(product.completed(groups_of(self.groups, product.tags)))

    def _owned(self, one: _Owned) -> _Owned:
        owner = (self.owners or (LOCAL_OWNER,))[0].id
        return one if one.owner else one.model_copy(update={"owner": owner})

    def secrets(self) -> tuple[str, ...]:
        """Every value that must never be shown, longest first."""
        found = {*self._revealed, self.analysis.api_key.get_secret_value()}
        for section in (self.database, self.database.replica or self.database):
            password = password_of(section.dsn)
            found |= {password, quote(password, safe="")}
        found |= {*self.database.encryption_key.get_secret_value().split()}
        holders: tuple[RequestOptions, ...] = (
            *self.site_types.values(),
            *self.groups,
            *self.sites,
            *self.products,
        )
        for holder in holders:
            found |= {*holder.request_secrets()}
        for proxy in self.proxies:
            found |= set(proxy.secrets())
        for one in self.notify:
            found |= {one.secret.get_secret_value(), _url_secret(one)}
        found.add(self.mail.password.get_secret_value())
        for login in self.web.login:
            secret = login.client_secret.get_secret_value()
            found |= {secret, quote(secret, safe="")}
        found |= _ping_secrets(self.health.ping_url.get_secret_value())
        return tuple(sorted(found - {""}, key=lambda text: (-len(text), text)))


def _ping_secrets(url: str) -> set[str]:
    """The URL, and the part of it that authenticates this daemon."""
    path = urlsplit(url).path.strip("/")
    return {url, path if len(path) >= _KEY_CHARACTERS else ""}


def _url_secret(one: NotifyConfig) -> str:
    """The URL, unless it is just a mail address."""
    return "" if one.is_mail else one.url.get_secret_value()
