from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.h265.packetizer import AP, FU, packetize_h265
from gateway.codecs.nal.payloads import LIMIT
from tests.codecs.nal.packing import Format, nals_with, unpack

FORM = Format(
    2,
    AP,
    FU,
    lambda payload: payload[0] >> 1 & 0x3F,
    lambda payload: bytes([(payload[0] & 0x81) | (payload[2] & 0x3F) << 1, payload[1]]),
)
header = st.builds(
    lambda kind, layer, temporal: (kind << 9 | layer << 3 | temporal).to_bytes(2, "big"),
    st.integers(0, 47),
    st.integers(0, 63),
    st.integers(1, 7),
)
NALS = nals_with(header)


@given(NALS)
def test_viewers_reassemble_exactly_what_the_camera_sent(nals: list[bytes]) -> None:
    payloads = packetize_h265(nals)
    assert unpack(payloads, FORM) == nals
    assert all(len(payload) <= LIMIT for payload in payloads)


@given(NALS, st.integers(20, 300))
def test_any_limit_holds(nals: list[bytes], limit: int) -> None:
    payloads = packetize_h265(nals, limit)
    assert unpack(payloads, FORM) == nals
    assert all(len(payload) <= limit for payload in payloads)


@given(st.integers(LIMIT, 70_000))
def test_all_fragments_but_the_last_have_the_same_size_so_one_call_can_send_them(size: int) -> None:
    payloads = packetize_h265([b"\x26\x01" + bytes(size)])
    assert {len(payload) for payload in payloads[:-1]} == {LIMIT}
    assert 4 <= len(payloads[-1]) <= LIMIT


def test_an_aggregate_has_the_lowest_layer_and_temporal_id_and_the_forbidden_bit_of_its_parts() -> None:
    (payload,) = packetize_h265([b"\x40\x02a", b"\x42\x09b", b"\xc4\x0bc"])
    assert payload[:2] == (0x8000 | AP << 9 | 1).to_bytes(2, "big")


def test_units_that_rtp_cannot_carry_are_left_out() -> None:
    assert packetize_h265([b"", b"\x26", b"\x60\x01a", b"\x64\x01a", b"\x26\x01a"]) == (b"\x26\x01a",)
