from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.h265.parameter_sets import parameter_set_id_h265, parse_sps_h265
from gateway.errors import Malformed
from tests.codecs.coded import h265


def sps_of(parameters: str) -> bytes:
    return next(nal for nal in h265(2, parameters=parameters)[0].nals if nal[0] >> 1 == 33)


@pytest.mark.parametrize(
    ("parameters", "reorders"),
    [("bframes=0", False), ("bframes=2", True), ("bframes=2:temporal-layers=2", True)],
)
def test_an_encoders_sps_is_read(parameters: str, reorders: bool) -> None:
    picture = parse_sps_h265(sps_of(parameters))
    assert (picture.profile, picture.width, picture.height, picture.may_reorder) == (1, 320, 180, reorders)


def test_the_id_of_a_parameter_set() -> None:
    assert parameter_set_id_h265(b"\x40\x01\x3c\x01") == 3
    assert parameter_set_id_h265(b"\x44\x01\xc1\x72") == 0
    assert parameter_set_id_h265(b"\x44\x01\x41\x72") == 1
    assert parameter_set_id_h265(sps_of("bframes=0")) == 0


@pytest.mark.parametrize("nal", [b"", b"\x42", b"\x44\x01\xc1\x72\x00", b"\x42\x01" + bytes(40)])
def test_nonsense_raises_malformed(nal: bytes) -> None:
    with pytest.raises(Malformed):
        parse_sps_h265(nal)


@given(st.binary(max_size=100), st.sampled_from([b"\x42\x01\x01", b"\x42\x01\x0f", b"\x42\x01"]))
def test_any_bytes_raise_malformed_or_nothing(data: bytes, head: bytes) -> None:
    with suppress(Malformed):
        parse_sps_h265(head + data)
    for kind in (b"\x40\x01", b"\x42\x01", b"\x44\x01"):
        with suppress(Malformed):
            parameter_set_id_h265(kind + data)
