"""Panic buttons that send a signed message (Standard Webhooks).

What is decided here:

- The signature is checked before anything else is said or looked up. The answer to a message is kept, with the
  incident, in one transaction; the same id and body gets it again, however late and with whatever timestamp: senders
  retry with the old or with a fresh one, and an answer given twice opens nothing.
- The time of a new message refuses it only beyond a day (``timing``); from the webhook's tolerance on the alarm says
  by how much it is off.
- A webhook may send its own kind and lower ones (real, drill, test, in this order). A higher one is refused and
  shown: neither may a secret for tests open cameras, nor a real alarm pass for a drill.
- A right signature is never refused for its body: an unknown room or an unreadable text becomes part of the note.
- Every refusal is counted and handed to the record, which merges those that are alike. Of like ones within a few
  seconds only the first is shown.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.log import AuditEvent, AuditLog
from gateway.audit.record import Outcome
from gateway.clock import Clock
from gateway.configuration.setting_types import webhook_key
from gateway.configuration.settings import SiteSettings, WebhookSettings
from gateway.errors import (
    ClientError,
    ConfigurationError,
    Conflict,
    Forbidden,
    NotFound,
    NotKept,
    StorageError,
    Unauthenticated,
)
from gateway.incidents.changes import Trigger, TriggerOutcome
from gateway.incidents.service import IncidentService
from gateway.incidents.triggers.answers import find_answer, keep_refusal
from gateway.incidents.triggers.message import Content, read_body
from gateway.incidents.triggers.signature import Envelope, read_envelope, verify
from gateway.incidents.triggers.timing import FARTHEST, off_words
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import IncidentKind, Origin, SiteId
from gateway.storage.database import Database
from gateway.storage.tables import WebhookDeliveryRow

logger = logging.getLogger(__name__)

Answer = tuple[int, dict[str, Any]]
OnRefused = Callable[[SiteId, str, str], None]

LOWER_OR_SAME = {
    IncidentKind.REAL: frozenset(IncidentKind),
    IncidentKind.DRILL: frozenset({IncidentKind.DRILL, IncidentKind.TEST}),
    IncidentKind.TEST: frozenset({IncidentKind.TEST}),
}
QUIET = 10.0
"""Seconds within which like refusals of one webhook are shown once."""


@dataclass(frozen=True, slots=True)
class _Endpoint:
    site_id: SiteId
    settings: WebhookSettings
    key: bytes
    rooms: Container[str]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """A message is looked for and kept in one go. One a webhook: whoever holds a secret and floods with it makes nobody
    else's alarm wait for more than one message of theirs."""


class WebhookTrigger:
    """Receives the messages of all webhooks of all ``sites``.

    ``rooms`` holds, for each site, the room ids of its plan. Raises ConfigurationError for a bad secret.
    """

    def __init__(
        self,
        database: Database,
        incidents: IncidentService,
        sites: Sequence[SiteSettings],
        clock: Clock,
        metrics: Metrics,
        audit: AuditLog,
        rooms: Mapping[SiteId, Container[str]],
    ) -> None:
        self._database = database
        self._incidents = incidents
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        self._watchers: Listeners[SiteId, str, str] = Listeners("trigger_refused_listener", metrics)
        self._endpoints = {
            webhook.id: _Endpoint(SiteId(site.id), webhook, _key(webhook), rooms.get(SiteId(site.id), ()))
            for site in sites
            for webhook in site.webhooks
        }
        self._quiet_until: dict[tuple[str, str], float] = {}

    def on_refused(self, callback: OnRefused) -> Callable[[], None]:
        """Be told (site, webhook, reason): a panic button that is refused is itself an alarm. The answer ends it."""
        return self._watchers.add(callback)

    async def receive(self, webhook_id: str, headers: Mapping[str, str], body: bytes, address: str = "") -> Answer:
        """The status and the JSON to answer with: ``{"incident", "alarm"}``, or a problem (RFC 9457)."""
        endpoint = self._endpoints.get(webhook_id)
        if endpoint is None:
            self._metrics.triggers_refused.labels("unknown_webhook").inc()
            return _problem(NotFound("unknown_webhook", "There is no such webhook."))
        try:
            envelope = read_envelope(headers)
            verify(envelope, body, endpoint.key)
            async with endpoint.lock:
                return await self._settled(endpoint, envelope, body, address)
        except ClientError as error:
            await self._refused(endpoint, error.code, address)
            return _problem(error)
        except StorageError as error:
            logger.exception("a trigger of webhook %s could not be stored", webhook_id)
            await self._refused(endpoint, "storage_failed", address)
            sounds = isinstance(error, NotKept)
            words = "The alarm sounds, but no disk takes it" if sounds else "The gateway's database failed"
            words += ": send it again."
            return 503, _body(503, "Not stored", "storage_failed", words)

    async def _settled(self, endpoint: _Endpoint, envelope: Envelope, body: bytes, address: str) -> Answer:
        """The answer that was given before, or a new one, on disk. Raises ClientError, StorageError."""
        digest = hashlib.sha256(body).digest()
        known = await find_answer(self._database, WebhookDeliveryRow, (endpoint.settings.id, envelope.id))
        if known is not None:
            if known.body_sha256 != digest:
                raise Conflict("id_reused", "This webhook-id came before, with another body.")
            return known.status, known.answer
        now = self._clock.now()
        # A clock that was set, rightly or not, silences no button: a message is on time if either clock says so.
        off = min((int(envelope.timestamp) - clock for clock in (now, self._clock.wall())), key=abs)
        if abs(off) > FARTHEST:
            raise Unauthenticated("stale_timestamp", f"The timestamp is {abs(off):.0f} s off the gateway's clock.")

        def row(answer: Answer, incident_id: str | None) -> WebhookDeliveryRow:
            return WebhookDeliveryRow(
                webhook_id=endpoint.settings.id,
                message_id=envelope.id,
                body_sha256=digest,
                received_at=now,
                status=answer[0],
                answer=answer[1],
                incident_id=incident_id,
            )

        async def keep(session: AsyncSession, outcome: TriggerOutcome) -> None:
            session.add(row(_accepted(outcome), outcome.incident.id))

        content = read_body(body, endpoint.settings.kind, endpoint.rooms)
        if content.kind not in LOWER_OR_SAME[endpoint.settings.kind]:
            refusal = Forbidden("kind_not_allowed", f"This webhook may not trigger a {content.kind} incident.")
            await keep_refusal(self._database, row(_problem(refusal), None))
            raise refusal
        trigger = _trigger(endpoint, envelope, content, address)
        if abs(off) > endpoint.settings.tolerance:
            trigger = self._off_time(trigger, endpoint.settings.id, off)
        self._metrics.webhook_time_off_seconds.labels(endpoint.settings.id).set(off)
        try:
            return _accepted(await self._incidents.trigger(trigger, keep))
        except Conflict as conflict:  # counted and recorded by the service
            await keep_refusal(self._database, row(_problem(conflict), None))
            self._show(endpoint, conflict.code)
            return _problem(conflict)

    def _off_time(self, trigger: Trigger, webhook_id: str, off: float) -> Trigger:
        """The trigger as one that says that its time is off."""
        logger.warning("webhook %s: the time of its message is %.0f s off the gateway's clock", webhook_id, off)
        self._metrics.triggers_off_time.labels(webhook_id).inc()
        note = f"{trigger.origin.note} {off_words(off)}".strip()
        return replace(trigger, origin=replace(trigger.origin, note=note), time_off=round(off))

    def _show(self, endpoint: _Endpoint, reason: str) -> None:
        self._watchers.tell(endpoint.site_id, endpoint.settings.id, reason)

    async def _refused(self, endpoint: _Endpoint, reason: str, address: str) -> None:
        self._metrics.triggers_refused.labels(reason).inc()
        what, now = (endpoint.settings.id, reason), self._clock.monotonic()
        if now >= self._quiet_until.get(what, now):
            self._quiet_until[what] = now + QUIET
            self._show(endpoint, reason)
        await self._audit.append(
            AuditEvent(
                kind="trigger_refused",
                name=endpoint.settings.name,
                site=endpoint.site_id,
                outcome=Outcome.REFUSED,
                reason=reason,
                origin_address=address or None,
                detail={"webhook": endpoint.settings.id},
            )
        )


def _key(webhook: WebhookSettings) -> bytes:
    try:
        return webhook_key(webhook.secret.get_secret_value())
    except ValueError as error:
        raise ConfigurationError([f"webhook {webhook.id}: secret: {error}"]) from None


def _trigger(endpoint: _Endpoint, envelope: Envelope, content: Content, address: str) -> Trigger:
    origin = Origin("webhook", endpoint.settings.name, content.room_id, content.note, content.place)
    key = f"{endpoint.settings.id}/{envelope.id}"
    return Trigger(endpoint.site_id, content.kind, origin, key=key, address=address or None)


def _accepted(outcome: TriggerOutcome) -> Answer:
    return 200, {"incident": outcome.incident.id, "alarm": outcome.alarm}


def _problem(error: ClientError) -> Answer:
    return error.status, _body(error.status, error.title, error.code, error.detail)


def _body(status: int, title: str, code: str, detail: str) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
