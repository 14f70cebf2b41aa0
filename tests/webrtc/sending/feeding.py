"""A feed on a path that the test provides, with a clock that the test moves."""

from typing import Any

from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.interface import ViewerProfile
from gateway.webrtc.sending.feed import LOOK_INTERVAL, Feed
from gateway.webrtc.sending.hooks import FeedHooks
from gateway.webrtc.sending.secure_path import SecurePath
from gateway.webrtc.sending.sender import Numbering
from gateway.webrtc.signalling.formats import Codec
from gateway.webrtc.transport.srtp import GcmSealer
from tests.fakes import FakeClock

LINK = 8e6  # bits per second that a new link is assumed to carry, which is a megabyte per second
VIEWER = ViewerProfile("desk", unknown_link=LINK)
CODECS = {"H264": Codec("H264", 102, "", 66, 31, (), None)}
TICK = 0.002


class OpenDtls:
    """Real keys for media; feedback is not encrypted."""

    cipher = "AEAD_AES_128_GCM"

    def sealer(self, ssrc: int) -> GcmSealer:
        return GcmSealer.from_master_key(bytes(16), bytes(12), ssrc)

    def protect_rtcp(self, packet: bytes) -> bytes:
        return packet

    unprotect_rtcp = protect_rtcp


class Way:
    """Accepts packets. With ``open`` False it accepts no more, like a full socket. With ``answers``, the test can
    answer checks.
    """

    def __init__(self) -> None:
        self.open = True
        self.answers = False
        self.asked: list[bytes] = []
        self.media: list[bytes] = []
        self.reports: list[bytes] = []

    def send(self, datagram: bytes) -> None:
        self.reports.append(datagram)

    def ask(self) -> bytes | None:
        if self.answers:
            self.asked.append(len(self.asked).to_bytes(12, "big"))
        return self.asked[-1] if self.answers else None

    def send_run(self, packets: bytes, count: int, size: int) -> bool:
        if self.open:
            self.media += [packets[at : at + size] for at in range(0, len(packets), size)]
        return self.open

    @property
    def stamps(self) -> list[int]:
        return list(dict.fromkeys(int.from_bytes(packet[4:8], "big") for packet in self.media))


class Scene:
    def __init__(self) -> None:
        self.clock, self.metrics, self.way = FakeClock(), Metrics(), Way()
        self.stream = CameraStream(CameraId("hall"), StreamName.MAIN, self.clock, self.metrics)
        self.told: list[str] = []
        self.now = self.clock.monotonic()
        dtls: Any = OpenDtls()
        path: Any = self.way
        self.feed = Feed(
            SecurePath(dtls, path, "cname"),
            Numbering(7, 8, 0, 0),
            CODECS,
            self.stream,
            VIEWER,
            FeedHooks(
                first_packet=lambda: self.told.append("first"),
                picture_lost=lambda: self.told.append("lost"),
                changed=lambda: self.told.append(self.feed.waiting),
            ),
            self.metrics,
            self.now,
        )

    def group(self, stamp: int, size: int = 1000, keyframe: bool = False) -> PacketGroup:
        payloads = (b"x" * 1000,) * max(1, size // 1000)
        group = PacketGroup(payloads, stamp, keyframe, self.now, self.stream.history.next)
        self.stream.history.add(group)
        return group

    def gop(self, pictures: int) -> tuple[PacketGroup, ...]:
        """Return this many pictures at ten per second, 1.6 Mbit/s in all."""
        for stamp in range(pictures):
            self.now += 0.1
            self.group(stamp, 20_000, keyframe=stamp == 0)
        return self.stream.history.gop()

    def pump(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.now += TICK
            self.feed.pump(self.now)

    def trouble(self, bps: float) -> None:
        """Set the capacity that the link turns out to have."""
        self.feed.link.estimate.found(bps, self.now)
        self.now += LOOK_INTERVAL
        self.feed.report(self.now, 0.0)

    def round_trips(self, seconds: float) -> None:
        """Let the viewer report this round trip for two seconds."""
        for _ in range(8):
            self.now += LOOK_INTERVAL
            self.feed.link.estimate.heard_report(1, 0, seconds, self.now)
            self.feed.report(self.now, 0.0)

    @property
    def dropped(self) -> float:
        labels = {"where": "viewer_groups"}
        return self.metrics.registry.get_sample_value("sightline_dropped_total", labels) or 0.0
