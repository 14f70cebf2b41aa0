from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.relay.stream import PacketGroup
from gateway.webrtc.sender import BACKLOG_LIMIT, BURST_CHUNK, RESENDS_A_SECOND, RtpSender, runs_of
from gateway.webrtc.srtp import HEADER, GcmSealer


@dataclass
class OpenSealer:
    """Seals nothing, so that what would be sealed can be looked at: index, then header and payload."""

    stride: int = 2
    overhead: int = 12
    sealed: list[tuple[int, bytes]] = field(default_factory=list)

    def seal(self, index: int, timestamp: int, payloads: Sequence[bytes], marked: bool) -> list[bytes]:
        buffers = GcmSealer(bytes(16), bytes(12), 9, 102).seal(index, timestamp, payloads, marked)
        packets = [buffers[2 * place] + payload for place, payload in enumerate(payloads)]
        self.sealed += [(index + place, packet) for place, packet in enumerate(packets)]
        return [part for packet in packets for part in (packet[:12], packet[12:])]


class Wire:
    """Where packets go; ``open`` False is a full send buffer."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.open = True

    def __call__(self, buffers: Sequence[bytes], stride: int, size: int) -> bool:
        if self.open:
            self.packets += [b"".join(buffers[at : at + stride]) for at in range(0, len(buffers), stride)]
        return self.open

    @property
    def stamps(self) -> list[int]:
        return [HEADER.unpack_from(packet)[3] for packet in self.packets]

    @property
    def sequences(self) -> list[int]:
        return [HEADER.unpack_from(packet)[2] for packet in self.packets]


def _group(stamp: int, *payloads: bytes, keyframe: bool = False) -> PacketGroup:
    return PacketGroup(payloads or (b"%d" % stamp,), stamp, keyframe, 0.0)


def _deliver(sender: RtpSender, group: PacketGroup) -> bool:
    return sender.deliver(group, runs_of(group.payloads))


def _sender(first: int = 0) -> tuple[RtpSender, Wire, OpenSealer]:
    wire, sealer = Wire(), OpenSealer()
    return RtpSender(sealer, wire, first), wire, sealer


def test_runs_hold_equal_packets_and_perhaps_a_smaller_last() -> None:
    sizes = [10, 100, 100, 40, 100, 100]
    assert runs_of([bytes(size) for size in sizes]) == ((0, 1, 10), (1, 4, 100), (4, 6, 100))
    assert runs_of([]) == ()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=200))
def test_runs_cover_every_packet_once_and_fit_one_segmented_send(sizes: list[int]) -> None:
    runs = runs_of([bytes(size) for size in sizes])
    assert [place for start, stop, _ in runs for place in range(start, stop)] == list(range(len(sizes)))
    for start, stop, size in runs:
        assert stop - start <= 54
        assert set(sizes[start : stop - 1]) <= {size}
        assert sizes[stop - 1] <= size


def test_nothing_goes_out_before_a_keyframe() -> None:
    sender, wire, _ = _sender()
    assert not _deliver(sender, _group(1))
    assert _deliver(sender, _group(2, keyframe=True))
    assert _deliver(sender, _group(3))
    assert wire.stamps == [2, 3]


def test_a_burst_goes_first_in_chunks_and_live_groups_follow_in_order() -> None:
    sender, wire, _ = _sender()
    half = bytes(BURST_CHUNK // 2)
    sender.begin([_group(1, half, keyframe=True), _group(2, half), _group(3, half)])
    assert sender.pump()
    _deliver(sender, _group(4))
    assert wire.stamps == [1, 2]
    assert not sender.pump()
    _deliver(sender, _group(5))
    assert wire.stamps == [1, 2, 3, 4, 5]
    assert wire.sequences == [0, 1, 2, 3, 4]


def test_a_fresh_keyframe_replaces_what_was_still_to_be_caught_up_with() -> None:
    sender, wire, _ = _sender()
    sender.begin([_group(1, keyframe=True), _group(2)])
    _deliver(sender, _group(3, keyframe=True))
    sender.pump()
    assert wire.stamps == [3]


def test_a_backlog_that_is_too_large_is_given_up_until_the_next_keyframe() -> None:
    sender, wire, _ = _sender()
    sender.begin([_group(1, bytes(BACKLOG_LIMIT + 1), keyframe=True)])
    assert not sender.catching_up
    assert sender.dropped_groups == 1
    _deliver(sender, _group(2))
    _deliver(sender, _group(3, keyframe=True))
    assert wire.stamps == [3]


def test_a_group_without_room_is_given_up_and_so_is_all_until_the_next_keyframe() -> None:
    sender, wire, _ = _sender()
    _deliver(sender, _group(1, keyframe=True))
    wire.open = False
    assert not _deliver(sender, _group(2))
    wire.open = True
    assert sender.waiting_for_keyframe
    assert not _deliver(sender, _group(3))
    assert _deliver(sender, _group(4, keyframe=True))
    assert wire.stamps == [1, 4]
    assert sender.dropped_groups == 1


def test_a_repeat_is_byte_identical_even_over_the_wrap_of_sequence_numbers() -> None:
    wire = Wire()
    sender = RtpSender(GcmSealer(bytes(16), bytes(12), 9, 102), wire, 0x7FFF)
    for stamp in range(0, 40_000):
        _deliver(sender, _group(stamp, keyframe=stamp == 0))
        if len(wire.packets) > 600:
            del wire.packets[:-600]
    first = list(wire.packets)
    assert sender.resend(wire.sequences[:500]) == 500
    assert wire.packets[600:] == first[:500]


def test_what_was_never_sent_or_is_no_longer_kept_is_not_repeated() -> None:
    sender, _, _ = _sender(100)
    _deliver(sender, _group(1, b"a", b"b", keyframe=True))
    assert sender.resend([99, 102, 40_000]) == 0


def test_repeats_are_limited_a_second() -> None:
    sender, _, _ = _sender()
    _deliver(sender, _group(1, keyframe=True))
    assert sender.resend([0] * 10_000) == RESENDS_A_SECOND
    sender.second_passed()
    assert sender.resend([0]) == 1


@pytest.mark.parametrize("first", [-1, 1 << 15])
def test_the_initial_sequence_number_is_below_2_to_the_15th(first: int) -> None:
    with pytest.raises(ValueError, match="below"):
        RtpSender(OpenSealer(), Wire(), first)


ACTIONS = st.one_of(
    st.tuples(st.just("deliver"), st.booleans(), st.integers(1, 5)),
    st.tuples(st.just("begin"), st.integers(0, 4), st.integers(1, 3)),
    st.tuples(st.just("pump"), st.booleans(), st.just(0)),
    st.tuples(st.just("resend"), st.integers(0, 65535), st.integers(1, 40)),
)


@settings(max_examples=200)
@given(first=st.integers(0, (1 << 15) - 1), actions=st.lists(ACTIONS, max_size=60))
def test_one_plaintext_for_one_nonce(first: int, actions: list[tuple[str, int, int]]) -> None:
    sender, wire, sealer = _sender(first)
    for stamp, (action, flag, count) in enumerate(actions, start=1):
        wire.open = stamp % 7 != 0
        if action == "deliver":
            _deliver(sender, _group(stamp, *(b"%d/%d" % (stamp, n) for n in range(count)), keyframe=bool(flag)))
        elif action == "begin":
            sender.begin([_group(stamp * 100 + n, keyframe=n == 0) for n in range(flag)])
        elif action == "pump":
            sender.pump()
        else:
            sender.resend([(flag + n) & 0xFFFF for n in range(count)] + wire.sequences[-3:])
    plaintexts: dict[int, set[bytes]] = {}
    for index, packet in sealer.sealed:
        plaintexts.setdefault(index, set()).add(packet)
    assert all(len(different) == 1 for different in plaintexts.values())
