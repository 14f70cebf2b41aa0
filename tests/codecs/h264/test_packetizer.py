from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.h264.packetizer import FU_A, STAP_A, packetize
from gateway.codecs.nal.payloads import LIMIT
from tests.codecs.nal.packing import Format, nals_with, unpack

FORM = Format(
    1,
    STAP_A,
    FU_A,
    lambda payload: payload[0] & 0x1F,
    lambda payload: bytes([(payload[0] & 0xE0) | (payload[1] & 0x1F)]),
)
header = st.builds(lambda nri, kind: bytes([nri << 5 | kind]), st.integers(0, 3), st.integers(1, 23))
NALS = nals_with(header)


@given(NALS)
def test_viewers_reassemble_exactly_what_the_camera_sent(nals: list[bytes]) -> None:
    payloads = packetize(nals)
    assert unpack(payloads, FORM) == nals
    assert all(len(payload) <= LIMIT for payload in payloads)


@given(NALS, st.integers(20, 300))
def test_any_limit_holds(nals: list[bytes], limit: int) -> None:
    payloads = packetize(nals, limit)
    assert unpack(payloads, FORM) == nals
    assert all(len(payload) <= limit for payload in payloads)


@given(st.integers(LIMIT, 70_000))
def test_all_fragments_but_the_last_have_the_same_size_so_one_call_can_send_them(size: int) -> None:
    payloads = packetize([bytes([0x65]) + bytes(size)])
    assert {len(payload) for payload in payloads[:-1]} == {LIMIT}
    assert 3 <= len(payloads[-1]) <= LIMIT


def test_parameter_sets_share_one_packet_before_a_large_slice() -> None:
    sps, pps, sei, slice_ = b"\x67" + bytes(20), b"\x68" + bytes(4), b"\x06" + bytes(30), b"\x65" + bytes(3000)
    payloads = packetize([sps, pps, sei, slice_])
    assert [len(payload) for payload in payloads] == [1 + 2 + 21 + 2 + 5 + 2 + 31, LIMIT, LIMIT, 3000 + 6 - 2 * LIMIT]


def test_an_aggregate_has_the_highest_importance_and_the_forbidden_bit_of_its_parts() -> None:
    (payload,) = packetize([b"\x06\x01", b"\x65\x01", b"\x86\x01"])
    assert payload[0] == 0x80 | 0x60 | STAP_A


def test_a_single_unit_is_sent_as_it_is() -> None:
    assert packetize([b"\x41abc"]) == (b"\x41abc",)


def test_units_that_rtp_cannot_carry_are_left_out() -> None:
    assert packetize([b"", b"\x00a", b"\x18a", b"\x1fa", b"\x41a"]) == (b"\x41a",)
