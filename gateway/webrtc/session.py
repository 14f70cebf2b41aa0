"""One WHEP session, from its offer to its end: its state, its path to the viewer, and its media."""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.codecs.names import H264
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.relay.audio import AudioStream
from gateway.relay.stream import RelayStream
from gateway.webrtc.congestion.stream_selector import StreamSelector
from gateway.webrtc.interface import EventKind, SessionEvent, ViewerProfile
from gateway.webrtc.sending.audio import SoundFeed
from gateway.webrtc.sending.feed import Feed
from gateway.webrtc.sending.hooks import FeedHooks
from gateway.webrtc.sending.secure_path import SecurePath
from gateway.webrtc.sending.sender import Numbering
from gateway.webrtc.signalling.formats import Codec
from gateway.webrtc.signalling.offer import Offer
from gateway.webrtc.states import SILENCE, Event, State, advance
from gateway.webrtc.switching import Phase, Place
from gateway.webrtc.transport.dtls import DtlsTransport, Identity
from gateway.webrtc.transport.ice_transport import IceTransport
from gateway.webrtc.transport.route import Route
from gateway.webrtc.transport.stun import BindingRequest


@dataclass(frozen=True, slots=True)
class SessionView:
    """Holds the facts about a session that others may know: no address and no secret."""

    id: str
    camera_id: CameraId
    stream: StreamName
    state: State
    ends_at: float
    packets: int
    bytes: int
    loss: float
    bitrate_estimate: int | None


@dataclass(frozen=True, slots=True)
class Hooks:
    """Holds the functions that a session calls when something happens to it. ``changed`` is called when what the viewer
    gets has changed."""

    first_packet: Callable[["Session"], None]
    picture_lost: Callable[["Session"], None]
    changed: Callable[["Session"], None]


class Session:
    """Serves one viewer of one camera. Only MediaPlane creates and closes it. Times are gateway time.

    ``codecs`` maps RTP encoding names to the payload types that may be sent to this viewer. ``place`` names the stream
    that it has and the one that it is waiting for. ``best`` is the stream that it gets if the link allows. Without a
    ``selector`` it stays with its first stream. ``own`` is the camera's stream that it would have if nothing prevented
    that. It returns to this stream from a transcode.
    """

    def __init__(
        self,
        camera_id: CameraId,
        stream: StreamName,
        best: StreamName | None,
        own: StreamName,
        viewer: ViewerProfile,
        offer: Offer,
        codecs: Sequence[Codec],
        identity: Identity,
        metrics: Metrics,
        now: float,
        ends_at: float,
        hooks: Hooks,
    ) -> None:
        self.id = secrets.token_hex(8)
        self.camera_id = camera_id
        self.place = Place(Phase.APART, stream, stream)
        self.best = best or stream
        self.own = own
        self.selector = None if best is None else StreamSelector(now)
        self.viewer = viewer
        self.opened_at = now
        self.ends_at = ends_at
        self.cname = secrets.token_hex(8)
        self.ssrc, self.rtx_ssrc, self.sound_ssrc = random.SystemRandom().sample(range(1, 1 << 32), 3)
        self.codecs = {codec.name: codec for codec in codecs}
        self.state = State.NEW
        self.reason: CloseReason | None = None
        self.offer = offer
        self.path = IceTransport(offer.ufrag, offer.password, now)
        self.dtls = DtlsTransport(identity, offer.fingerprints, self.path.send)
        self.feed: Feed | None = None
        self.sound: SoundFeed | None = None
        self._hooks = hooks
        self._metrics = metrics

    @property
    def stream(self) -> StreamName:
        """Return the stream that the viewer is sent, or was sent last."""
        return self.place.present

    @property
    def packets(self) -> int:
        """Return how many media packets were sent, without repeats."""
        return self.feed.sender.packets if self.feed else 0

    @property
    def sent_bytes(self) -> int:
        """Return how many bytes of SRTP were sent, without repeats."""
        return self.feed.sender.sent_bytes if self.feed else 0

    def decodes(self, stream: RelayStream) -> bool:
        """Return True if the viewer decodes what the stream sends now."""
        return (stream.codec or H264) in self.codecs

    def view(self) -> SessionView:
        """Return a snapshot of the session."""
        return SessionView(
            self.id,
            self.camera_id,
            self.stream,
            self.state,
            self.ends_at,
            self.packets,
            self.sent_bytes,
            self.feed.link.estimate.loss if self.feed else 0.0,
            self.feed.rtcp.bitrate_estimate if self.feed else None,
        )

    def check(self, request: BindingRequest, route: Route, now: float) -> bool:
        """Answer a connectivity check. Return True if it was authentic, so that its route leads to this viewer."""
        before = self.path.route
        if not self.path.check(request, route, now):
            return False
        if self.feed is not None and self.path.route != before:
            self.feed.moved(now, elsewhere=before is None or before.host != route.host)
        self._move(Event.CHECKED)
        return True

    def hear_answer(self, transaction: bytes, now: float) -> None:
        """Note that the viewer has answered one of our checks."""
        if self.feed is not None:
            self.feed.answered(transaction, now)

    def hear_dtls(self, datagram: bytes) -> None:
        """Pass a DTLS datagram to the handshake."""
        self._move(Event.HELLO)
        if not self.dtls.feed(datagram):
            self._metrics.dropped.labels(where="dtls_inbox").inc()

    def hear_rtcp(self, datagram: bytes, route: Route, now: float, wall: float) -> bool:
        """Act on feedback in an SRTCP packet. Return True if the viewer says goodbye. Raises Malformed."""
        if self.feed is None:
            return False
        packet = self.dtls.unprotect_rtcp(datagram)
        self.path.heard(route, now)
        return self.feed.rtcp.hear(packet, now, wall)

    def keyed(self, stream: RelayStream, sound: AudioStream | None, now: float) -> None:
        """Note that the handshake is done. Media may go out now, including ``sound`` if it was negotiated."""
        self._move(Event.KEYED)
        # Below 2^15, so that a receiver cannot mistake the roll-over counter.
        first, first_repeat, first_sound = (secrets.randbelow(1 << 15) for _ in range(3))
        path = SecurePath(self.dtls, self.path, self.cname)
        numbering = Numbering(self.ssrc, self.rtx_ssrc, first, first_repeat)
        hooks = FeedHooks(
            first_packet=lambda: self._hooks.first_packet(self),
            picture_lost=lambda: self._hooks.picture_lost(self),
            changed=lambda: self._hooks.changed(self),
        )
        self.feed = Feed(path, numbering, self.codecs, stream, self.viewer, hooks, self._metrics, now)
        if sound is not None and self.offer.sound is not None:
            agreed = self.sound_ssrc, self.offer.sound.payload_types
            self.sound = SoundFeed(path, *agreed, sound, first_sound, self._metrics)

    def overdue(self, now: float, connect_timeout: float, consent_timeout: float) -> CloseReason | None:
        """Return why the session must end now, or None: its time is up, or the viewer is silent (RFC 7675)."""
        if now >= self.ends_at:
            return CloseReason.TOKEN_EXPIRED
        silent_after = (
            self.path.heard_at + consent_timeout if self.state is State.PLAYING else self.opened_at + connect_timeout
        )
        return SILENCE[self.state] if now >= silent_after else None

    def event(self, kind: EventKind, now: float) -> SessionEvent:
        """Return an event for listeners about what happened to the session at ``now``."""
        held = (self.feed.waiting, self.feed.shift) if self.feed else ("", 0)
        return SessionEvent(kind, self.id, self.reason, now, self.packets, self.sent_bytes, self.stream, *held)

    def close(self, reason: CloseReason) -> None:
        """End the session: send a goodbye and close_notify, and nothing after them."""
        self._move(Event.ENDED)
        self.reason = reason
        if self.feed is not None:
            self.feed.rtcp.goodbye()
        if self.sound is not None:
            self.sound.goodbye()
        self.dtls.close()
        self.path.close()

    def _move(self, event: Event) -> None:
        self.state = advance(self.state, event)
