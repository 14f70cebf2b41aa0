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

import logging
from collections.abc import Callable, Container, Mapping, Sequence

from gateway.audit.log import AuditEvent, AuditLog
from gateway.audit.record import Outcome
from gateway.clock import Clock
from gateway.configuration.setting_types import webhook_key
from gateway.configuration.settings import SiteSettings, WebhookSettings
from gateway.errors import ClientError, ConfigurationError, NotFound, NotKept, StorageError
from gateway.incidents.arbitration import RealIncidentOpen
from gateway.incidents.trigger_pass import TriggerPass
from gateway.incidents.triggers.delivery import Answer, Delivery, Endpoint, problem, problem_body
from gateway.incidents.triggers.signature import read_envelope, verify
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import SiteId
from gateway.storage.database import Database

logger = logging.getLogger(__name__)

OnRefused = Callable[[SiteId, str, str], None]

QUIET = 10.0
"""Seconds within which like refusals of one webhook are shown once."""


class WebhookTrigger:
    """Receives the messages of all webhooks of all ``sites``.

    ``rooms`` holds, for each site, the room ids of its plan. Raises ConfigurationError for a bad secret.
    """

    def __init__(
        self,
        database: Database,
        triggers: TriggerPass,
        sites: Sequence[SiteSettings],
        clock: Clock,
        metrics: Metrics,
        audit: AuditLog,
        rooms: Mapping[SiteId, Container[str]],
    ) -> None:
        self._database = database
        self._triggers = triggers
        self._clock = clock
        self._metrics = metrics
        self._audit = audit
        self._watchers: Listeners[SiteId, str, str] = Listeners("trigger_refused_listener", metrics)
        self._endpoints = {
            webhook.id: Endpoint(SiteId(site.id), webhook, _key(webhook), rooms.get(SiteId(site.id), ()))
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
            return problem(NotFound("unknown_webhook", "There is no such webhook."))
        try:
            envelope = read_envelope(headers)
            verify(envelope, body, endpoint.key)
            async with endpoint.lock:
                now, wall = self._clock.now(), self._clock.wall()
                return await self._triggers.take(
                    Delivery(self._database, self._metrics, endpoint, envelope, body, address, now, wall)
                )
        except RealIncidentOpen as refusal:  # counted and recorded by the pass
            self._show(endpoint, refusal.code)
            return problem(refusal)
        except ClientError as error:
            await self._refused(endpoint, error.code, address)
            return problem(error)
        except StorageError as error:
            logger.exception("a trigger of webhook %s could not be stored", webhook_id)
            await self._refused(endpoint, "storage_failed", address)
            sounds = isinstance(error, NotKept)
            words = "The alarm sounds, but no disk takes it" if sounds else "The gateway's database failed"
            words += ": send it again."
            return 503, problem_body(503, "Not stored", "storage_failed", words)

    def _show(self, endpoint: Endpoint, reason: str) -> None:
        self._watchers.tell(endpoint.site_id, endpoint.settings.id, reason)

    async def _refused(self, endpoint: Endpoint, reason: str, address: str) -> None:
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
