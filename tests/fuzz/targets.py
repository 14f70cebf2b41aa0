"""Defines the fuzz targets: one for everything here that reads bytes from outside.

A target makes the object under test and feeds it one input. The only permitted outcome other than success is a declared
error. An object that lives for many inputs, as a connection does, may hold no more than ``bound`` bytes.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gateway.codecs.access_unit import StreamInfo
from gateway.codecs.depacketizer import MAX_ACCESS_UNIT
from gateway.codecs.h264.parameter_sets import parameter_set_id, parse_sps
from gateway.codecs.h265.parameter_sets import parameter_set_id_h265, parse_sps_h265
from gateway.codecs.nal.payloads import LIMIT
from gateway.errors import BadRequest, CameraError, Malformed, PreconditionFailed
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.packet_group import PacketGroup
from gateway.rtp import feedback
from gateway.sources.receiving.reception import Reception
from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.protocol.auth import parse_challenges
from gateway.sources.rtsp.protocol.sdp import describe
from gateway.sources.rtsp.protocol.session import RtspSession
from gateway.sources.rtsp.protocol.text_message import MAX_BODY, MAX_HEAD
from gateway.sources.rtsp.protocol.transport import Carrier
from gateway.webrtc.signalling import answer, formats, fragment
from gateway.webrtc.signalling.offer import parse_offer
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.framing import LARGEST_FRAME, Deframer
from tests.fakes import FakeClock
from tests.fuzz import seeds

T = TypeVar("T")
BASE = "rtsp://camera/live"


@dataclass(frozen=True)
class Target(Generic[T]):
    """``feed`` raises one of ``over`` when the object has ended, as a connection would."""

    seeds: tuple[bytes, ...]
    feed: Callable[[T, bytes], None]
    make: Callable[[], T]
    over: tuple[type[Exception], ...] = ()
    bound: int = 0


def _stateless(seeds: tuple[bytes, ...], read: Callable[[bytes], object], *declared: type[Exception]) -> Target[None]:
    return Target(seeds, lambda _, data: void(read(data)), lambda: None, declared, bound=1024)


def void(_: object) -> None:
    """Ignore a result: it is enough that nothing was raised."""


# Cameras


def _session() -> RtspSession:
    address = parse_address("rtsp://police:secret@camera/live", None, None)
    session = RtspSession(address, lambda: "cnonce", (Carrier.TCP, Carrier.UDP), lambda: (50_000, 50_001))
    session.start(0.0)
    return session


def _converse(session: RtspSession, data: bytes) -> None:
    for now, piece in enumerate(seeds.apart(data)):
        session.receive(piece, float(now))
        session.take_output()


class Line:
    """The path of a camera's media to the viewers."""

    def __init__(self, codec: str) -> None:
        self.relay = CameraStream(CameraId("fuzz"), StreamName.MAIN, FakeClock(), Metrics())
        info = StreamInfo(codec, 90_000)
        self.relay.connected(info, 0.0)
        self.relay.subscribe(_check)
        self.reception = Reception(info, 96, self.relay, own_ssrc=1)
        self.now = 0.0

    def feed(self, data: bytes) -> None:
        """Feed the pieces in turn: RTCP if the lowest bit of the first byte is set, else RTP."""
        for piece in seeds.apart(data):
            self.now += 0.01
            if piece[:1] and piece[0] & 1:
                self.reception.rtcp(piece[1:], self.now)
            else:
                self.reception.rtp(piece[1:], self.now)
        self.reception.notes()
        self.reception.receiver_report(self.now)


def _check(group: PacketGroup) -> None:
    assert group.payloads
    assert all(0 < len(payload) <= LIMIT for payload in group.payloads)


def _media(codec: str, seeds: tuple[bytes, ...]) -> Target[Line]:
    # A GOP in the relay's cache, an access unit being built, another in fragments, and the parameter sets.
    bound = 16 * 1024 * 1024 + 3 * MAX_ACCESS_UNIT + 2 * 1024 * 1024
    return Target(seeds, lambda line, data: line.feed(data), lambda: Line(codec), (CameraError,), bound)


def _parameters(data: bytes) -> None:
    for read in (parse_sps, parameter_set_id, parse_sps_h265, parameter_set_id_h265):
        with suppress(Malformed):
            if data:
                read(data)


# Viewers


def _answer(data: bytes) -> None:
    offer = parse_offer(data.decode("utf-8", "replace"))
    chosen = formats.choose_codecs(offer.codecs, None, "H264", "H265")
    ours = answer.Answerer(1, ("192.0.2.1", 8189), ("1 1 udp 1 192.0.2.1 8189 typ host",), "u", "p", "AA", 2, 3, 4, "c")
    text = answer.build_answer(offer, chosen, ours)
    assert all(line[1:2] == "=" for line in text.split("\r\n") if line), "a line of the offer's own"


class Unsound(Exception):
    """A TCP stream that cannot be read any further."""


def _take_apart(deframer: Deframer, data: bytes) -> None:
    for piece in seeds.apart(data):
        if not deframer.feed(piece)[1]:
            raise Unsound


def _restart(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with suppress(BadRequest):
        fragment.parse_fragment(text)
    with suppress(BadRequest, PreconditionFailed):
        fragment.require_match(text, "tag")


def _check_request(data: bytes) -> None:
    request = stun.parse_request(data)
    if request is not None:
        request.is_signed_with("password")
    stun.parse_success(data)


TARGETS: dict[str, Target[Any]] = {
    "rtsp": Target(seeds.RTSP, _converse, _session, (CameraError,), bound=4 * (MAX_BODY + MAX_HEAD)),
    "challenge": _stateless(seeds.CHALLENGES, lambda data: parse_challenges([data.decode("latin-1")])),
    "description": _stateless(seeds.DESCRIPTIONS, lambda data: describe(data, BASE), CameraError),
    "h264": _media("H264", seeds.H264),
    "h265": _media("H265", seeds.H265),
    "jpeg": _media("JPEG", seeds.JPEG),
    "parameters": _stateless(seeds.PARAMETER_SETS, _parameters),
    "offer": _stateless(seeds.OFFERS, _answer, BadRequest),
    "fragment": _stateless(seeds.FRAGMENTS, _restart),
    "framing": Target(seeds.FRAMES, _take_apart, Deframer, (Unsound,), bound=2 * LARGEST_FRAME),
    "stun": _stateless(seeds.STUN, _check_request, Malformed),
    "feedback": _stateless(seeds.FEEDBACK, feedback.parse, Malformed),
}
