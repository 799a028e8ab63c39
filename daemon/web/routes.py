"""The table of all addresses: nothing is reachable that has no row here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from daemon.model.viewer import Scope, Viewer
from daemon.web.access.who import Who
from daemon.web.answers import Answer
from daemon.web.pages import adding, change, product_forms, products, rules, site, site_forms, sites
from daemon.web.pages.api.description import show_document
from daemon.web.pages.api.people import download_document, show_api
from daemon.web.pages.api.table import ENDPOINTS, PREFIX
from daemon.web.pages.asset import show_asset
from daemon.web.pages.catch_up import TAKES as CATCH_UP_TAKES
from daemon.web.pages.catch_up import show_catch_up
from daemon.web.pages.changes import TAKES as CHANGES_TAKES
from daemon.web.pages.changes import show_changes
from daemon.web.pages.feeds import changes as feeds
from daemon.web.pages.health import show_health
from daemon.web.pages.hosts import list_hosts, show_host
from daemon.web.pages.looks import choosing
from daemon.web.pages.marks.links import follow_link, show_link
from daemon.web.pages.marks.rating import rate_noise, rate_useful, take_rating_back
from daemon.web.pages.marks.seen import (
    mark_all_seen,
    mark_change_seen,
    mark_change_unseen,
    mark_site_seen,
    undo,
)
from daemon.web.pages.notifications import (
    drop_notification,
    list_notifications,
    retry_dead,
    retry_notification,
    show_notification,
    test_channel,
)
from daemon.web.pages.people import as_owner, destinations, login, me, tokens, users
from daemon.web.pages.today import show_today
from daemon.web.request import Request
from daemon.web.turning import TAKES

SAFE = ("GET", "HEAD")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")  # of these, forms can only POST


@dataclass(frozen=True, slots=True)
class Route:
    """One address and what it does.

    Shape: a name in braces is one part of the path. `takes` names all fields of the query that it
           knows, unless programs of others write it, as they like. `who` has no default: nothing is
           open by oversight. With a `label` it stands in
           the head of every page of those whom it is for, in the order of the table. Where a row
           `is_signed`, its path says all that is to be done, and nobody else could make it: its
           forms come from anywhere, and nothing in them is read. An admin who looks `as_owner`
           gets what only shows something and is no person's alone, or what the row says. What
           `waits_for_a_page` of others, which a browser may have to show, has a minute for it.
    """

    method: str
    path: str
    handler: Callable[[Request], Awaitable[Answer]]
    takes: tuple[str, ...] = ()
    label: str = ""
    who: Who = field(kw_only=True)
    takes_anything: bool = field(default=False, kw_only=True)
    is_signed: bool = field(default=False, kw_only=True)
    as_owner: bool | None = field(default=None, kw_only=True)
    waits_for_a_page: bool = field(default=False, kw_only=True)
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        allowed = ("GET", *UNSAFE) if self.who is Who.PROGRAM else ("GET", "POST")
        if self.method not in allowed:
            raise ValueError(f"{self.path}: a form can only do GET and POST")
        words = re.split(r"{(\w+)}", self.path)
        pattern = "".join(
            f"(?P<{word}>[^/]+)" if place % 2 else re.escape(word)
            for place, word in enumerate(words)
        )
        object.__setattr__(self, "pattern", re.compile(pattern))

    @property
    def is_unsafe(self) -> bool:
        return self.method in UNSAFE

    @property
    def is_form(self) -> bool:
        return self.is_unsafe and self.who is not Who.PROGRAM and not self.is_signed

    @property
    def is_for_who_looks(self) -> bool:
        """Whether an admin who looks as an owner gets it."""
        if self.as_owner is not None:
            return self.as_owner
        if self.who is Who.NOBODY:
            return True
        return not self.is_unsafe and self.path.split("/")[1] != "me"

    @property
    def scope(self) -> Scope:
        """What a token must be for, where programs come in by one."""
        return Scope.WRITE if self.is_unsafe else Scope.READ

    def match(self, path: str) -> Mapping[str, str] | None:
        """The values in a path, decoded; None when it is another address."""
        found = self.pattern.fullmatch(path)
        return {n: unquote(v) for n, v in found.groupdict().items()} if found else None


_DESTINATION = "/me/destinations/{destination}"
NOBODY, OWNER, ADMIN, PROGRAM = Who.NOBODY, Who.OWNER, Who.ADMIN, Who.PROGRAM
ROUTES: tuple[Route, ...] = (
    Route("GET", "/", show_today, label="Today", who=OWNER),
    Route("GET", "/sites", sites.show_sites, sites.TAKES, label="Sites", who=OWNER),
    Route("POST", "/sites/bulk", site_forms.change_sites, who=OWNER),
    Route("GET", "/sites/{id}", site.show_site, site.TAKES, who=OWNER),
    Route("GET", "/sites/{id}/checks", site.show_checks, site.TAKES, who=OWNER),
    Route("GET", "/sites/{id}/states", site.show_states, site.TAKES, who=OWNER),
    Route("GET", "/sites/{id}/states/{state}/text", site.download_text, who=OWNER),
    Route("GET", "/sites/{id}/states/{state}/picture", site.show_picture, who=OWNER),
    Route("GET", "/sites/{id}/states/{state}/original", site.download_original, who=OWNER),
    Route("GET", "/sites/{id}/at", site.choose_day, site.DAY_TAKES, who=OWNER),
    Route("GET", "/sites/{id}/at/{date}", site.show_at, who=OWNER),
    Route("GET", "/sites/{id}/edit", site_forms.ask_to_edit, who=OWNER),
    Route("POST", "/sites/{id}/edit", site_forms.edit_site, who=OWNER),
    Route("GET", "/sites/{id}/remove", site_forms.ask_to_remove, who=OWNER),
    Route("POST", "/sites/{id}/check", site_forms.check_site, who=OWNER),
    Route("POST", "/sites/{id}/pause", site_forms.pause_site, who=OWNER),
    Route("POST", "/sites/{id}/resume", site_forms.resume_site, who=OWNER),
    Route("POST", "/sites/{id}/silence", site_forms.silence_site, who=OWNER),
    Route("POST", "/sites/{id}/unsilence", site_forms.unsilence_site, who=OWNER),
    Route("POST", "/sites/{id}/tags", site_forms.tag_site, who=OWNER),
    Route("POST", "/sites/{id}/remove", site_forms.remove_site, who=OWNER),
    Route("GET", "/sites/{id}/failure", site.show_failure, who=OWNER),
    Route("GET", "/sites/{id}/rules", rules.show_rules, rules.TAKES, who=OWNER),
    Route("POST", "/sites/{id}/rules", rules.change_rules, who=OWNER),
    Route("POST", "/sites/{id}/rules/try", rules.try_rules, who=OWNER),
    Route("GET", "/changes", show_changes, CHANGES_TAKES, label="Changes", who=OWNER),
    Route("POST", "/changes/{id}/seen", mark_change_seen, who=OWNER),
    Route("POST", "/changes/{id}/unseen", mark_change_unseen, who=OWNER),
    Route("POST", "/changes/{id}/useful", rate_useful, who=OWNER),
    Route("POST", "/changes/{id}/noise", rate_noise, who=OWNER),
    Route("POST", "/changes/{id}/unrate", take_rating_back, who=OWNER),
    Route("POST", "/sites/{id}/seen", mark_site_seen, who=OWNER),
    Route("POST", "/seen", mark_all_seen, who=OWNER),
    Route("POST", "/undo", undo, who=OWNER),
    Route("GET", "/changes/{id}", change.show_change, change.TAKES, who=OWNER),
    Route("GET", "/changes/{id}/patch", change.change_patch, who=OWNER),
    Route("GET", "/compare", change.choose_states, ("before", "after"), who=OWNER),
    Route("GET", "/compare/{before}/{after}", change.show_comparison, change.TAKES, who=OWNER),
    Route("GET", "/compare/{before}/{after}/patch", change.comparison_patch, who=OWNER),
    Route("GET", "/products", products.show_products, products.TAKES, label="Products", who=OWNER),
    Route("GET", "/products/{id}", products.show_product, ("span",), who=OWNER),
    Route("POST", "/products/{id}/check", products.check_product, who=OWNER),
    Route("POST", "/products/{id}/pause", products.pause_product, who=OWNER),
    Route("POST", "/products/{id}/resume", products.resume_product, who=OWNER),
    Route("GET", "/products/{id}/edit", product_forms.ask_to_edit, who=OWNER),
    Route("POST", "/products/{id}/edit", product_forms.edit_product, who=OWNER),
    Route("GET", "/products/{id}/remove", product_forms.ask_to_remove, who=OWNER),
    Route("POST", "/products/{id}/remove", product_forms.remove_product, who=OWNER),
    Route("GET", "/catch-up", show_catch_up, CATCH_UP_TAKES, label="Catch-up", who=OWNER),
    Route("GET", "/sites/new", adding.new_site, adding.SITE_TAKES, who=OWNER),
    Route("POST", "/sites/new", adding.add_site, who=OWNER),
    Route("POST", "/sites/try", adding.try_site, who=OWNER, waits_for_a_page=True),
    Route("POST", "/sites/choose", choosing.choose_of_new, who=OWNER, waits_for_a_page=True),
    Route("GET", "/sites/{id}/rules/choose", choosing.choose_of_site, who=OWNER),
    Route("GET", "/products/new", adding.new_product, adding.PRODUCT_TAKES, who=OWNER),
    Route("POST", "/products/new", adding.add_product, who=OWNER),
    Route("POST", "/products/try", adding.try_product, who=OWNER, waits_for_a_page=True),
    Route(
        "GET",
        "/notifications",
        list_notifications,
        takes=("status", "channel", *TAKES),
        label="Notifications",
        who=OWNER,
    ),
    Route("POST", "/notifications/test", test_channel, who=OWNER),
    Route("GET", "/notifications/{id}", show_notification, who=OWNER),
    Route("POST", "/notifications/retry", retry_dead, who=OWNER),
    Route("POST", "/notifications/{id}/retry", retry_notification, who=OWNER),
    Route("POST", "/notifications/{id}/drop", drop_notification, who=OWNER),
    Route("GET", "/hosts", list_hosts, takes=("after",), who=ADMIN),
    Route("GET", "/hosts/{host}", show_host, who=ADMIN),
    Route("GET", "/health", show_health, label="Health", who=ADMIN),
    Route("GET", "/assets/{name}", show_asset, who=NOBODY),
    Route("GET", "/api", show_api, who=OWNER),
    Route("GET", "/api/openapi.json", download_document, who=OWNER),
    Route("GET", f"{PREFIX}/openapi.json", show_document, who=PROGRAM),
    *(
        Route(
            one.method,
            f"{PREFIX}{one.path}",
            one.answer,
            one.takes,
            who=PROGRAM,
            waits_for_a_page=one.path.endswith("/try"),
        )
        for one in ENDPOINTS
    ),
    Route("GET", "/feeds/{token}/changes.atom", feeds.changes_feed, feeds.TAKES, who=NOBODY),
    Route("GET", "/feeds/{token}/sites/{id}.atom", feeds.site_feed, feeds.SITE_TAKES, who=NOBODY),
    Route("GET", "/links/{token}", show_link, who=NOBODY),
    Route("POST", "/links/{token}", follow_link, who=NOBODY, is_signed=True),
    Route("GET", "/login", login.show_login, ("to",), who=NOBODY),
    Route("POST", "/login/password", login.take_password, who=NOBODY),
    Route("GET", "/login/link/{token}", login.show_link, who=NOBODY),
    Route("POST", "/login/link/{token}", login.follow_link, who=NOBODY),
    Route("GET", "/login/{provider}", login.go_to_provider, ("to",), who=NOBODY),
    Route(
        "GET",
        "/login/{provider}/callback",
        login.come_from_provider,
        who=NOBODY,
        takes_anything=True,
    ),
    Route("POST", "/logout", login.log_out, who=OWNER, as_owner=True),
    Route("GET", "/me", me.show_me, who=OWNER),
    Route("POST", "/me", me.change_me, who=OWNER),
    Route("POST", "/me/tokens", tokens.make_token, who=OWNER),
    Route("POST", "/me/tokens/{id}/revoke", tokens.revoke_token, who=OWNER),
    Route("POST", "/me/logout", me.log_out_everywhere, who=OWNER),
    Route("GET", "/me/destinations", destinations.list_destinations, who=OWNER),
    Route("POST", "/me/destinations", destinations.add_destination, who=OWNER),
    Route("GET", _DESTINATION, destinations.show_destination, who=OWNER),
    Route("POST", _DESTINATION, destinations.change_destination, who=OWNER),
    Route("POST", f"{_DESTINATION}/test", destinations.test_destination, who=OWNER),
    Route("POST", f"{_DESTINATION}/confirm", destinations.confirm_destination, who=OWNER),
    Route("POST", f"{_DESTINATION}/pause", destinations.pause_destination, who=OWNER),
    Route("POST", f"{_DESTINATION}/resume", destinations.resume_destination, who=OWNER),
    Route("POST", f"{_DESTINATION}/remove", destinations.remove_destination, who=OWNER),
    Route("POST", "/me/channels/pause", destinations.pause_channel, who=OWNER),
    Route("POST", "/me/channels/resume", destinations.resume_channel, who=OWNER),
    Route("GET", "/users", users.list_users, ("after",), who=ADMIN),
    Route("POST", "/users", users.add_user, who=ADMIN),
    Route("GET", "/users/{id}", users.show_user, who=ADMIN),
    Route("POST", "/users/{id}/role", users.set_role, who=ADMIN),
    Route("POST", "/users/{id}/disable", users.disable_user, who=ADMIN),
    Route("POST", "/users/{id}/enable", users.enable_user, who=ADMIN),
    Route("POST", "/users/{id}/as-owner", as_owner.look_as_owner, who=ADMIN),
    Route("POST", "/as-oneself", as_owner.look_as_oneself, who=OWNER, as_owner=True),
    Route("GET", "/users/{id}/remove", users.ask_to_remove, who=ADMIN),
    Route("POST", "/users/{id}/remove", users.remove_user, who=ADMIN),
)
# How addresses begin that have a secret in them.
SECRET_PREFIXES = tuple(
    {route.path.partition("{token}")[0] for route in ROUTES if "{token}" in route.path}
)


def methods_of(path: str, viewer: Viewer | None) -> list[str]:
    """The methods that a path knows; none when it is no address of ours, or none for them."""
    found = {
        route.method
        for route in ROUTES
        if route.match(path) is not None and route.who.lets_in(viewer)
    }
    return [*SAFE] * ("GET" in found) + [one for one in UNSAFE if one in found]


def find(method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
    """The row for a request, with the values in its path."""
    wanted = "GET" if method in SAFE else method
    found = [
        (route, values)
        for route in ROUTES
        if route.method == wanted and (values := route.match(path)) is not None
    ]
    # An address in words goes before one with a value in its place: /sites/new is no site.
    return min(found, key=lambda one: len(one[1]), default=None)
