"""Runs media sessions from their first check to their end. To it, a grant is only the time at which a session ends."""

import asyncio
import logging
from collections.abc import Callable

from gateway.clock import Clock
from gateway.configuration.media_settings import MediaSettings
from gateway.listeners import Listeners
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.webrtc.audio_fanout import AudioFanout
from gateway.webrtc.distribution import Distribution
from gateway.webrtc.intake import Intake
from gateway.webrtc.interface import EventKind, SessionEvent
from gateway.webrtc.opening import Sounds, Streams
from gateway.webrtc.session import Hooks, Session
from gateway.webrtc.states import State
from gateway.webrtc.transport.dtls import DtlsFailed
from gateway.webrtc.transport.route import Route

logger = logging.getLogger(__name__)


class Lifecycle:
    """Runs the open sessions of one process. ``group`` owns their tasks.

    ``proven`` is called with every new route of an authentic check. ``observers`` are called with everything that
    happens to a session.
    """

    def __init__(
        self,
        settings: MediaSettings,
        streams: Streams,
        sounds: Sounds,
        group: asyncio.TaskGroup,
        proven: Callable[[Route], None],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.sessions: dict[str, Session] = {}
        self.observers: Listeners[SessionEvent] = Listeners("media_observer", metrics)
        self.intake = Intake(clock, metrics, self._reached, proven, self.close, self._failed)
        self._settings = settings
        self._streams = streams
        self._sounds = sounds
        self._group = group
        self._clock = clock
        self._metrics = metrics
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._distribution = Distribution(streams, clock, metrics, self._expired, self._failed, self._unplayable)
        self._audio = AudioFanout(clock, self._expired, self._failed)
        self.hooks = Hooks(self._first_packet, self._distribution.refresh, self._changed)

    @property
    def watched(self) -> frozenset[tuple[CameraId, StreamName]]:
        """Return the streams that are sent to a viewer, or will be from their next keyframe on."""
        return self._distribution.watched

    def add(self, session: Session) -> None:
        """Accept a session whose offer has been answered."""
        self.sessions[session.id] = session
        self.intake.add(session)

    def close(self, session: Session, reason: CloseReason) -> None:
        """End a session. Every session ends here, and only once."""
        if session.state is State.CLOSED:
            return
        playing = session.state is State.PLAYING
        self._distribution.leave(session)
        self._audio.leave(session)
        del self.sessions[session.id]
        if playing:
            self._metrics.viewers.labels(session.viewer.label).dec()
        self._metrics.sessions_closed.labels(reason=reason).inc()
        try:
            session.close(reason)
        finally:
            self.intake.remove(session)
            task = self._tasks.pop(session.id, None)
            if task is not None and task is not asyncio.current_task():
                task.cancel()
            self._notify("closed", session)

    def look(self) -> None:
        """Close sessions whose time is up or whose viewer is silent, and send the reports that are due.

        This is called a few times a second.
        """
        for session in list(self.sessions.values()):
            self._look_at(session)

    def _reached(self, session: Session) -> None:
        task = self._group.create_task(self._run(session), name=f"media session {session.id}")
        self._tasks[session.id] = task

    async def _run(self, session: Session) -> None:
        """Run a session from its first check to the viewer's close_notify."""
        try:
            await session.dtls.handshake()
            self._play(session)
            await session.dtls.run()
            self.close(session, CloseReason.VIEWER_LEFT)
        except DtlsFailed:
            self.close(session, CloseReason.DTLS_FAILED)
        except Exception:
            self._failed(session)

    def _play(self, session: Session) -> None:
        """Start the media of a session whose handshake is done."""
        stream = self._streams(session.camera_id, session.stream)
        if stream is None:
            self.close(session, CloseReason.CAMERA_REMOVED)
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
        self.close(session, CloseReason.TOKEN_EXPIRED)

    def _unplayable(self, session: Session) -> None:
        """End a session whose camera no longer sends anything that was negotiated. Its viewer must make a new offer."""
        self.close(session, CloseReason.CODEC_CHANGED)

    def _failed(self, session: Session) -> None:
        """End a session that has met a bug of ours. The other sessions are not affected."""
        logger.exception("a bug ended media session %s", session.id)
        self._metrics.task_failures.labels(task="media session").inc()
        self.close(session, CloseReason.INTERNAL_ERROR)

    def _look_at(self, session: Session) -> None:
        now = self._clock.monotonic()
        try:
            reason = session.overdue(now, self._settings.connect_timeout, self._settings.consent_timeout)
            if reason is not None:
                self.close(session, reason)
            else:
                self._audio.look(session, now)
                self._distribution.look(session, now)
        except Exception:
            self._failed(session)

    def _notify(self, kind: EventKind, session: Session) -> None:
        self.observers.tell(session.event(kind, self._clock.monotonic()))
