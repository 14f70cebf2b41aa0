"""Serves all viewers on one port: answers offers, and requests about sessions. ``lifecycle`` runs the sessions."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gateway.clock import Clock
from gateway.configuration.media_settings import MediaSettings
from gateway.errors import ConfigurationError, NotFound
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.process.resolver import Resolver
from gateway.webrtc.accounting import Accounting
from gateway.webrtc.interface import (
    NO_SESSION,
    OpenedSession,
    OpenSession,
    PatchAnswer,
    PatchRequest,
    SessionEvent,
)
from gateway.webrtc.lifecycle import Lifecycle
from gateway.webrtc.opening import Opening, Sounds, Streams
from gateway.webrtc.session import Session, SessionView
from gateway.webrtc.signalling.fragment import build_fragment, parse_fragment, require_match
from gateway.webrtc.transport import ice
from gateway.webrtc.transport.addresses import keep_names, look_up_names
from gateway.webrtc.transport.ports import Ports
from gateway.webrtc.transport.route import Route

TICK = 0.15
"""Seconds between looks at all sessions. Feeds report at every second look (``LOOK_INTERVAL``)."""


class MediaPlane:
    """Opens and changes all media sessions of one process.

    ``streams`` returns a camera's stream and ``sounds`` a camera's sound, each None if there is none.
    """

    def __init__(
        self,
        settings: MediaSettings,
        streams: Streams,
        clock: Clock,
        metrics: Metrics,
        sounds: Sounds = lambda _: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._resolver = Resolver()
        self._group = asyncio.TaskGroup()
        self._own: list[asyncio.Task[None]] = []
        self._life = Lifecycle(settings, streams, sounds, self._group, self._proven, clock, metrics)
        intake = self._life.intake
        self._ports = Ports(settings, intake.received, intake.lost, clock, metrics)
        self._accounting = Accounting(self._ports, metrics)
        hooks = self._life.hooks
        self._opening = Opening(settings, streams, sounds, self._ports, hooks, self._resolver, clock, metrics)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Open the media port. The same task must call ``stop``.

        Raises OSError if the port is in use, and ConfigurationError for an invalid advertised address.
        """
        try:
            for text in self._settings.advertise:
                ice.split_address(text, self._settings.port)
        except ValueError as error:
            raise ConfigurationError([f"media: advertise: {error}"]) from error
        await look_up_names(self._settings, self._resolver)
        await self._ports.open()
        self._accounting.catch_up(())
        await self._group.__aenter__()
        names = keep_names(self._settings, self._resolver, self._clock)
        self._own = [
            self._group.create_task(self._run_timers(), name="media timers"),
            self._group.create_task(names, name="media advertised names"),
        ]

    async def stop(self) -> None:
        """Close every session and the port."""
        for session in list(self._life.sessions.values()):
            self._life.close(session, CloseReason.SHUTDOWN)
        if self._own:
            for task in self._own:
                task.cancel()
            await self._group.__aexit__(None, None, None)
            self._accounting.catch_up(self._life.sessions.values())
            await self._ports.close()

    @property
    def local_port(self) -> int:
        """Return the number of the open port, which is the same for UDP and TCP."""
        return self._ports.number

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer.

        Raises BadRequest naming its fault, NotFound if the camera has no stream, and Unplayable if it has none that the
        viewer decodes.
        """
        session, answer = await self._opening.open(request)
        self._life.add(session)
        return OpenedSession(session.id, answer, session.stream, session.path.etag)

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information. New credentials restart ICE: both sides change theirs, and the session and
        its keys stay (draft-ietf-wish-whep 4.3.3).

        Raises NotFound if the session has ended, BadRequest, and PreconditionFailed if the request is about an earlier
        ICE session.
        """
        said = parse_fragment(request.fragment)
        where = self._opening.where()
        session = self.session(session_id)
        if session is None:
            raise NotFound(*NO_SESSION)
        path = session.path
        require_match(request.if_match, path.etag)
        if said.ufrag == path.their_ufrag:
            return PatchAnswer(None, path.etag)
        path.restart(said.ufrag, said.password)
        self._life.intake.add(session)
        self._metrics.ice_restarts.inc()
        candidates, ours = self._opening.candidates(where), path.credentials
        return PatchAnswer(build_fragment(session.offer, ours.ufrag, ours.password, candidates), path.etag)

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until ``ends_at``. Return False if it has already ended."""
        session = self.session(session_id)
        if session is None:
            return False
        session.ends_at = ends_at
        return True

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return. Return False if it had already ended."""
        session = self.session(session_id)
        if session is None:
            return False
        self._life.close(session, reason)
        return True

    def observe(self, callback: Callable[[SessionEvent], None]) -> None:
        """Call ``callback`` with everything that happens to every session, from within the event loop."""
        self._life.observers.add(callback)

    @property
    def watched(self) -> frozenset[tuple[CameraId, StreamName]]:
        """Return the streams that are sent to a viewer, or will be from their next keyframe on."""
        return self._life.watched

    def session(self, session_id: str) -> Session | None:
        """Return the session with this id, or None if it has ended. It has more detail than its view."""
        return self._life.sessions.get(session_id)

    def sessions(self) -> tuple[SessionView, ...]:
        """Return a snapshot of all open sessions."""
        return tuple(session.view() for session in self._life.sessions.values())

    def _proven(self, route: Route) -> None:
        self._ports.tcp.prove(route)

    async def _run_timers(self) -> None:
        while True:
            await self._clock.sleep(TICK)
            self._accounting.catch_up(self._life.sessions.values())
            self._ports.tcp.sweep()
            self._life.look()
