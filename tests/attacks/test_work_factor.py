"""A small message must not cost the event loop seconds: while it works on one, everybody's picture stands still.

Each of these messages used to take a second or more. The limit is a hundred times as long as they take now.
"""

import contextlib
import struct
import time
from collections.abc import Iterator, Sequence

import pytest

from gateway.codecs.h264.syntax import H264Depacketizer
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.codecs.nal.depacketizer import NalDepacketizer
from gateway.errors import BadRequest, CameraError, Malformed
from gateway.relay.history import History
from gateway.relay.kept_packets import PACKETS
from gateway.relay.packet_group import PacketGroup
from gateway.rtp import feedback
from gateway.rtp.packet import RtpPacket
from gateway.rtp.reorder import Reorder
from gateway.sources.rtsp.protocol.auth import parse_challenges
from gateway.sources.rtsp.protocol.reader import Reader
from gateway.webrtc.congestion.bandwidth import LOSS_WINDOW, BandwidthEstimator
from gateway.webrtc.sending.outlet import Outlet
from gateway.webrtc.sending.repeats import MOST_REPEATS_AT_ONCE
from gateway.webrtc.sending.sender import RtpSender
from gateway.webrtc.signalling.offer import parse_offer
from gateway.webrtc.signalling.sections import LARGEST_SDP, MOST_SECTIONS

AT_MOST = 0.5
"""Seconds of this thread's own processor time, which other processes on a busy machine do not add to."""

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF {formats}\r\na=recvonly\r\na=rtcp-mux\r\na=mid:0\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AA"] * 32) + "\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;{parameters}\r\n"
)


@contextlib.contextmanager
def at_once() -> Iterator[None]:
    """Fail if the block takes more than AT_MOST."""
    began = time.thread_time()
    yield
    took = time.thread_time() - began
    assert took < AT_MOST, f"{took:.2f} s"


class CountingSealer:
    """Seals nothing, and counts the packets that it is asked to seal."""

    overhead = 0
    reach = 1024

    def __init__(self) -> None:
        self.packets = 0

    def seal(self, index: int, kind: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> bytes:
        self.packets += len(payloads)
        return b"".join(payloads)


@pytest.mark.parametrize(
    ("formats", "parameters"),
    [("96", "a" * 60_000), ("96", "a=" * 30_000), ("96 " * 9_000 + "96", "a=b;" * 8_000)],
    ids=["one long word", "nothing but names", "one payload type thousands of times"],
)
def test_the_largest_possible_offer_is_parsed_at_once(formats: str, parameters: str) -> None:
    text = OFFER.format(formats=formats, parameters=parameters)
    assert len(text) <= LARGEST_SDP
    with at_once():
        offer = parse_offer(text)
    assert [codec.payload_type for codec in offer.codecs] == [96]


@pytest.mark.parametrize("between", [" ", ",", " ,"])
def test_the_largest_possible_challenge_from_a_camera_is_parsed_at_once(between: str) -> None:
    with at_once():
        challenges = parse_challenges(["Digest realm=a" + between * (16_000 // len(between)) + '"'])
    assert [challenge.method for challenge in challenges] == ["MD5"]


def test_asking_for_packets_that_never_existed_causes_no_more_work_than_real_losses() -> None:
    history, sealer = History(), CountingSealer()
    sender = RtpSender(sealer, sealer, lambda *_: True, Outlet(history, 0, 102, None), 0, 0)
    for place in range(PACKETS):
        group = PacketGroup((b"x",), place, place == 0, 0.0, place)
        history.add(group)
        sender.send(group)
    looked_at = 0

    def nothing_that_was_sent() -> object:
        nonlocal looked_at
        for sequence in range(40_000, 60_000):
            looked_at += 1
            yield sequence

    assert sender.resend(nothing_that_was_sent()) == 0  # type: ignore[arg-type]
    assert looked_at <= MOST_REPEATS_AT_ONCE + 1


def test_an_offer_with_very_many_sections_is_refused_at_once() -> None:
    audio = "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:{}\r\n"
    most = OFFER.format(formats="96", parameters="") + "".join(audio.format(n) for n in range(MOST_SECTIONS - 1))
    names = " ".join(map(str, range(5_000)))
    bundled = most.replace("t=0 0\r\n", f"t=0 0\r\na=group:BUNDLE 0 {names}\r\n")
    with at_once():
        assert parse_offer(bundled).bundled
        with pytest.raises(BadRequest, match="more than 64"):
            parse_offer(most + audio.format("one more") * 1000)


def test_in_a_flood_of_reports_each_costs_the_same() -> None:
    estimate = BandwidthEstimator(0.0)
    for report in range(100_000):
        estimate.heard_report(report, 0, 0.05, report / 50_000)
    assert estimate.reports_kept <= 2 + LOSS_WINDOW / 0.02
    with at_once():
        for report in range(10_000):
            estimate.heard_report(report, 0, 3.0, 2.0 + report / 5_000)


def test_one_message_can_request_only_so_many_packets_again() -> None:
    pairs = b"\x00\x01\xff\xff" * 400
    [nack] = feedback.parse(struct.pack("!BBHII", 0x81, 205, 2 + len(pairs) // 4, 1, 7) + pairs)
    assert isinstance(nack, feedback.Nack)
    assert 1024 <= len(nack.sequences) < 1024 + 17


def test_a_camera_that_sends_noise_between_messages_is_disconnected() -> None:
    """The reader examines every byte of noise, which is expensive. A single message used to excuse all of it."""
    reader = Reader()

    def camera() -> None:
        for _ in range(1000):
            reader.feed(b"A" * 1000 + b" " + b"AB " * 100 + b"$\0\0\0")

    with at_once(), pytest.raises(CameraError):
        camera()


def test_a_camera_that_sends_noise_now_and_then_stays_connected() -> None:
    reader = Reader()
    for _ in range(1000):
        reader.feed(b"\xff" * 60 + (b"$\0\x03\xe8" + bytes(1000)) * 2)


def test_datagrams_waiting_for_a_missing_one_are_not_sorted_again_each_time() -> None:
    reorder = Reorder()
    with at_once():
        for place in range(50_000):  # five seconds at the highest rate that a camera may send
            reorder.push(struct.pack("!BBHII", 0x80, 96, 2 * place & 0xFFFF, 0, 7), place / 10_000)


@pytest.mark.parametrize(
    ("depacketizer", "nested"),
    [(H264Depacketizer(), b"\x18\0\x01" * 20_000), (H265Depacketizer(), b"\x60\x01\0\x01" * 15_000)],
    ids=["H.264", "H.265"],
)
def test_packets_nested_in_packets_are_simply_malformed(depacketizer: NalDepacketizer, nested: bytes) -> None:
    with contextlib.suppress(Malformed):
        depacketizer.push(RtpPacket(96, False, 1, 1, 1, nested), 1, 0.0)
