"""One WHEP session, from its offer to closed(reason): its state, its way to the viewer, its media."""

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
    """What others may know of a session; no address, no secret."""

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
    """Who is told of what happens in a session: ``changed``, that what it gets has."""

    first_packet: Callable[["Session"], None]
    picture_lost: Callable[["Session"], None]
    changed: Callable[["Session"], None]


class Session:
    """One viewer of one camera. Times are gateway time. Only MediaPlane makes and closes it.

    ``codecs`` has, by RTP encoding name, the payload type of each codec that may be sent to this viewer. ``place`` is
    which stream it has, and which it waits for; ``best`` what it gets where the link allows; no ``selector``: it stays
    with the first.
    """

    def __init__(
        self,
        camera_id: CameraId,
        stream: StreamName,
        best: StreamName | None,
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
        """Return which stream it is sent, or was sent last."""
        return self.place.present

    @property
    def packets(self) -> int:
        """Media packets sent, repeats not counted."""
        return self.feed.sender.packets if self.feed else 0

    @property
    def sent_bytes(self) -> int:
        """Bytes of SRTP sent, repeats not counted."""
        return self.feed.sender.sent_bytes if self.feed else 0

    def decodes(self, stream: RelayStream) -> bool:
        """Return True if the viewer decodes what the stream sends now."""
        return (stream.codec or H264) in self.codecs

    def view(self) -> SessionView:
        """A snapshot."""
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
        """Answer a connectivity check. Return True if it was authentic: then its route leads to this viewer."""
        before = self.path.route
        if not self.path.check(request, route, now):
            return False
        if self.feed is not None and self.path.route != before:
            self.feed.moved(now, elsewhere=before is None or before.host != route.host)
        self._move(Event.CHECKED)
        return True

    def hear_answer(self, transaction: bytes, now: float) -> None:
        """The viewer has answered a check of ours."""
        if self.feed is not None:
            self.feed.answered(transaction, now)

    def hear_dtls(self, datagram: bytes) -> None:
        """Hand a DTLS datagram to the handshake."""
        self._move(Event.HELLO)
        if not self.dtls.feed(datagram):
            self._metrics.dropped.labels(where="dtls_inbox").inc()

    def hear_rtcp(self, datagram: bytes, route: Route, now: float, wall: float) -> bool:
        """Act on feedback, sealed as SRTCP. Return True if the viewer says goodbye. Raises Malformed."""
        if self.feed is None:
            return False
        packet = self.dtls.unprotect_rtcp(datagram)
        self.path.heard(route, now)
        return self.feed.rtcp.hear(packet, now, wall)

    def keyed(self, stream: RelayStream, sound: AudioStream | None, now: float) -> None:
        """The handshake is done: media may go out, ``sound`` where it was agreed on."""
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
        """Why the session has to end now, if it has to: its time is up, or the viewer is silent (RFC 7675)."""
        if now >= self.ends_at:
            return CloseReason.TOKEN_EXPIRED
        silent_after = (
            self.path.heard_at + consent_timeout if self.state is State.PLAYING else self.opened_at + connect_timeout
        )
        return SILENCE[self.state] if now >= silent_after else None

    def event(self, kind: EventKind, now: float) -> SessionEvent:
        """Return what happened to it at ``now``, as others are told."""
        held = (self.feed.waiting, self.feed.shift) if self.feed else ("", 0)
        return SessionEvent(kind, self.id, self.reason, now, self.packets, self.sent_bytes, self.stream, *held)

    def close(self, reason: CloseReason) -> None:
        """End it: a goodbye and close_notify to the viewer, and nothing after them."""
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
