"""An odd NAL unit loses that unit, not the picture: if no sequence numbers are missing, nothing was lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.nal.fragments import START_CODE
from gateway.rtp.packet import RtpPacket
from tests.codecs.nal.streams import CODECS, PICTURES, Codec

ODD = [(name, what) for name, codec in CODECS.items() for what in codec.odd]


@pytest.fixture(params=CODECS)
def codec(request: pytest.FixtureRequest) -> Codec:
    return CODECS[request.param]


@pytest.mark.parametrize(("name", "what"), ODD)
@pytest.mark.parametrize("marker", [False, True])
def test_an_odd_unit_anywhere_in_a_stream_loses_at_most_itself(name: str, what: str, marker: bool) -> None:
    codec = CODECS[name]
    stream = codec.stream()
    for at in range(len(stream) + 1):
        timestamp = stream[min(at, len(stream) - 1)][0]
        odd = (timestamp, codec.odd[what], marker)
        inside = at < len(stream) and at and stream[at - 1][0] == timestamp and not stream[at - 1][2]
        if inside and marker:
            continue  # a marker within a picture is another oddity
        if inside and _between_fragments(codec, stream[at][1]):
            continue  # nothing may be inserted between the pieces of one NAL unit
        assert codec.shown([*stream[:at], odd, *stream[at:]]) == codec.shown(stream) == codec.pictures, at


def _between_fragments(codec: Codec, payload: bytes) -> bool:
    syntax = codec.depacketizer(()).syntax
    return syntax.kind(payload) == syntax.fragment_kind and not payload[syntax.header] & 0x80


def test_units_with_start_codes_between_them_in_one_packet_are_told_apart(codec: Codec) -> None:
    for leading in (b"", START_CODE, b"\0" + START_CODE):
        for between in (START_CODE, b"\0" + START_CODE):
            stream = [(at * 3000, leading + between.join(nals), True) for at, nals in enumerate(codec.pictures)]
            assert codec.shown(stream, sets=False) == codec.pictures


def test_units_with_start_codes_between_them_in_fragments_are_told_apart(codec: Codec) -> None:
    for lead in (b"", codec.pictures[1][0][: codec.depacketizer(()).syntax.header] + START_CODE):
        stream = []
        for at, nals in enumerate(codec.pictures):
            payloads = codec.packets([lead + START_CODE.join(nals)], 20)
            stream += [(at * 3000, payload, payload is payloads[-1]) for payload in payloads]
        assert codec.shown(stream, sets=False) == codec.pictures


def test_units_with_start_codes_in_an_aggregation_packet_are_told_apart(codec: Codec) -> None:
    stream = codec.stream()
    nals = [START_CODE + nal for nal in codec.pictures[0]]
    header = bytes((0x78,)) if len(codec.sets) == 2 else b"\x60\x01"
    together = header + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    rest = [one for one in stream if one[0] > 0]
    assert codec.shown([(0, together, True), *rest], sets=False) == codec.pictures


@pytest.mark.parametrize("padding", [b"\0", b"\0\0", bytes(7), b"\xff"])
def test_padding_after_an_aggregation_packet_does_no_harm(codec: Codec, padding: bytes) -> None:
    header = bytes((0x78,)) if len(codec.sets) == 2 else b"\x60\x01"
    together = header + b"".join(len(nal).to_bytes(2, "big") + nal for nal in codec.pictures[0]) + padding
    rest = [one for one in codec.stream() if one[0] > 0]
    assert codec.shown([(0, together, True), *rest], sets=False) == codec.pictures


def test_fragments_without_an_end_bit_end_at_the_next_unit_or_timestamp(
    codec: Codec,
) -> None:
    at = codec.depacketizer(()).syntax.header
    stream = [(time, _without_end(codec, payload, at), marker) for time, payload, marker in codec.stream()]
    assert codec.shown(stream) == codec.pictures
    unmarked = [(time, payload, False) for time, payload, _ in stream]
    assert codec.shown(unmarked) == codec.pictures


def _without_end(codec: Codec, payload: bytes, at: int) -> bytes:
    syntax = codec.depacketizer(()).syntax
    if syntax.kind(payload) != syntax.fragment_kind:
        return payload
    return payload[:at] + bytes((payload[at] & 0xBF,)) + payload[at + 1 :]


def test_a_picture_that_a_marker_ended_too_early_is_withdrawn(codec: Codec) -> None:
    at = codec.depacketizer(()).syntax.header
    stream = [(time, _without_end(codec, payload, at), marker) for time, payload, marker in codec.stream()]
    depacketizer = codec.depacketizer(codec.sets)
    for sequence, (timestamp, payload, marker) in enumerate(stream):
        depacketizer.push(RtpPacket(96, marker, sequence, timestamp, 7, payload), 0, 0.0)
    late = PICTURES * 3000
    pieces = codec.packets([codec.pictures[1][0]], 30)
    passed: list[AccessUnit] = []
    for at_piece, piece in enumerate(pieces):
        one = RtpPacket(96, at_piece >= 1, 100 + at_piece, late, 7, _without_end(codec, piece, at))
        passed += depacketizer.push(one, 0, 0.0)
    assert depacketizer.withdrawn == len([unit for unit in passed if unit.rtp == late]) == 1
    depacketizer.push(RtpPacket(96, False, 0, late + 3000, 7, b""), 0, 0.0)
    assert depacketizer.awaiting_keyframe


def test_hundreds_of_sei_messages_lose_the_messages_not_the_picture(codec: Codec) -> None:
    sei = b"\x06\x05\x02ab\x80" if len(codec.sets) == 2 else b"\x4e\x01\x05\x02ab\x80"
    stream = codec.stream()
    [shown, *rest] = codec.shown([*[(0, sei, False)] * 600, *stream])
    assert [nal for nal in shown if nal != sei] == list(codec.pictures[0])
    assert rest == codec.pictures[1:]


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(ODD)), max_size=8))
def test_any_number_of_odd_units_between_pictures_lose_at_most_themselves(
    places: list[tuple[int, tuple[str, str]]],
) -> None:
    for name, codec in CODECS.items():
        stream = codec.stream()
        ends = [at + 1 for at, one in enumerate(stream) if one[2]]
        out = list(stream)
        for place, (of, what) in sorted(places, key=lambda one: -(one[0] % len(ends))):
            if of == name:
                at = ends[place % len(ends)]
                out.insert(at, (out[at - 1][0], codec.odd[what], True))
        assert codec.shown(out) == codec.pictures


def test_start_codes_are_also_found_in_keyframes_long_after_the_beginning(codec: Codec) -> None:
    following = codec.pictures[1]
    plain = [(at * 3000, following[0], True) for at in range(200)]
    begun = [(0, packet, marker) for _, packet, marker in codec.stream() if _ == 0]
    late = [((200 + at) * 3000, START_CODE.join(nals), True) for at, nals in enumerate(codec.pictures)]
    shown = codec.shown([*begun, *plain[1:], *late])
    assert shown[-len(codec.pictures) :] == codec.pictures
