import itertools

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.depacketizer import MAX_ACCESS_UNIT
from gateway.codecs.h265.packetizer import packetize_h265
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.codecs.nal.fragments import MAX_NAL
from tests.codecs.coded import Coded, h265
from tests.codecs.nal.streams import Feed
from tests.rtp.packets import RightMarkers

NEXT = b"\x02\x01\xd0inter"
REFERS_BACK = b"\x10\x01\xd0leading"  # RASL_N


@pytest.fixture(scope="module")
def pictures() -> list[Coded]:
    return h265(8)


@pytest.fixture(scope="module")
def sets(pictures: list[Coded]) -> tuple[bytes, ...]:
    return tuple(nal for nal in pictures[0].nals if nal[0] >> 1 in (32, 33, 34))


@pytest.fixture(scope="module")
def key(pictures: list[Coded]) -> bytes:
    return next(nal for nal in pictures[0].nals if 16 <= nal[0] >> 1 <= 23)


def as_kind(nal: bytes, kind: int) -> bytes:
    return bytes((nal[0] & 0x81 | kind << 1,)) + nal[1:]


class Stream(Feed):
    def __init__(self, *parameter_sets: bytes) -> None:
        super().__init__(H265Depacketizer(parameter_sets, RightMarkers()))

    def picture(self, nals: tuple[bytes, ...], timestamp: int, limit: int = 200) -> tuple[AccessUnit, ...]:
        payloads = packetize_h265(nals, limit)
        out: list[AccessUnit] = []
        for number, payload in enumerate(payloads, start=1):
            out += self.push(payload, timestamp, marker=number == len(payloads))
        return tuple(out)


def kinds_of(unit: AccessUnit) -> list[int]:
    return [nal[0] >> 1 & 0x3F for nal in unit.nals]


@pytest.mark.parametrize("limit", [60, 200, 1140, 60_000])
def test_an_encoders_output_comes_out_unchanged_and_decodes(pictures: list[Coded], limit: int) -> None:
    stream = Stream()
    units = [unit for picture in pictures for unit in stream.picture(picture.nals, picture.rtp, limit)]
    assert [unit.nals for unit in units] == [picture.nals for picture in pictures]
    assert [unit.keyframe for unit in units] == [True, *[False] * 4, True, False, False]
    assert {unit.codec for unit in units} == {"H265"}
    decoder = av.CodecContext.create("hevc", "r")
    frames = []
    for unit in units:
        frames += decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals)))
    assert len([*frames, *decoder.decode(None)]) == len(pictures)
    picture = stream.depacketizer.picture
    assert picture is not None
    assert (picture.width, picture.height, picture.may_reorder) == (320, 180, False)
    assert stream.depacketizer.notes() == ()


def test_parameter_sets_from_the_sdp_are_added_to_a_keyframe_without_them(sets: tuple[bytes, ...], key: bytes) -> None:
    stream = Stream(*sets)
    (unit,) = stream.push(b"\x46\x01\x50", 0) or stream.push(key, 0, marker=True)
    assert kinds_of(unit) == [35, 32, 33, 34, key[0] >> 1]


def test_a_keyframe_without_parameter_sets_is_useless(key: bytes) -> None:
    stream = Stream()
    assert stream.push(key, 0, marker=True) == ()
    notes = " ".join(stream.depacketizer.notes())
    assert "keyframe" in notes
    assert "parameter sets" in notes


@pytest.mark.parametrize("kind", range(16, 22))
def test_every_kind_of_random_access_picture_is_a_keyframe(sets: tuple[bytes, ...], key: bytes, kind: int) -> None:
    (unit,) = Stream(*sets).push(as_kind(key, kind), 0, marker=True)
    assert unit.keyframe


def test_pictures_that_refer_to_pictures_not_passed_on_are_dropped(sets: tuple[bytes, ...], key: bytes) -> None:
    stream = Stream(*sets)
    refresh = as_kind(key, 21)
    assert stream.push(refresh, 0, marker=True)
    assert stream.push(REFERS_BACK, 3000, marker=True) == ()
    assert stream.push(NEXT, 6000, marker=True)
    assert stream.push(refresh, 9000, marker=True)
    assert stream.push(REFERS_BACK, 12000, marker=True)
    assert stream.push(NEXT, 15000, marker=True, missing=1) == ()
    assert stream.push(refresh, 18000, marker=True)
    assert stream.push(REFERS_BACK, 21000, marker=True) == ()


def test_after_a_loss_nothing_passes_until_the_next_keyframe(sets: tuple[bytes, ...], key: bytes) -> None:
    stream = Stream(*sets)
    assert stream.push(NEXT, 0, marker=True) == ()
    assert stream.push(key, 3000, marker=True)
    assert stream.push(NEXT, 6000, marker=True, missing=2) == ()
    assert stream.push(NEXT, 9000, marker=True) == ()
    (unit,) = stream.push(key, 12000, marker=True)
    assert unit.lost == 2


def test_a_loss_before_a_complete_keyframe_does_no_harm(sets: tuple[bytes, ...], key: bytes) -> None:
    stream = Stream(*sets)
    assert stream.push(key, 0, marker=True)
    assert stream.push(key, 3000, marker=True, missing=5)


@pytest.mark.parametrize("dropped", range(4))
def test_a_keyframe_with_a_missing_fragment_is_dropped(sets: tuple[bytes, ...], key: bytes, dropped: int) -> None:
    stream = Stream(*sets)
    pieces = packetize_h265([key], (len(key) - 2) // 4 + 4)
    assert len(pieces) == 4
    out: list[AccessUnit] = []
    missing = 0
    for index, piece in enumerate(pieces):
        if index == dropped:
            missing = 1
            continue
        out += stream.push(piece, 3000, marker=index == len(pieces) - 1, missing=missing)
        missing = 0
    out += stream.push(NEXT, 6000, marker=True, missing=missing)
    assert out == []


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"\x64\x01\x00", id="PACI"),
        pytest.param(b"\x60\x01\x00\xff\x26\x01", id="aggregation packet cut off"),
        pytest.param(b"\x62\x01\x13\x00", id="fragment without its beginning"),
    ],
)
def test_a_malformed_packet_is_counted_and_damages_its_access_unit(
    sets: tuple[bytes, ...], key: bytes, payload: bytes
) -> None:
    stream = Stream(*sets)
    assert stream.push(key, 0, marker=True)
    stream.push(payload, 3000)
    assert stream.push(NEXT, 3000, marker=True) == ()
    assert stream.depacketizer.malformed == 1


def test_fragments_and_access_units_are_bounded(sets: tuple[bytes, ...]) -> None:
    stream = Stream(*sets)
    stream.push(b"\x62\x01\x93" + bytes(60000), 0)
    for _ in range(MAX_NAL // 60000 + 1):
        stream.push(b"\x62\x01\x13" + bytes(60000), 0)
    assert stream.depacketizer.malformed == 1
    large = b"\x26\x01\x00" + bytes(65000)
    for _ in range(MAX_ACCESS_UNIT // 65000 + 1):
        stream.push(large, 3000)
    assert stream.depacketizer.malformed == 2
    assert stream.push(large, 3000, marker=True) == ()


PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.builds(
        lambda kind, body: bytes((kind << 1, 1)) + body, st.sampled_from([1, 8, 19, 21, 32, 33, 34, 39]), st.binary()
    ),
    st.builds(lambda head, body: b"\x62\x01" + bytes((head,)) + body, st.integers(0, 255), st.binary(max_size=20)),
    st.builds(lambda body: b"\x60\x01" + body, st.binary(max_size=40)),
)


@given(st.lists(st.tuples(PAYLOADS, st.integers(0, 2), st.booleans(), st.integers(0, 2)), max_size=40))
def test_whatever_arrives_only_decodable_access_units_are_passed_on(
    sets: tuple[bytes, ...], steps: list[tuple[bytes, int, bool, int]]
) -> None:
    stream = Stream(*sets)
    units = itertools.chain.from_iterable(
        [stream.push(payload, stamp, marker=marker, missing=missing) for payload, stamp, marker, missing in steps]
    )
    began = False
    for unit in units:
        kinds = set(kinds_of(unit))
        assert any(kind < 32 for kind in kinds)
        assert unit.keyframe == any(16 <= kind < 24 for kind in kinds)
        if unit.keyframe:
            assert {32, 33, 34} <= kinds
        began = began or unit.keyframe
        assert began
