from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.codecs.access_unit import StreamInfo
from gateway.codecs.nal.payloads import LIMIT
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.packet_group import PacketGroup
from gateway.webrtc.sending.outlet import Outlet
from gateway.webrtc.sending.repeats import MOST_REPEATS_AT_ONCE, STRETCHES
from gateway.webrtc.sending.sender import RtpSender
from gateway.webrtc.transport.srtp import HEADER, GcmSealer, LibsrtpSealer, Sealer
from tests.fakes import FakeClock

MEDIA, REPEATS = 9, 10
KEY, SALT = bytes(range(16)), bytes(range(12))


@dataclass
class Watched:
    """Seals packets and remembers what it sealed: (SSRC, index) and the plaintext packet."""

    sealer: Sealer
    ssrc: int
    sealed: list[tuple[int, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.overhead, self.reach = self.sealer.overhead, self.sealer.reach

    def seal(self, index: int, kind: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> bytes:
        for place, payload in enumerate(payloads):
            last = marked and place == len(payloads) - 1
            header = HEADER.pack(0x80, kind | last << 7, (index + place) & 0xFFFF, timestamp, self.ssrc)
            self.sealed.append((self.ssrc, index + place, header + payload))
        return self.sealer.seal(index, kind, timestamp, payloads, marked)


def gcm() -> tuple[Watched, Watched]:
    media, repeats = (Watched(GcmSealer.from_master_key(KEY, SALT, ssrc), ssrc) for ssrc in (MEDIA, REPEATS))
    return media, repeats


def libsrtp() -> tuple[Watched, Watched]:
    policy = pylibsrtp.Policy(key=bytes(30), ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    session = pylibsrtp.Session(policy)
    media, repeats = (Watched(LibsrtpSealer(session, ssrc, 10, 1024), ssrc) for ssrc in (MEDIA, REPEATS))
    return media, repeats


class Wire:
    """Accepts packets. With ``open`` False it is like a full send buffer."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.open = True

    def __call__(self, packets: bytes, count: int, size: int) -> bool:
        if self.open:
            self.packets += [packets[at : at + size] for at in range(0, len(packets), size)]
        return self.open

    def headers(self, ssrc: int = MEDIA) -> list[tuple[int, int, int]]:
        """Return (payload type with marker, sequence number, timestamp) of each packet."""
        unpacked = [HEADER.unpack_from(packet) for packet in self.packets]
        return [(kind, sequence, stamp) for _, kind, sequence, stamp, of in unpacked if of == ssrc]


class Stream:
    """A relay stream whose history is filled the way the relay fills it."""

    def __init__(self, shift: int = 0, kind: int = 102, repeats: int | None = None) -> None:
        self.relay = CameraStream(CameraId("hall"), StreamName.MAIN, FakeClock(), Metrics())
        self.history = self.relay.history
        self.outlet = Outlet(self.history, shift, kind, repeats)

    def reconnect(self, codec: str) -> None:
        """End the camera's connection and begin another."""
        self.relay.disconnected(0.0)
        self.relay.connected(StreamInfo(codec, 90_000), 0.0)
        self.history = self.relay.history

    def group(self, stamp: int, *payloads: bytes) -> PacketGroup:
        group = PacketGroup(payloads or (b"%d" % stamp,), stamp, stamp == 0, stamp / 90_000, self.history.next)
        self.history.add(group)
        return group


def sender_of(
    stream: Stream, sealers: tuple[Watched, Watched] | None = None, first: int = 0
) -> tuple[RtpSender, Wire, Watched, Watched]:
    wire = Wire()
    media, repeats = sealers or gcm()
    return RtpSender(media, repeats, wire, stream.outlet, first, 7), wire, media, repeats


def test_a_group_is_sent_with_its_streams_shift_and_payload_type() -> None:
    main, sub = Stream(), Stream(shift=2**32 - 10, kind=96)
    sender, wire, _, _ = sender_of(main, first=5)
    assert sender.send(main.group(100, b"a", b"b"))
    sender.switch(sub.outlet)
    assert sender.send(sub.group(200, b"c"))
    assert wire.headers() == [(102, 5, 100), (102 | 0x80, 6, 100), (96 | 0x80, 7, 190)]
    assert sender.last_timestamp == 190
    assert sender.packets == 3
    assert sender.sent_bytes == sum(map(len, wire.packets))


def test_a_group_sent_in_parts_has_the_same_packets() -> None:
    stream = Stream()
    sender, wire, _, _ = sender_of(stream)
    group = stream.group(1, *(b"%d" % n for n in range(5)))
    assert sender.send_part(group, 0, 2)
    assert sender.send_part(group, 2, 5)
    parts = list(wire.packets)
    whole, other, _, _ = sender_of(stream)
    whole.send(group)
    assert other.packets == parts


def test_a_repeat_is_byte_identical_even_across_the_wrap_of_sequence_numbers() -> None:
    stream = Stream()
    sender, wire, _, _ = sender_of(stream, first=0x7FFF)
    for stamp in range(33_000):  # the last packets are on both sides of the wrap
        sender.send(stream.group(stamp))
        if len(wire.packets) > 600:
            del wire.packets[:-600]
    first = list(wire.packets)
    assert {sequence >> 15 for _, sequence, _ in wire.headers()} == {0, 1}
    assert sender.resend([sequence for _, sequence, _ in wire.headers()[:500]]) == 500
    assert wire.packets[600:] == first[:500]


def test_a_repeat_of_a_packet_from_before_a_switch_comes_from_the_earlier_stream() -> None:
    main, sub = Stream(), Stream(shift=90, kind=96)
    sender, wire, _, _ = sender_of(main)
    sender.send(main.group(100))
    sender.switch(sub.outlet)
    sender.send(sub.group(200))
    sender.switch(main.outlet)
    sender.send(main.group(300))
    sent = list(wire.packets)
    assert sender.resend([2, 0, 1]) == 3
    assert wire.packets[3:] == [sent[2], sent[0], sent[1]]


def test_if_negotiated_a_repeat_is_an_rtx_packet_that_names_the_original() -> None:
    stream = Stream(repeats=97)
    sender, wire, media, repeats = sender_of(stream, first=500)
    sender.send(stream.group(100, b"a", b"b"))
    assert sender.resend([501, 500, 501]) == 3
    assert wire.headers(REPEATS) == [(97 | 0x80, 7, 100), (97, 8, 100), (97 | 0x80, 9, 100)]
    original = (501).to_bytes(2, "big")
    assert [packet[12:] for _, _, packet in repeats.sealed] == [
        original + b"b",
        (500).to_bytes(2, "big") + b"a",
        original + b"b",
    ]
    assert len(media.sealed) == 2


@pytest.mark.parametrize("sealers", [gcm, libsrtp])
@pytest.mark.parametrize("repeats", [None, 97])
def test_no_datagram_is_larger_than_1200_bytes_not_even_one_that_repeats_a_full_packet(
    sealers: Callable[[], tuple[Watched, Watched]], repeats: int | None
) -> None:
    stream = Stream(repeats=repeats)
    sender, wire, _, _ = sender_of(stream, sealers())
    sender.send(stream.group(100, bytes(LIMIT), bytes(LIMIT)))
    assert sender.resend([0, 1]) == 2
    assert LIMIT <= 1140
    assert len(wire.packets) == 4
    assert max(map(len, wire.packets)) <= 1200


def test_packets_never_sent_or_no_longer_kept_are_not_repeated() -> None:
    stream = Stream()
    sender, _, _, _ = sender_of(stream, first=100)
    sender.send(stream.group(1, b"a", b"b"))
    assert sender.resend([99, 102, 40_000]) == 0


def test_libsrtp_is_not_asked_for_packets_before_its_window() -> None:
    stream = Stream()
    sender, wire, _, _ = sender_of(stream, libsrtp())
    for stamp in range(1200):
        sender.send(stream.group(stamp))
    sent = list(wire.packets)
    assert sender.resend([100, 1199]) == 1
    assert wire.packets[1200:] == [sent[1199]]


def test_only_a_limited_number_of_stream_changes_is_remembered() -> None:
    main, sub = Stream(), Stream()
    sender, _, _, _ = sender_of(main)
    for stamp in range(STRETCHES + 1):
        stream = (main, sub)[stamp % 2]
        sender.switch(stream.outlet)
        sender.send(stream.group(stamp))
    assert sender.resend([0]) == 0
    assert sender.resend([1]) == 1


def test_only_so_many_repeats_are_sent_at_once_and_more_only_as_packets_are_sent() -> None:
    stream = Stream()
    sender, _, _, _ = sender_of(stream)
    sender.send(stream.group(1))
    assert sender.resend([0] * 10_000) == MOST_REPEATS_AT_ONCE
    sender.earn_resends(0.5)
    assert sender.resend([0]) == 0, "half a repeat is not enough"
    for stamp in range(2, 41):
        sender.send(stream.group(stamp))
    sender.earn_resends(0.5)
    assert sender.resend([0] * 10_000) == 20
    sender.earn_resends(0.5)
    assert sender.resend([0]) == 0, "each packet counts only once"


def test_however_much_was_sent_the_saved_up_repeats_are_limited() -> None:
    stream = Stream()
    sender, _, _, _ = sender_of(stream)
    sender.send(stream.group(1, *(b"x" for _ in range(10_000))))
    sender.earn_resends(0.25)
    assert sender.resend([9_999] * 10_000) == MOST_REPEATS_AT_ONCE // 4


def test_packets_that_are_no_longer_needed_are_not_repeated_but_later_ones_are() -> None:
    stream = Stream()
    sender, wire, _, _ = sender_of(stream)
    sender.send(stream.group(1, b"a", b"b"))
    sender.forget()
    sender.send(stream.group(2))
    assert sender.resend([0, 1, 2]) == 1
    assert wire.packets[-1] == wire.packets[-2]


@pytest.mark.parametrize("first", [-1, 1 << 15])
def test_the_initial_sequence_number_is_below_2_to_the_15th(first: int) -> None:
    with pytest.raises(ValueError, match="below"):
        sender_of(Stream(), first=first)


ACTIONS = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 5), st.integers(0, 5)),
    st.tuples(st.just("parts"), st.integers(2, 5), st.integers(1, 4)),
    st.tuples(st.just("again"), st.integers(0, 20), st.integers(0, 20)),
    st.tuples(st.just("switch"), st.integers(0, 2), st.integers(0, 2**32 - 1)),
    st.tuples(st.just("reconnect"), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("resend"), st.integers(0, 65535), st.integers(1, 40)),
    st.tuples(st.just("forget"), st.just(0), st.just(0)),
)


@pytest.mark.parametrize("sealers", [gcm, libsrtp])
@settings(max_examples=150)
@given(first=st.integers(0, (1 << 15) - 1), actions=st.lists(ACTIONS, max_size=60))
def test_one_plaintext_for_one_nonce(
    sealers: Callable[[], tuple[Watched, Watched]], first: int, actions: list[tuple[str, int, int]]
) -> None:
    """One nonce never serves two plaintexts, whether groups are delivered whole or in part, restarted, switched,
    refused by the socket or requested again, and however often the camera reconnects."""
    streams = [Stream(), Stream(kind=96, repeats=97), Stream(kind=98)]
    media, repeats = sealers()
    sender, wire, _, _ = sender_of(streams[0], (media, repeats), first)
    current = streams[0]
    for stamp, (action, one, other) in enumerate(actions, start=1):
        wire.open = stamp % 7 != 0
        if action == "send":
            sender.send(current.group(stamp, *(b"%d/%d" % (stamp, n) for n in range(one))))
        elif action == "parts":
            group = current.group(stamp, *(b"%d/%d" % (stamp, n) for n in range(one)))
            sender.send_part(group, 0, min(other, one))  # the rest may be dropped
        elif action == "again":
            for group in current.history.gop()[one : one + other]:
                sender.send(group)
        elif action == "switch":
            current = streams[one]
            history, _, kind, resent = current.outlet
            sender.switch(Outlet(history, other, kind, resent))
        elif action == "reconnect":
            current.reconnect(("H264", "H265")[one])
        elif action == "forget":
            sender.forget()
        else:
            sent = [sequence for _, sequence, _ in wire.headers()[-3:]]
            sender.resend([(one + n) & 0xFFFF for n in range(other)] + sent)
    plaintexts: dict[tuple[int, int], set[bytes]] = {}
    for ssrc, index, packet in media.sealed + repeats.sealed:
        plaintexts.setdefault((ssrc, index), set()).add(packet)
    assert all(len(different) == 1 for different in plaintexts.values())
    ciphertexts: dict[bytes, set[bytes]] = {}
    for packet in wire.packets:
        ciphertexts.setdefault(packet[:12], set()).add(packet)
    assert all(len(different) == 1 for different in ciphertexts.values())
