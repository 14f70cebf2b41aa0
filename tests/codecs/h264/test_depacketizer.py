import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.depacketizer import MAX_ACCESS_UNIT
from gateway.codecs.h264.syntax import H264Depacketizer
from gateway.codecs.nal.fragments import MAX_NAL, START_CODE
from gateway.codecs.unused import Unused
from tests.codecs.nal.streams import Feed
from tests.rtp.packets import IDR, NEXT, PPS, SPS, RightMarkers, aggregated, fragments


class Stream(Feed):
    def __init__(self, *parameter_sets: bytes) -> None:
        super().__init__(H264Depacketizer(parameter_sets, RightMarkers()))

    def keyframe(self, timestamp: int = 0) -> None:
        assert self.push(aggregated(SPS, PPS, IDR), timestamp, marker=True)


def test_a_single_nal_with_a_marker_is_an_access_unit() -> None:
    stream = Stream(SPS, PPS)
    (unit,) = stream.push(IDR, 3000, marker=True)
    assert unit == AccessUnit((SPS, PPS, IDR), 3000, keyframe=True, arrival=1.0)


def test_a_whole_nal_of_64_kib_in_one_packet_passes() -> None:
    stream = Stream(SPS, PPS)
    large = b"\x65\x88" + bytes(65500)
    assert stream.push(large, 0, marker=True)[0].nals[-1] == large


def test_an_aggregation_packet_is_taken_apart() -> None:
    (unit,) = Stream().push(aggregated(SPS, PPS, IDR), 0, marker=True)
    assert unit.nals == (SPS, PPS, IDR)


@given(st.binary(min_size=2, max_size=400).filter(lambda body: START_CODE not in body), st.integers(1, 50))
def test_fragments_are_put_together(body: bytes, size: int) -> None:
    nal = b"\x65\x80" + body
    stream = Stream(SPS, PPS)
    pieces = fragments(nal, size)
    out = [stream.push(piece, 0, marker=piece is pieces[-1]) for piece in pieces]
    assert [unit.nals[-1] for units in out for unit in units] == [nal]


def test_a_change_of_timestamp_ends_an_access_unit_without_a_marker() -> None:
    stream = Stream(SPS, PPS)
    assert stream.push(IDR, 0) == ()
    (unit,) = stream.push(NEXT, 3000)
    assert (unit.rtp, unit.keyframe, unit.arrival) == (0, True, 1.0)


def test_nothing_passes_before_the_first_keyframe() -> None:
    stream = Stream(SPS, PPS)
    assert stream.push(NEXT, 0, marker=True) == ()
    assert stream.depacketizer.awaiting_keyframe
    assert stream.push(IDR, 3000, marker=True)
    assert stream.push(NEXT, 6000, marker=True)
    assert (stream.depacketizer.seen, stream.depacketizer.dropped) == (3, 1)


def test_a_keyframe_without_parameter_sets_is_useless() -> None:
    stream = Stream()
    assert stream.push(IDR, 0, marker=True) == ()
    assert stream.depacketizer.awaiting_keyframe


def test_parameter_sets_follow_the_delimiter_and_newer_ones_from_the_stream_are_used() -> None:
    stream = Stream(SPS, PPS)
    newer = b"\x68\xce\x38\x80"
    assert stream.push(newer, 0, marker=True) == ()
    (unit,) = stream.push(aggregated(b"\x09\x10", IDR), 0, marker=True)
    assert unit.nals == (b"\x09\x10", SPS, newer, IDR)


def test_after_a_loss_nothing_passes_until_the_next_keyframe() -> None:
    stream = Stream(SPS, PPS)
    stream.keyframe()
    assert stream.push(NEXT, 3000, marker=True, missing=2) == ()
    assert stream.push(NEXT, 6000, marker=True) == ()
    (unit,) = stream.push(IDR, 9000, marker=True)
    assert unit.lost == 2
    (following,) = stream.push(NEXT, 12000, marker=True)
    assert following.lost == 0


def test_a_loss_at_the_end_of_an_access_unit_damages_it() -> None:
    stream = Stream(SPS, PPS)
    assert stream.push(IDR, 0) == ()
    assert stream.push(NEXT, 3000, marker=True, missing=1) == ()


def test_a_loss_before_a_complete_keyframe_does_no_harm() -> None:
    stream = Stream(SPS, PPS)
    stream.keyframe()
    assert stream.push(IDR, 3000, marker=True, missing=5)[0].keyframe


@pytest.mark.parametrize("dropped", range(4))
def test_a_keyframe_with_a_missing_fragment_is_dropped(dropped: int) -> None:
    stream = Stream(SPS, PPS)
    stream.keyframe()
    pieces = fragments(b"\x65\x80" + bytes(40), 11)
    assert len(pieces) == 4
    out: list[AccessUnit] = []
    missing = 0
    for index, piece in enumerate(pieces):
        if index == dropped:
            missing = 1
            continue
        out += stream.push(piece, 3000, marker=index == 3, missing=missing)
        missing = 0
    out += stream.push(NEXT, 6000, marker=True, missing=missing)
    assert out == []


def test_a_change_of_resolution_is_followed() -> None:
    stream = Stream(SPS, PPS)
    other = bytes.fromhex("6742c01eda0140bfe5")
    (unit,) = stream.push(aggregated(other, PPS, IDR), 0, marker=True)
    assert unit.nals == (other, PPS, IDR)
    (unit,) = stream.push(IDR, 3000, marker=True)
    assert unit.nals == (other, PPS, IDR)


def test_recovery_points_are_passed_on_with_their_parameter_sets_but_not_as_keyframes() -> None:
    stream = Stream(SPS, PPS)
    recovery = b"\x06\x06\x01\x84\x80"
    assert stream.push(NEXT, 0, marker=True) == ()
    units = stream.push(aggregated(recovery, NEXT), 3000, marker=True)
    units += stream.push(NEXT, 6000, marker=True)
    assert [unit.nals for unit in units] == [(SPS, PPS, recovery, NEXT), (NEXT,)]
    assert [(unit.keyframe, unit.recovery) for unit in units] == [(False, 0), (False, -1)]
    assert any("full keyframes (IDR)" in note for note in stream.depacketizer.notes())
    assert stream.push(NEXT, 9000, marker=True, missing=1) == (), "after a loss, it waits for a keyframe again"
    assert len(stream.push(aggregated(recovery, NEXT), 12000, marker=True)) == 1


def test_a_recovery_point_without_parameter_sets_is_useless() -> None:
    stream = Stream()
    assert stream.push(aggregated(b"\x06\x06\x01\x84\x80", NEXT), 0, marker=True) == ()
    assert stream.depacketizer.unused is Unused.NO_PARAMETER_SETS


def test_timestamps_that_keep_going_back_are_noted() -> None:
    stream = Stream(SPS, PPS)
    stream.keyframe()
    for timestamp in (9000, 3000, 6000, 18000, 12000, 15000, 27000, 21000, 24000):
        stream.push(NEXT, timestamp, marker=True)
    assert stream.depacketizer.reordered


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\x79\0\0\0\2\x41\x9a", id="STAP-B"),
        pytest.param(b"\x78\x00\xff\x65", id="STAP-A cut off"),
        pytest.param(b"\x7c\x05\x00", id="fragment without its beginning"),
    ],
)
def test_a_malformed_packet_is_counted_and_damages_its_access_unit(payload: bytes) -> None:
    stream = Stream(SPS, PPS)
    stream.keyframe()
    stream.push(payload, 3000)
    assert stream.push(NEXT, 3000, marker=True) == ()
    assert stream.depacketizer.malformed == 1


def test_fragments_and_access_units_are_bounded() -> None:
    stream = Stream(SPS, PPS)
    stream.push(b"\x7c\x85" + bytes(60000), 0)
    for _ in range(MAX_NAL // 60000 + 1):
        stream.push(b"\x7c\x05" + bytes(60000), 0)
    assert stream.depacketizer.malformed == 1
    large = b"\x65\x0d" + bytes(65000)
    for _ in range(MAX_ACCESS_UNIT // 65000 + 1):
        stream.push(large, 3000)
    assert stream.depacketizer.malformed == 2
    assert stream.push(large, 3000, marker=True) == ()


def test_a_fragmented_nal_unit_that_turns_out_unreadable_at_a_marker_is_counted() -> None:
    stream = Stream(SPS, PPS)
    stream.push(b"\x1c\x80", 3000)  # the camera leaves its pieces open: the next time stamp ends them
    assert stream.push(b"\x1c\xb8", 6000, marker=True) == ()  # a fragmented aggregate, which is not allowed
    assert stream.depacketizer.malformed == 1


PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.builds(lambda kind, body: bytes((kind,)) + body, st.sampled_from([0x65, 0x41, 0x67, 0x68, 0x06]), st.binary()),
    st.builds(lambda head, body: b"\x7c" + bytes((head,)) + body, st.integers(0, 255), st.binary(max_size=20)),
    st.builds(lambda body: b"\x78" + body, st.binary(max_size=40)),
)


@given(st.lists(st.tuples(PAYLOADS, st.integers(0, 2), st.booleans(), st.integers(0, 2)), max_size=40))
def test_whatever_arrives_only_decodable_access_units_are_passed_on(steps: list[tuple[bytes, int, bool, int]]) -> None:
    stream = Stream(SPS, PPS)
    units = itertools.chain.from_iterable(
        [stream.push(payload, stamp, marker=marker, missing=missing) for payload, stamp, marker, missing in steps]
    )
    for unit in units:
        kinds = [nal[0] & 0x1F for nal in unit.nals]
        assert set(kinds) & {1, 2, 3, 4, 5}
        assert unit.keyframe == (5 in kinds)
        if unit.keyframe:
            assert {7, 8} <= set(kinds)
