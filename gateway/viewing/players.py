"""Opens pictures for wall players, which know only WHEP, and renews them for as long as their grant is valid.

A wall player signs in with its secret. The gateway issues it an ordinary token and keeps it, and renews the session
with fresh tokens, as a page does for a person. So everything that ends a person's picture ends a player's: all clear,
the end of the grant or of the agreement, revocation and sign-out. A token always carries the grant with which the
session was opened, never a later one.
"""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from gateway.access.grants import Grants
from gateway.access.service import AccessService
from gateway.audit.audit_event import AuditEvent, Outcome
from gateway.audit.kinds import Kind
from gateway.audit.log import AuditLog
from gateway.auth.principals import player_id
from gateway.auth.secret import digest
from gateway.auth.sessions import SignInSessions
from gateway.auth.tokens import TokenService
from gateway.clock import Clock
from gateway.configuration.player_settings import PlayerSettings
from gateway.errors import ClientError, StorageError, Unauthenticated
from gateway.metrics import Metrics
from gateway.models import CameraId, Principal, StreamName
from gateway.permission import Action
from gateway.viewing.recording import Viewing, event_of
from gateway.viewing.service import Opened, ViewingService
from gateway.webrtc.interface import SessionEvent

logger = logging.getLogger(__name__)

TICK = 0.5
"""Seconds between checks for sessions to renew."""

SIGNED_OUT = (
    "signed_out",
    "This wall player has been signed out. It stays out until the configuration gives it another secret.",
)
NOT_VALID = ("token_invalid", "This is not a valid media token.")
"""The answer to a wrong secret. A thief who tries a player's secret from elsewhere gets it too, and so does not learn
that the secret is right.
"""


@dataclass(frozen=True, slots=True)
class Player:
    """Describes a configured wall player. The secret is in ``settings``, which never prints it."""

    settings: PlayerSettings
    principal: Principal

    @property
    def secret(self) -> str:
        """Return the secret with which the player signs in."""
        return self.settings.secret.get_secret_value()

    def may_connect_from(self, address: str) -> bool:
        """Return True if the configuration allows the player to sign in from this address."""
        if not self.settings.addresses:
            return True
        try:
            here = ip_address(address)
        except ValueError:
            return False
        return any(here in network for network in self.settings.addresses)


@dataclass(slots=True)
class _Kept:
    """Describes a session that the gateway renews. ``ends_at`` is when its token ends, in steady seconds."""

    viewing: Viewing
    player: Player
    sign_in_id: str
    ends_at: float
    renewals: int = 0
    failing: bool = False


class WallPlayers:
    """Signs players in, opens their pictures and renews them. Call ``start`` first; the server owns ``run``."""

    def __init__(
        self,
        players: Iterable[PlayerSettings],
        sessions: SignInSessions,
        tokens: TokenService,
        token_lifetime: float,
        access: AccessService,
        grants: Grants,
        viewing: ViewingService,
        audit: AuditLog,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._sessions = sessions
        self._tokens = tokens
        self._lifetime = token_lifetime
        self._access = access
        self._grants = grants
        self._viewing = viewing
        self._audit = audit
        self._clock = clock
        self._metrics = metrics
        self._players = {digest(one.secret.get_secret_value()): _player(one) for one in players}
        self._kept: dict[str, _Kept] = {}
        viewing.observe(self._observed)

    async def start(self) -> None:
        """Begin the sign-ins of all players, and end those of players that are no longer configured."""
        try:
            await self._sessions.end_standing_except(player.secret for player in self._players.values())
            for player in self._players.values():
                await self._sessions.stand(player.secret, player.principal)
        except StorageError as error:
            logger.warning("wall players will be signed in when they connect: %s", error)

    async def run(self) -> None:
        """Renew sessions until cancelled."""
        while True:
            await self._clock.sleep(TICK)
            await self.tick()

    async def tick(self) -> None:
        """Renew the sessions whose token is half used up."""
        soon = self._clock.now() + self._lifetime / 2
        await asyncio.gather(*(self._renew(kept) for kept in list(self._kept.values()) if kept.ends_at <= soon))

    def of(self, credential: str) -> Player | None:
        """Return the player whose secret this is, or None."""
        return self._players.get(digest(credential))

    async def open(
        self, player: Player, camera_id: CameraId, stream: StreamName | None, offer: str, address: str
    ) -> Opened:
        """Open a picture for a player, and renew it from now on.

        Raises Unauthenticated if the player has been signed out or connects from elsewhere; the refusal is recorded
        under its name. Otherwise it raises what ``POST /api/tokens`` and ``ViewingService.open`` do for a person.
        """
        if not player.may_connect_from(address):
            raise await self._refused(player, "another_address", address, NOT_VALID)
        sign_in = await self._sessions.stand(player.secret, player.principal)
        if sign_in is None:
            raise await self._refused(player, "signed_out", address, SIGNED_OUT)
        allowed = await self._access.require_camera(player.principal, Action.VIEW, camera_id, address)
        grant = await self._grants.give(player.principal, allowed.site_id, address)
        issued = self._tokens.issue(player.principal, grant, sign_in.id)
        self._metrics.tokens_issued.labels(player.principal.role).inc()
        opened = await self._viewing.open(issued.token, camera_id, stream, offer, address)
        if self._viewing.get(opened.viewing.id) is not None:
            self._kept[opened.viewing.id] = _Kept(opened.viewing, player, sign_in.id, issued.expires_at)
        return opened

    async def _renew(self, kept: _Kept) -> None:
        """Renew a session, if the grant with which it was opened is still valid.

        A failure of the database is tried again at the next tick, until the token has ended.
        """
        viewing, principal = kept.viewing, kept.player.principal
        grant = self._grants.living(viewing.grant.id)
        if grant is None or not self._access.warrants(grant):
            return
        issued = self._tokens.issue(principal, grant, kept.sign_in_id)
        try:
            await self._viewing.renew(viewing.secret, issued.token)
        except (ClientError, StorageError) as error:
            if not kept.failing:
                logger.warning("a picture of the wall player %s is not renewed: %s", principal.name, error)
            kept.failing = True
            return
        kept.failing = False
        self._metrics.tokens_issued.labels(principal.role).inc()
        kept.ends_at = issued.expires_at
        kept.renewals += 1
        if kept.renewals == 1:
            await self._audit.append(event_of(kept.viewing, Kind.VIEW_RENEWAL_BEGAN, jti=issued.jti))

    async def _refused(self, player: Player, reason: str, address: str, told: tuple[str, str]) -> Unauthenticated:
        principal = player.principal
        await self._audit.append(
            AuditEvent.of(
                principal,
                Kind.PLAYER_REFUSED,
                site=principal.only_site,
                outcome=Outcome.REFUSED,
                reason=reason,
                origin_address=address or None,
            )
        )
        return Unauthenticated(*told)

    def _observed(self, viewing: Viewing, event: SessionEvent) -> None:
        if event.kind == "closed":
            self._kept.pop(viewing.id, None)


def _player(settings: PlayerSettings) -> Player:
    principal = Principal(player_id(settings.id), settings.name, settings.role, settings.sites)
    return Player(settings, principal)
