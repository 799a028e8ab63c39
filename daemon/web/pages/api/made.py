"""Makes what programs are answered of what operations return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.characters import visible, visible_line
from daemon.display.prices import plain_amount
from daemon.model.viewer import Viewer
from daemon.notify.phrases import title_of
from daemon.operations.lists.changes import ListedChange
from daemon.operations.lists.notifications import NoticeView
from daemon.operations.lists.sites import SiteRow
from daemon.operations.lists.states import StateRow
from daemon.operations.products import state_of as state_of_product
from daemon.operations.sites import AttemptView, ChangeView, SiteView, since_of, state_of, why_of
from daemon.redaction import redact_text
from daemon.web.pages.api import models
from daemon.web.request import Request

_WAITING = ("pending", "held")


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes answers for one request: text of others without secrets and invisible characters."""

    clean: Callable[[str], str]
    origin: str
    viewer: Viewer

    @classmethod
    def of(cls, request: Request) -> Maker:
        secrets = request.context.masking.of(request.config)
        return cls(lambda text: secrets.mask(redact_text(text)), request.origin, request.viewer)

    def line(self, text: str) -> str:
        return visible_line(self.clean(text))

    def text(self, text: str | None) -> str | None:
        return None if text is None else visible(self.clean(text))

    def site(self, view: SiteView | SiteRow) -> models.Site:
        return models.Site(
            id=view.id,
            name=self.line(view.name),
            url=self.line(view.url),
            owner_id=view.owner_id,
            site_type=view.site_type,
            tags=tuple(map(self.line, view.tags)),
            managed_by=view.managed_by,
            state=state_of(view),
            why=why_of(view),
            since=since_of(view),
            last_checked_at=view.last_checked_at,
            next_check_at=view.next_check_at if view.is_active else None,
            last_changed_at=view.last_changed_at,
            silenced_until=view.muted_until,
        )

    def change(self, one: ListedChange) -> models.ListedChange:
        values = {**self.change_values(one.view), "rating": one.rating}
        return models.ListedChange(**values, is_unseen=one.is_unseen)

    def change_values(self, view: ChangeView) -> dict[str, Any]:
        return {
            "id": view.id,
            "site_id": view.site_id,
            "site": self.line(view.site_name),
            "detected_at": view.detected_at,
            "severity": view.change_type,
            "is_significant": view.is_significant,
            "confidence": view.confidence_score,
            "category": view.category,
            "title": self.text(view.title),
            "summary": self.text(view.summary),
            "page": f"{self.origin}/changes/{view.id}",
        }

    def reason(self, one: Mapping[str, Any]) -> models.Reason:
        text = self.text(str(one.get("text", ""))) or ""
        return models.Reason(text=text, weight=float(one.get("weight", 0)))

    def check(self, one: AttemptView) -> models.Check:
        return models.Check(
            id=one.id,
            started_at=one.started_at,
            elapsed_seconds=one.elapsed_seconds,
            outcome=one.verdict,
            status=one.status,
            bytes=one.wire_bytes,
            renderer=one.renderer,
            is_restless=one.is_restless,
            stopped_requests=one.stopped_requests,
            error_class=one.error_class,
            error=self.text(one.error_detail),
        )

    def state(self, one: StateRow) -> models.State:
        return models.State(
            id=one.id,
            title=self.line(one.title),
            kind=one.kind,
            first_seen_at=one.first_seen_at,
            last_seen_at=one.last_seen_at,
            times_seen=one.times_seen,
            text_bytes=one.text_bytes,
        )

    def product(self, view: Any) -> models.Product:
        return models.Product(
            id=view.id,
            name=self.line(view.name),
            url=self.line(view.url),
            category=view.category,
            tags=tuple(map(self.line, view.tags)),
            state=state_of_product(view),
            price=plain_amount(view.price, view.currency) or None,
            currency=view.currency,
            availability=view.availability.value,
            target_price=plain_amount(view.target_price, view.target_currency) or None,
            target_currency=view.target_currency,
            is_at_target=view.is_at_target,
            last_checked_at=view.last_checked_at,
        )

    def notification(self, one: NoticeView) -> models.Notification:
        return models.Notification(
            id=one.id,
            kind=one.kind,
            channel=one.channel,
            status=one.status,
            title=self.line(title_of(one.kind, one.payload)),
            created_at=one.created_at,
            next_attempt_at=one.next_attempt_at if one.status in _WAITING else None,
            sent_at=one.sent_at,
            tries=one.tries,
            error=self.text(one.error_detail),
            change_id=one.content_update_id,
        )
