"""Recovery points are found anywhere in an SEI, and counted as their codec requires."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.h264.syntax import H264
from gateway.codecs.h265.syntax import H265
from gateway.codecs.nal.recovery import NONE
from gateway.codecs.recovery import Recovery, begins

REFERRED_TO, NOT_REFERRED_TO = b"\x41\x9a", b"\x01\x9a"


def exp_golomb(value: int) -> str:
    binary = f"{value + 1:b}"
    return "0" * (len(binary) - 1) + binary


def sei(header: bytes, before: list[tuple[int, bytes]], count: int, *, signed: bool) -> bytes:
    """Return an SEI NAL unit with the messages ``before`` and a recovery point."""
    number = (2 * count - 1 if count > 0 else -2 * count) if signed else count
    bits = exp_golomb(number) + "10" + "0" * (0 if signed else 2) + "1"
    bits += "0" * (-len(bits) % 8)
    content = int(bits, 2).to_bytes(len(bits) // 8, "big")
    messages = b""
    for kind, data in [*before, (6, content)]:
        for figure in (kind, len(data)):
            messages += b"\xff" * (figure // 255) + bytes((figure % 255,))
        messages += data
    return header + messages.replace(b"\0\0", b"\0\0\3") + b"\x80"


OTHERS = st.lists(
    st.tuples(st.integers(0, 700).filter(lambda kind: kind != 6), st.binary(max_size=300).map(lambda b: b or b"\1")),
    max_size=4,
)


@given(OTHERS.map(lambda all_: [(k, d.replace(b"\0", b"\1")) for k, d in all_]), st.integers(0, 4000))
def test_a_recovery_point_is_found_behind_other_messages(before: list[tuple[int, bytes]], count: int) -> None:
    assert H264().recovery_point(sei(b"\x06", before, count, signed=False)) == count
    assert H265().recovery_point(sei(b"\x4e\x01", before, count, signed=True)) == count


def test_a_negative_recovery_point_of_h265_counts_as_zero() -> None:
    assert H265().recovery_point(sei(b"\x4e\x01", [], -3, signed=True)) == 0


@given(st.binary(max_size=80))
def test_whatever_an_sei_contains_the_result_is_a_number_of_pictures_or_none(content: bytes) -> None:
    assert H264().recovery_point(b"\x06" + content) >= NONE
    assert H265().recovery_point(b"\x4e\x01" + content) >= NONE
    assert H264().recovery_point(b"\x65" + content) == NONE


@given(st.lists(st.booleans(), max_size=30), st.integers(0, 12))
def test_h264_counts_only_reference_pictures_and_h265_counts_all(referred_to: list[bool], count: int) -> None:
    def unit(codec: str, referred: bool, recovery: int = NONE) -> AccessUnit:
        return AccessUnit((REFERRED_TO if referred else NOT_REFERRED_TO,), 0, False, 0.0, 0, codec, recovery)

    h264, h265 = (Recovery(unit(codec, True, count)) for codec in ("H264", "H265"))
    for number, referred in enumerate(referred_to):
        assert h264.whole is (sum(referred_to[:number]) >= count)
        assert h265.whole is (number >= count)
        h264.follow(unit("H264", referred))
        h265.follow(unit("H265", referred))


def test_a_decoder_begins_only_with_keyframes_and_recovery_points() -> None:
    assert begins(AccessUnit((), 0, True, 0.0))
    assert begins(AccessUnit((), 0, False, 0.0, recovery=40))
    assert not begins(AccessUnit((), 0, False, 0.0))
    assert Recovery(AccessUnit((), 0, True, 0.0)).whole
