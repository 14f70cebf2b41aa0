"""Provides a panic button that posts to a house, and the webhooks of its school."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

from gateway.configuration.site_settings import SiteSettings, WebhookSettings
from gateway.incidents.triggers.signature import sign
from gateway.incidents.triggers.webhook import WebhookTrigger
from gateway.models import IncidentKind, SiteId
from tests.incidents.house import House

SECRET = "the office button's own secret"
OAK = SiteId("oak")
BODY = b'{"room": "gym", "note": "help"}'


def webhook(name: str, kind: IncidentKind, secret: str = SECRET) -> WebhookSettings:
    return WebhookSettings(id=name, name=f"The {name}", secret=SecretStr(secret), kind=kind)


def site(*webhooks: WebhookSettings) -> SiteSettings:
    return SiteSettings(id="oak", name="Oak", plan=Path(__file__), cameras=(), webhooks=webhooks)


SITE = site(
    webhook("button", IncidentKind.REAL), webhook("bell", IncidentKind.DRILL), webhook("rehearsal", IncidentKind.TEST)
)


class Post:
    """Sends signed messages to a house, as a panic button would."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.refused: list[tuple[str, str, str]] = []
        self.renew()

    def renew(self) -> None:
        house = self.house
        self.webhooks = WebhookTrigger(
            house.database,
            house.incidents.triggers,
            [SITE],
            house.clock,
            house.metrics,
            house.audit,
            {OAK: frozenset({"gym"})},
        )
        self.webhooks.on_refused(lambda *what: self.refused.append(what))

    async def send(
        self,
        message_id: str = "msg_1",
        body: bytes = BODY,
        to: str = "button",
        age: float = 0.0,
        secret: str = SECRET,
    ) -> tuple[int, dict[str, Any]]:
        headers, body = self.signed(message_id, body, age, secret)
        return await self.webhooks.receive(to, headers, body, "10.0.0.9")

    def signed(
        self, message_id: str, body: bytes = BODY, age: float = 0.0, secret: str = SECRET
    ) -> tuple[dict[str, str], bytes]:
        timestamp = str(int(self.house.clock.now() - age))
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(secret, message_id, timestamp, body),
        }, body
