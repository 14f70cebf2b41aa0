"""The media plane: all viewers on one port. Opens, renews, patches, closes and observes sessions; knows a grant only as
something that ends."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from gateway.clock import Clock
from gateway.errors import ConfigurationError, NotFound, Unplayable
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, Role, StreamName
from gateway.relay.stream import RelayStream
from gateway.settings import MediaSettings
from gateway.webrtc import ice, sdp
from gateway.webrtc.addresses import endpoints, own_addresses
from gateway.webrtc.answer import Answerer, build_answer
from gateway.webrtc.choice import Pulled, choose
from gateway.webrtc.distribution import Distribution
from gateway.webrtc.dtls import DtlsFailed, Identity
from gateway.webrtc.formats import H264, choose_codecs, profile_of
from gateway.webrtc.fragment import build_fragment, parse_fragment, require_match
from gateway.webrtc.intake import Intake
from gateway.webrtc.ports import Ports
from gateway.webrtc.route import Route
from gateway.webrtc.session import Session, SessionView
from gateway.webrtc.states import State

logger = logging.getLogger(__name__)

TICK = 0.1
NO_SESSION = ("no_such_session", "There is no such media session, or it has ended.")

EventKind = Literal["connected", "first_packet", "stream", "closed"]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """What is asked for. ``offer`` is SDP; ``ends_at`` is gateway time, until renewed. ``stream`` None: what suits the
    role and its link; SUB: that one, whatever the link would carry."""

    camera_id: CameraId
    stream: StreamName | None
    offer: str
    ends_at: float
    role: Role


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """What was opened. ``id`` is public; ``stream`` is what will be sent, perhaps not what was asked for; ``etag``
    names the ICE session that was agreed on."""

    id: str
    answer: str
    stream: StreamName
    etag: str


@dataclass(frozen=True, slots=True)
class PatchRequest:
    """ICE information of a viewer (RFC 8840), and the value of the header If-Match that came with it."""

    fragment: str
    if_match: str


@dataclass(frozen=True, slots=True)
class PatchAnswer:
    """``fragment``: the gateway's own after an ICE restart; None where only candidates were told."""

    fragment: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Something that happened to a session, at gateway time ``at``. ``reason`` is set when it closed.

    ``stream``, that what the viewer gets has changed: ``stream`` is what it is sent, ``waiting`` why it is sent nothing
    just now ("keyframe", "link"; "" while it is), and its RTP timestamps are the stream's own plus ``shift`` (90 kHz
    ticks, mod 2^32).
    """

    kind: EventKind
    id: str
    reason: CloseReason | None
    at: float
    packets: int
    bytes: int
    stream: StreamName
    waiting: str = ""
    shift: int = 0


class MediaPlane:
    """All media sessions of one process. ``streams`` finds a camera's stream, or gives None."""

    def __init__(
        self,
        settings: MediaSettings,
        streams: Callable[[CameraId, StreamName], RelayStream | None],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._streams = streams
        self._clock = clock
        self._metrics = metrics
        self._identity = Identity()
        self._intake = Intake(clock, metrics, self._reached, self._proven, self._close, self._failed)
        self._ports = Ports(settings, self._intake.received, self._intake.lost, clock, metrics)
        self._group = asyncio.TaskGroup()
        self._timer: asyncio.Task[None] | None = None
        self._sessions: dict[str, Session] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._distribution = Distribution(streams, clock, metrics, self._expired, self._failed)
        self._observers: list[Callable[[SessionEvent], None]] = []
        self._counted = (0, 0)
        self._paths: set[tuple[str, str]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bind the port. ``stop`` must be called by the same task.

        Raises OSError where the port is in use, ConfigurationError for an advertised address that is none.
        """
        try:
            for text in self._settings.advertise:
                ice.split_address(text, self._settings.port)
        except ValueError as error:
            raise ConfigurationError([f"media: advertise: {error}"]) from error
        await self._ports.open()
        await self._group.__aenter__()
        self._timer = self._group.create_task(self._run_timers(), name="media timers")

    async def stop(self) -> None:
        """Close every session and give the port back."""
        for session in list(self._sessions.values()):
            self._close(session, CloseReason.SHUTDOWN)
        if self._timer is not None:
            self._timer.cancel()
            await self._group.__aexit__(None, None, None)
            self._count_sent()
            await self._ports.close()

    @property
    def local_port(self) -> int:
        """The port that is bound, of UDP and TCP."""
        return self._ports.number

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest naming its fault, NotFound where the camera has no stream, Unplayable
        where it has none that the viewer decodes."""
        offer = sdp.parse_offer(request.offer)
        name, stream, playable = self._find(request, offer)
        where = await self._where()
        now = self._clock.monotonic()
        profile = next((profile_of(group.payloads) for group in stream.gop()[:1]), None)
        codecs = choose_codecs(offer.codecs, profile, stream.codec or H264, *playable.values(), H264)
        best = next((other for other in playable if other is not StreamName.SUB), None)
        adapts = request.stream is not StreamName.SUB and StreamName.SUB in playable
        session = Session(
            camera_id=request.camera_id,
            stream=name,
            best=best if adapts else None,
            role=request.role,
            offer=offer,
            codecs=codecs,
            identity=self._identity,
            metrics=self._metrics,
            now=now,
            ends_at=request.ends_at,
            on_first_packet=self._first_packet,
            on_picture_lost=self._distribution.refresh,
            on_change=self._changed,
        )
        answer = build_answer(
            offer,
            codecs,
            Answerer(
                session_id=secrets.randbits(62),
                address=where[0],
                candidates=tuple(ice.candidate_lines(where, self._settings.tcp)),
                ufrag=session.path.credentials.ufrag,
                password=session.path.credentials.password,
                fingerprint=self._identity.fingerprint,
                ssrc=session.ssrc,
                rtx_ssrc=session.rtx_ssrc,
                cname=session.cname,
            ),
        )
        self._sessions[session.id] = session
        self._intake.add(session)
        return OpenedSession(session.id, answer, name, session.path.etag)

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Take a viewer's ICE information: where its credentials are new, agree on new ones here too, for the same
        session with the same keys (draft-ietf-wish-whep 4.3.3).

        Raises NotFound where the session has ended, BadRequest, PreconditionFailed where it is about a former one.
        """
        said = parse_fragment(request.fragment)
        where = await self._where()
        session = self._sessions.get(session_id)
        if session is None:
            raise NotFound(*NO_SESSION)
        path = session.path
        require_match(request.if_match, path.etag)
        if said.ufrag == path.their_ufrag:
            return PatchAnswer(None, path.etag)
        path.restart(said.ufrag)
        self._intake.add(session)
        self._metrics.ice_restarts.inc()
        candidates = tuple(ice.candidate_lines(where, self._settings.tcp))
        ours = path.credentials
        return PatchAnswer(build_fragment(session.offer, ours.ufrag, ours.password, candidates), path.etag)

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Let a session live until ``ends_at``. False where it has ended already."""
        session = self._sessions.get(session_id)
        if session is None:
            return False
        session.ends_at = ends_at
        return True

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session: its last packet was sent when this returns. False where it has ended already."""
        session = self._sessions.get(session_id)
        if session is None:
            return False
        self._close(session, reason)
        return True

    def observe(self, callback: Callable[[SessionEvent], None]) -> None:
        """Be told what happens to every session, from within the event loop."""
        self._observers.append(callback)

    def sessions(self) -> tuple[SessionView, ...]:
        """A snapshot of all sessions that have not ended."""
        return tuple(session.view() for session in self._sessions.values())

    def _find(self, request: OpenSession, offer: sdp.Offer) -> tuple[StreamName, RelayStream, dict[StreamName, str]]:
        """The stream to begin with, and of all streams that the viewer can be switched to the codecs, best first."""
        found = {name: stream for name in StreamName if (stream := self._streams(request.camera_id, name)) is not None}
        if not found:
            raise NotFound("unknown_camera", "There is no such camera.")
        by_role = StreamName.SUB if request.role is Role.PATROL else StreamName.MAIN
        pulled = {name: Pulled(stream.codec, stream.passes) for name, stream in found.items()}
        choices = choose(pulled, {codec.name for codec in offer.codecs}, request.stream or by_role)
        if not choices:
            raise Unplayable("no_common_codec", "This camera sends nothing that the offer says the viewer decodes.")
        best = choices[0].stream
        return best, found[best], {choice.stream: found[choice.stream].codec or H264 for choice in choices}

    async def _where(self) -> list[tuple[str, int]]:
        """Where viewers reach us at the moment."""
        self._ports.attend(own_addresses(self._settings))
        return await endpoints(self._settings, self.local_port)

    # A session's life

    def _reached(self, session: Session) -> None:
        task = self._group.create_task(self._run(session), name=f"media session {session.id}")
        self._tasks[session.id] = task

    def _proven(self, route: Route) -> None:
        self._ports.tcp.prove(route)

    async def _run(self, session: Session) -> None:
        """From the first check to the viewer's close_notify."""
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
        """The handshake is done: media may flow."""
        stream = self._streams(session.camera_id, session.stream)
        if stream is None:
            self._close(session, CloseReason.CAMERA_REMOVED)
            return
        first_indexes = secrets.randbelow(1 << 15), secrets.randbelow(1 << 15)
        session.keyed(stream, first_indexes, self._clock.monotonic())
        self._metrics.viewers.labels(role=session.role).inc()
        self._notify("connected", session)
        self._distribution.join(session)

    def _first_packet(self, session: Session) -> None:
        self._metrics.offer_to_first_packet_seconds.observe(self._clock.monotonic() - session.opened_at)
        self._notify("first_packet", session)

    def _changed(self, session: Session) -> None:
        self._notify("stream", session)

    def _expired(self, session: Session) -> None:
        self._close(session, CloseReason.TOKEN_EXPIRED)

    def _failed(self, session: Session) -> None:
        """A bug of ours within one session: it ends, the others do not notice."""
        logger.exception("media session %s ended by a bug", session.id)
        self._metrics.task_failures.labels(task="media session").inc()
        self._close(session, CloseReason.INTERNAL_ERROR)

    def _close(self, session: Session, reason: CloseReason) -> None:
        """The one way to the end of a session; once ended it stays so."""
        if session.state is State.CLOSED:
            return
        playing = session.state is State.PLAYING
        self._distribution.leave(session)
        del self._sessions[session.id]
        if playing:
            self._metrics.viewers.labels(role=session.role).dec()
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
            self._count_sent()
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
                self._distribution.look(session, now)
        except Exception:
            self._failed(session)

    def _count_sent(self) -> None:
        """Bring the counters up to what the port has sent; a counter's lock is too dear for each packet."""
        ports = self._ports
        packets, size = self._counted
        self._counted = ports.packets, ports.bytes
        self._metrics.packets_out.inc(self._counted[0] - packets)
        self._metrics.bytes_out.inc(self._counted[1] - size)
        paths = {(s.feed.cipher, "gso" if ports.batching else "single") for s in self._sessions.values() if s.feed}
        if paths != self._paths:
            self._paths = paths
            self._metrics.send_path.clear()
            for cipher, batching in paths:
                self._metrics.send_path.labels(cipher=cipher, batching=batching).set(1)

    def _notify(self, kind: EventKind, session: Session) -> None:
        now = self._clock.monotonic()
        sent = session.packets, session.sent_bytes
        held = session.feed.waiting if session.feed else "", session.feed.shift if session.feed else 0
        event = SessionEvent(kind, session.id, session.reason, now, *sent, session.stream, *held)
        for callback in self._observers:
            try:
                callback(event)
            except Exception:  # who listens may not decide about a viewer's picture
                logger.exception("an observer of media sessions failed")
                self._metrics.task_failures.labels(task="media observer").inc()
