"""A small message must not cost the loop seconds: while it works on one, nobody's picture moves.

Each of these took a second and more for one message. The bound is a hundred times what they take now.
"""

import time
from collections.abc import Sequence

import pytest

from gateway.relay.history import PACKETS, History, PacketGroup
from gateway.sources.rtsp.auth import parse_challenges
from gateway.webrtc.sdp import LARGEST_OFFER, parse_offer
from gateway.webrtc.sender import MOST_RESENDS, Outlet, RtpSender

AT_MOST = 0.5  # seconds, on a busy machine

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF {formats}\r\na=recvonly\r\na=rtcp-mux\r\na=mid:0\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 " + ":".join(["AA"] * 32) + "\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;{parameters}\r\n"
)


class CountingSealer:
    """Seals nothing and counts what it is asked for."""

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
def test_an_offer_of_the_largest_size_is_read_at_once(formats: str, parameters: str) -> None:
    text = OFFER.format(formats=formats, parameters=parameters)
    assert len(text) <= LARGEST_OFFER
    began = time.perf_counter()
    offer = parse_offer(text)
    assert time.perf_counter() - began < AT_MOST
    assert [codec.payload_type for codec in offer.codecs] == [96]


@pytest.mark.parametrize("between", [" ", ",", " ,"])
def test_a_cameras_challenge_of_the_largest_size_is_read_at_once(between: str) -> None:
    began = time.perf_counter()
    challenges = parse_challenges(["Digest realm=a" + between * (16_000 // len(between)) + '"'])
    assert time.perf_counter() - began < AT_MOST
    assert [challenge.method for challenge in challenges] == ["MD5"]


def test_a_viewer_who_asks_for_packets_that_never_were_is_given_no_more_work_than_one_who_lost_some() -> None:
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
    assert looked_at <= MOST_RESENDS + 1
