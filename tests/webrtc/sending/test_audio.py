"""Tests one viewer's sound: its numbering, times and dropped packets, and the session that it belongs to."""

import asyncio
import struct
from collections.abc import Iterator, Sequence

import aiortc.rtp as rtp
import pytest

from gateway.configuration.media_settings import MediaSettings
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.relay.audio import RATE, AudioPacket, AudioStream
from gateway.sources.receiving.sound import Sound
from gateway.webrtc.interface import OpenSession
from gateway.webrtc.plane import MediaPlane
from gateway.webrtc.sending.audio import SoundFeed
from gateway.webrtc.sending.secure_path import SecurePath
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.peers import CAMERA, DESK, Camera

TYPES = {"PCMU": 0, "PCMA": 8}


class PlainKeys:
    """A DTLS transport whose keys change nothing."""

    overhead, reach, cipher = 12, 0, "none"

    def sealer(self, ssrc: int) -> "PlainKeys":
        self.ssrc = ssrc
        return self

    def seal(self, index: int, kind: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> bytes:
        assert len(payloads) == 1
        return struct.pack("!BBHII", 0x80, kind, index & 0xFFFF, timestamp, self.ssrc) + payloads[0]

    def protect_rtcp(self, packet: bytes) -> bytes:
        return packet

    unprotect_rtcp = protect_rtcp


class Way:
    """Accepts packets for a viewer. With ``open`` False it accepts nothing."""

    def __init__(self) -> None:
        self.open = True
        self.media: list[rtp.RtpPacket] = []
        self.reports: list[bytes] = []

    def send_run(self, packets: bytes, count: int, size: int) -> bool:
        assert (count, size) == (1, len(packets))
        if self.open:
            self.media.append(rtp.RtpPacket.parse(packets))
        return self.open

    def send(self, datagram: bytes) -> None:
        self.reports.append(datagram)

    def ask(self) -> None:
        return None


def fed(codec: str = "PCMU", types: dict[str, int] | None = None) -> tuple[SoundFeed, Way, Metrics]:
    metrics, way = Metrics(), Way()
    stream = AudioStream(CameraId("hall"), metrics)
    stream.began(codec)
    kinds = TYPES if types is None else types
    path = SecurePath(PlainKeys(), way, "name")  # type: ignore[arg-type]  # duck-typed
    feed = SoundFeed(path, 7, kinds, stream, 65_534 >> 1, metrics)
    return feed, way, metrics


def packets(count: int) -> Iterator[AudioPacket]:
    for place in range(count):
        yield AudioPacket(bytes(160), 160 * place, 0.02 * place)


def dropped(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("sightline_dropped_total", {"where": "sound"}) or 0.0


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_samples_are_sent_with_the_viewers_payload_type_and_one_numbering(codec: str) -> None:
    feed, way, _ = fed(codec)
    for packet in packets(3):
        feed.deliver(packet, crowded=False)
    assert [packet.sequence_number for packet in way.media] == [32_767, 32_768, 32_769]
    assert [packet.timestamp for packet in way.media] == [0, 160, 320]
    assert {(packet.payload_type, packet.ssrc) for packet in way.media} == {(TYPES[codec], 7)}


def test_on_a_crowded_link_sound_is_dropped_first_and_never_sent_later() -> None:
    feed, way, metrics = fed()
    for place, packet in enumerate(packets(4)):
        feed.deliver(packet, crowded=place in (1, 2))
    assert [packet.timestamp for packet in way.media] == [0, 480]
    assert dropped(metrics) == 2


def test_packets_that_the_port_refuses_use_up_their_numbers_and_are_counted() -> None:
    feed, way, metrics = fed()
    for place, packet in enumerate(packets(3)):
        way.open = place != 1
        feed.deliver(packet, crowded=False)
    assert [packet.sequence_number for packet in way.media] == [32_767, 32_769]
    assert (feed.packets, feed.octets, dropped(metrics)) == (2, 320, 1)


def test_a_codec_that_the_viewer_did_not_offer_is_not_sent() -> None:
    feed, way, metrics = fed("PCMA", {"PCMU": 0})
    feed.deliver(next(packets(1)), crowded=False)
    assert way.media == []
    assert dropped(metrics) == 1


def test_a_sender_report_every_second_says_what_is_being_captured() -> None:
    feed, way, _ = fed()
    feed.report(0.0, 1e9)
    assert way.reports == [], "there is nothing to report yet"
    for packet in packets(3):
        feed.deliver(packet, crowded=False)
    for tenth in range(15):
        feed.report(1.0 + tenth / 10, 1e9 + tenth / 10)
    first, second = (rtp.RtcpPacket.parse(report) for report in way.reports)
    assert isinstance(first[0], rtp.RtcpSrPacket)
    assert isinstance(second[0], rtp.RtcpSrPacket)
    assert (first[0].ssrc, first[0].sender_info.packet_count, first[0].sender_info.octet_count) == (7, 3, 480)
    assert first[0].sender_info.rtp_timestamp == 320 + 160 + round((1.0 - 0.04) * RATE)
    assert second[0].sender_info.rtp_timestamp - first[0].sender_info.rtp_timestamp == RATE
    assert isinstance(first[1], rtp.RtcpSdesPacket)
    assert first[1].chunks[0].items == [(1, b"name")]


class Listener(LightViewer):
    """A viewer that also offers to receive sound."""

    def offer(self) -> str:
        lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 0 8", "a=mid:1", "a=recvonly", "a=rtcp-mux", ""]
        return super().offer().replace("BUNDLE 0", "BUNDLE 0 1") + "\r\n".join(lines)


class Scene:
    """Runs a camera with sound, and one listener."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics()
        self.sound = AudioStream(CAMERA, self.metrics)
        self.sound.began("PCMU")
        self.camera = Camera(self.clock, self.metrics)
        find = {StreamName.MAIN: self.camera.stream}.get
        self.plane = MediaPlane(
            MediaSettings(port=0), lambda _, name: find(name), self.clock, self.metrics, lambda _: self.sound
        )
        self.heard: list[bytes] = []
        self.viewer = Listener(lambda packet: self.heard.append(packet) if packet[1] & 0x7F == 0 else None)
        self.connected = asyncio.Event()
        self.plane.observe(lambda event: self.connected.set() if event.kind == "connected" else None)

    async def open(self, lasts: float = 60.0) -> str:
        ends_at = self.clock.monotonic() + lasts
        request = OpenSession(CAMERA, StreamName.MAIN, self.viewer.offer(), ends_at, DESK)
        opened = await self.plane.open(request)
        await asyncio.wait_for(self.viewer.connect(opened.answer), 10)
        await asyncio.wait_for(self.connected.wait(), 10)
        return opened.id

    def sounds(self, count: int) -> None:
        for _ in range(count):
            self.sound.heard(Sound(bytes(160), round(self.clock.monotonic() * RATE), self.clock.monotonic()))

    async def sent(self) -> float:
        """Return how many media packets have been sent so far."""
        await self.clock.advance(0.2)  # packets are counted a few times a second
        return self.metrics.registry.get_sample_value("sightline_packets_out_total") or 0.0

    async def hears(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.heard) < count:  # noqa: ASYNC110  # datagrams that arrive set no event
                await asyncio.sleep(0.005)


async def test_sound_ends_with_the_session_that_it_belongs_to() -> None:
    scene = Scene()
    async with scene.plane:
        session = await scene.open()
        scene.sounds(3)
        await scene.hears(3)
        await scene.plane.close(session, CloseReason.INCIDENT_ENDED)
        before = await scene.sent()
        scene.sounds(3)
        assert await scene.sent() == before
        assert scene.sound.listeners == 0
        await scene.viewer.close()


async def test_no_sample_is_sent_after_the_sessions_deadline_even_if_no_pictures_arrive() -> None:
    scene = Scene()
    async with scene.plane:
        session = await scene.open()
        before = await scene.sent()
        await scene.plane.renew(session, scene.clock.monotonic())
        scene.sounds(3)
        assert scene.plane.sessions() == ()
        assert await scene.sent() == before
        await scene.viewer.close()
