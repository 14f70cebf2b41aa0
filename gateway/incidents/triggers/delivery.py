"""Reads one panic-button message with a valid signature: what it asks for, and how it was answered before."""

import asyncio
import hashlib
import logging
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gateway.configuration.site_settings import WebhookSettings
from gateway.errors import ClientError, Conflict, Forbidden, Unauthenticated
from gateway.incident import Origin
from gateway.incidents.answers import find_answer
from gateway.incidents.changes import Trigger, TriggerOutcome
from gateway.incidents.triggers.message import read_body
from gateway.incidents.triggers.signature import Envelope
from gateway.incidents.triggers.timing import FARTHEST, off_words
from gateway.metrics import Metrics
from gateway.models import IncidentKind, SiteId
from gateway.storage.database import Database
from gateway.storage.tables import WebhookDeliveryRow

logger = logging.getLogger(__name__)

Answer = tuple[int, dict[str, Any]]
"""An HTTP status and a JSON body."""

LOWER_OR_SAME = {
    IncidentKind.REAL: frozenset(IncidentKind),
    IncidentKind.DRILL: frozenset({IncidentKind.DRILL, IncidentKind.TEST}),
    IncidentKind.TEST: frozenset({IncidentKind.TEST}),
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Holds what is configured for one webhook. ``rooms`` holds the room ids of its school's plan."""

    site_id: SiteId
    settings: WebhookSettings
    key: bytes
    rooms: Container[str]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Hold this lock from the search for an earlier message until this message is stored. Each webhook has its own
    lock, so that a flood with one secret delays other alarms by one message at most."""


@dataclass(frozen=True)
class Delivery:
    """Prepares a message for the trigger pass.

    ``now`` is gateway time and ``wall`` is wall time, both at its arrival.
    """

    database: Database
    metrics: Metrics
    endpoint: Endpoint
    envelope: Envelope
    body: bytes
    address: str
    now: float
    wall: float

    async def earlier(self) -> Answer | None:
        """Return the stored answer word for word, however old it is, or None.

        Raises Conflict if the body was different.
        """
        key = (self.endpoint.settings.id, self.envelope.id)
        known = await find_answer(self.database, WebhookDeliveryRow, key)
        if known is None:
            return None
        if known.body_sha256 != self._digest:
            raise Conflict("id_reused", "This webhook-id was used before, with another body.")
        return known.status, known.answer

    def trigger(self) -> Trigger:
        """Return the trigger that the message asks for.

        Raises Unauthenticated if its time is more than a day off, or Forbidden if the webhook may not send this kind.
        """
        webhook, off = self.endpoint.settings, self._off()
        if abs(off) > FARTHEST:
            words = f"The timestamp differs from the gateway's clock by {abs(off):.0f} s."
            raise Unauthenticated("stale_timestamp", words)
        content = read_body(self.body, webhook.kind, self.endpoint.rooms)
        if content.kind not in LOWER_OR_SAME[webhook.kind]:
            raise Forbidden("kind_not_allowed", f"This webhook may not trigger a {content.kind} incident.")
        self.metrics.webhook_time_off_seconds.labels(webhook.id).set(off)
        note, time_off = content.note, None
        if abs(off) > webhook.tolerance:
            logger.warning("webhook %s: a message's time differs from the gateway's clock by %.0f s", webhook.id, off)
            self.metrics.triggers_off_time.labels(webhook.id).inc()
            note, time_off = f"{note} {off_words(off)}".strip(), round(off)
        return Trigger(
            self.endpoint.site_id,
            content.kind,
            Origin("webhook", webhook.name, content.room_id, note, content.place),
            key=f"{webhook.id}/{self.envelope.id}",
            address=self.address or None,
            time_off=time_off,
        )

    def answer(self, outcome: TriggerOutcome) -> Answer:
        """Return the id of the incident, and whether it sounds."""
        return 200, {"incident": outcome.incident.id, "alarm": outcome.alarm}

    def row(self, result: TriggerOutcome | ClientError) -> WebhookDeliveryRow:
        """Return the row that stores the message and its answer."""
        if isinstance(result, TriggerOutcome):
            incident_id, (status, answer) = result.incident.id, self.answer(result)
        else:
            incident_id, (status, answer) = None, problem(result)
        return WebhookDeliveryRow(
            webhook_id=self.endpoint.settings.id,
            message_id=self.envelope.id,
            body_sha256=self._digest,
            received_at=self.now,
            status=status,
            answer=answer,
            incident_id=incident_id,
        )

    @cached_property
    def _digest(self) -> bytes:
        return hashlib.sha256(self.body).digest()

    def _off(self) -> float:
        """Return the seconds by which the message's time is ahead of the gateway's.

        It is compared with gateway time and with the wall clock, and the smaller difference counts. So no button is
        silenced because somebody set the clock.
        """
        return min((int(self.envelope.timestamp) - clock for clock in (self.now, self.wall)), key=abs)


def problem(error: ClientError) -> Answer:
    """Return the answer to a message that is refused (RFC 9457)."""
    return error.status, problem_body(error.status, error.title, error.code, error.detail)


def problem_body(status: int, title: str, code: str, detail: str) -> dict[str, Any]:
    """Return the JSON body of a problem (RFC 9457)."""
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
