from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.h264.parameter_sets import parameter_set_id, parse_sps
from gateway.errors import Malformed
from tests.rtp.packets import SPS


def ue(value: int) -> str:
    """Return an Exp-Golomb code (ITU-T H.264 9.1)."""
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def write_sps(
    profile: int = 77,
    *,
    sps_id: int = 0,
    width: int = 640,
    height: int = 368,
    order: str = ue(2),
    interlaced: bool = False,
    crop: tuple[int, int, int, int] | None = None,
    vui: str | None = None,
) -> bytes:
    """Return an SPS, written bit by bit, including emulation prevention."""
    high = ue(1) + ue(0) + ue(0) + "0" + "0" if profile == 100 else ""
    rows = height // 16 // (2 if interlaced else 1)
    bits = ue(sps_id) + high + ue(0) + order + ue(1) + "0" + ue(width // 16 - 1) + ue(rows - 1)
    bits += "00" if interlaced else "1"
    bits += "1"
    bits += "0" if crop is None else "1" + "".join(ue(side) for side in crop)
    bits += "0" if vui is None else "1" + vui
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    body = bytes((profile, 0, 30)) + int(bits, 2).to_bytes(len(bits) // 8, "big")
    escaped = bytearray(b"\x67")
    zeros = 0
    for byte in body:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        escaped.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(escaped)


def vui(reorder: int, *, hrd: bool = False) -> str:
    """Return a VUI with timing, optionally buffering, and a bitstream restriction."""
    timing = "1" + f"{1:032b}" + f"{60:032b}" + "1"
    parameters = ue(0) + "0" * 8 + ue(5) + ue(6) + "0" + "0" * 20
    buffering = "1" + parameters + "0" + "0" if hrd else "00"
    restriction = "1" + "1" + ue(0) * 2 + ue(10) * 2 + ue(reorder) + ue(4)
    return "0" + "0" + "0" + "0" + timing + buffering + "0" + restriction


def test_dimensions_of_a_cropped_picture() -> None:
    picture = parse_sps(write_sps(100, width=1920, height=1088, crop=(0, 0, 0, 4)))
    assert (picture.width, picture.height, picture.profile, picture.level) == (1920, 1080, 100, 30)


def test_dimensions_of_an_interlaced_picture() -> None:
    picture = parse_sps(write_sps(width=720, height=576, interlaced=True))
    assert (picture.width, picture.height) == (720, 576)


def test_a_baseline_sps_is_read() -> None:
    picture = parse_sps(SPS)
    assert (picture.profile, picture.width, picture.height, picture.may_reorder) == (66, 640, 360, False)


@pytest.mark.parametrize(
    ("sps", "expected"),
    [
        pytest.param(write_sps(66, order=ue(0) + ue(0)), False, id="Baseline has no B-frames"),
        pytest.param(write_sps(100, order=ue(2)), False, id="order type 2 forbids them"),
        pytest.param(write_sps(77, order=ue(0) + ue(0)), None, id="nothing said"),
        pytest.param(write_sps(77, order=ue(0) + ue(0), vui=vui(0)), False, id="VUI says none"),
        pytest.param(write_sps(77, order=ue(0) + ue(0), vui=vui(2)), True, id="VUI announces them"),
        pytest.param(write_sps(77, order=ue(0) + ue(0), vui=vui(2, hrd=True)), True, id="behind buffering parameters"),
    ],
)
def test_the_sps_shows_if_there_will_be_b_frames(sps: bytes, expected: bool | None) -> None:
    assert parse_sps(sps).may_reorder is expected


def test_the_id_of_a_parameter_set() -> None:
    assert parameter_set_id(write_sps(sps_id=9)) == 9
    assert parameter_set_id(b"\x68\xce\x3c\x80") == 0


@pytest.mark.parametrize("nal", [b"", b"\x67", b"\x68\xce\x3c\x80\x00", SPS[:6], b"\x67\x64\0\x1e\0\0\0\0\0\0"])
def test_nonsense_raises_malformed(nal: bytes) -> None:
    with pytest.raises(Malformed):
        parse_sps(nal)


@given(st.binary(max_size=100), st.sampled_from([66, 77, 100, 244, 44]))
def test_any_bytes_raise_malformed_or_nothing(data: bytes, profile: int) -> None:
    with suppress(Malformed):
        parse_sps(b"\x67" + bytes((profile, 0, 30)) + data)
    with suppress(Malformed):
        parameter_set_id(b"\x67" + data)
