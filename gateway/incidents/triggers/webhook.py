"""Handles triggers from panic buttons that send signed messages (Standard Webhooks).

These rules apply:

- The signature is verified before anything else is looked up or answered. The answer is stored in one transaction with
  the incident. The same id and body always get this answer, however late and with any timestamp: senders retry with the
  old timestamp or a fresh one, and a repeated answer opens nothing.
- A new message is refused for its time only if that is more than a day off (``timing``). If it is off by more than the
  webhook's tolerance, the alarm says by how much.
- A webhook may send its own kind and less serious ones, in the order real, drill, test. A more serious kind is refused,
  and pages show that. So a secret for tests cannot open cameras, and a real alarm cannot pass for a drill.
- A message with a valid signature is never refused for its body. An unknown room or unreadable text goes into the note.
- Every refusal is counted and recorded, and the record merges repeated ones. Pages show only the first of the repeats
  within a few seconds.
"""

import logging
from collections.abc import Callable, Container, Mapping, Sequence

from gateway.audit.audit_event import Outcome
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditEvent, AuditLog
from gateway.clock import Clock
from gateway.configuration.setting_types import webhook_key
from gateway.configuration.site_settings import SiteSettings, WebhookSettings
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
"""Seconds within which repeated refusals of one webhook are shown only once."""


class WebhookTrigger:
    """Receives the messages for all webhooks of all ``sites``.

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
        """Call ``callback`` (site, webhook, reason) for each refusal, until the returned function is called.

        A panic button that is refused is itself an alarm.
        """
        return self._watchers.add(callback)

    async def receive(self, webhook_id: str, headers: Mapping[str, str], body: bytes, address: str = "") -> Answer:
        """Handle a message. Return the status and the JSON to answer with: ``{"incident", "alarm"}``, or a problem."""
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
        except RealIncidentOpen as refusal:  # The pass has counted and recorded it.
            self._show(endpoint, refusal.code)
            return problem(refusal)
        except ClientError as error:
            await self._refused(endpoint, error.code, address)
            return problem(error)
        except StorageError as error:
            logger.exception("a trigger of webhook %s could not be stored", webhook_id)
            await self._refused(endpoint, "storage_failed", address)
            sounds = isinstance(error, NotKept)
            words = "The alarm sounds, but it could not be stored" if sounds else "The gateway's database failed"
            words += ". Send it again."
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
                kind=Kind.TRIGGER_REFUSED,
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
