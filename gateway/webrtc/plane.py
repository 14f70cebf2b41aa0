"""The media plane: all viewers on one port. It runs sessions from their answer to their end, and knows a grant only as
something that ends."""

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from gateway.clock import Clock
from gateway.configuration.media_settings import MediaSettings
from gateway.errors import ConfigurationError, NotFound
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.resolver import Resolver
from gateway.webrtc.accounting import Accounting
from gateway.webrtc.audio_fanout import AudioFanout
from gateway.webrtc.distribution import Distribution
from gateway.webrtc.intake import Intake
from gateway.webrtc.interface import (
    NO_SESSION,
    EventKind,
    OpenedSession,
    OpenSession,
    PatchAnswer,
    PatchRequest,
    SessionEvent,
)
from gateway.webrtc.opening import Opening, Sounds, Streams
from gateway.webrtc.session import Hooks, Session, SessionView
from gateway.webrtc.signalling.fragment import build_fragment, parse_fragment, require_match
from gateway.webrtc.states import State
from gateway.webrtc.transport import ice
from gateway.webrtc.transport.addresses import keep_names, look_up_names
from gateway.webrtc.transport.dtls import DtlsFailed
from gateway.webrtc.transport.ports import Ports
from gateway.webrtc.transport.route import Route

logger = logging.getLogger(__name__)

TICK = 0.1


class MediaPlane:
    """All media sessions of one process.

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
        self._streams = streams
        self._sounds = sounds
        self._clock = clock
        self._metrics = metrics
        self._intake = Intake(clock, metrics, self._reached, self._proven, self._close, self._failed)
        self._ports = Ports(settings, self._intake.received, self._intake.lost, clock, metrics)
        self._accounting = Accounting(self._ports, metrics)
        self._resolver = Resolver()
        self._group = asyncio.TaskGroup()
        self._own: list[asyncio.Task[None]] = []
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._distribution = Distribution(streams, clock, metrics, self._expired, self._failed, self._unplayable)
        self._audio = AudioFanout(clock, self._expired, self._failed)
        hooks = Hooks(self._first_packet, self._distribution.refresh, self._changed)
        self._opening = Opening(settings, streams, sounds, self._ports, hooks, self._resolver, clock, metrics)
        self._observers: Listeners[SessionEvent] = Listeners("media_observer", metrics)

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
        for session in list(self._sessions.values()):
            self._close(session, CloseReason.SHUTDOWN)
        if self._own:
            for task in self._own:
                task.cancel()
            await self._group.__aexit__(None, None, None)
            self._accounting.catch_up(self._sessions.values())
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
        self._sessions[session.id] = session
        self._intake.add(session)
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
        self._intake.add(session)
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
        self._close(session, reason)
        return True

    def observe(self, callback: Callable[[SessionEvent], None]) -> None:
        """Call ``callback`` with everything that happens to every session, from within the event loop."""
        self._observers.add(callback)

    @property
    def watched(self) -> frozenset[tuple[CameraId, StreamName]]:
        """Return the streams that are sent to a viewer, or will be from their next keyframe on."""
        return self._distribution.watched

    def session(self, session_id: str) -> Session | None:
        """Return the session with this id, or None if it has ended. It shows more than its view does."""
        return self._sessions.get(session_id)

    def sessions(self) -> tuple[SessionView, ...]:
        """Return a snapshot of all open sessions."""
        return tuple(session.view() for session in self._sessions.values())

    # The life of a session

    def _reached(self, session: Session) -> None:
        task = self._group.create_task(self._run(session), name=f"media session {session.id}")
        self._tasks[session.id] = task

    def _proven(self, route: Route) -> None:
        self._ports.tcp.prove(route)

    async def _run(self, session: Session) -> None:
        """Run a session from its first check to the viewer's close_notify."""
        try:
            await session.dtls.handshake()
            self._play(session)
            await session.dtls.run()
            self._close(session, CloseReason.VIEWER_LEFT)
        except DtlsFailed:
            self._close(session, CloseReason.DTLS_FAILED)
        except Exception:
            self._failed(session)

    def _play(self, session: Session) -> None:
        """Start the media of a session whose handshake is done."""
        stream = self._streams(session.camera_id, session.stream)
        if stream is None:
            self._close(session, CloseReason.CAMERA_REMOVED)
            return
        if not session.decodes(stream):  # the camera's codec has changed since the offer
            self._unplayable(session)
            return
        session.keyed(stream, self._sounds(session.camera_id), self._clock.monotonic())
        self._metrics.viewers.labels(session.viewer.label).inc()
        self._notify("connected", session)
        self._distribution.join(session)
        self._audio.join(session)

    def _first_packet(self, session: Session) -> None:
        self._metrics.offer_to_first_packet_seconds.observe(self._clock.monotonic() - session.opened_at)
        self._notify("first_packet", session)

    def _changed(self, session: Session) -> None:
        self._notify("stream", session)

    def _expired(self, session: Session) -> None:
        self._close(session, CloseReason.TOKEN_EXPIRED)

    def _unplayable(self, session: Session) -> None:
        """End a session whose camera no longer sends anything that was negotiated. Its viewer must make a new offer."""
        self._close(session, CloseReason.CODEC_CHANGED)

    def _failed(self, session: Session) -> None:
        """End a session that has met a bug of ours. The other sessions are not affected."""
        logger.exception("a bug ended media session %s", session.id)
        self._metrics.task_failures.labels(task="media session").inc()
        self._close(session, CloseReason.INTERNAL_ERROR)

    def _close(self, session: Session, reason: CloseReason) -> None:
        """End a session. Every session ends here, and only once."""
        if session.state is State.CLOSED:
            return
        playing = session.state is State.PLAYING
        self._distribution.leave(session)
        self._audio.leave(session)
        del self._sessions[session.id]
        if playing:
            self._metrics.viewers.labels(session.viewer.label).dec()
        self._metrics.sessions_closed.labels(reason=reason).inc()
        try:
            session.close(reason)
        finally:
            self._intake.remove(session)
            task = self._tasks.pop(session.id, None)
            if task is not None and task is not asyncio.current_task():
                task.cancel()
            self._notify("closed", session)

    async def _run_timers(self) -> None:
        while True:
            await self._clock.sleep(TICK)
            self._accounting.catch_up(self._sessions.values())
            self._ports.tcp.sweep()
            for session in list(self._sessions.values()):
                self._look_at(session)

    def _look_at(self, session: Session) -> None:
        now = self._clock.monotonic()
        try:
            reason = session.overdue(now, self._settings.connect_timeout, self._settings.consent_timeout)
            if reason is not None:
                self._close(session, reason)
            else:
                self._audio.look(session, now)
                self._distribution.look(session, now)
        except Exception:
            self._failed(session)

    def _notify(self, kind: EventKind, session: Session) -> None:
        self._observers.tell(session.event(kind, self._clock.monotonic()))
