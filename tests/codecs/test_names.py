"""Each codec has one name, one decoder and one description."""

import pytest

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.decoding import decoder_of, packet_of
from gateway.codecs.names import AUDIO, H264, H265, JPEG, STATIC_PAYLOAD_TYPES, VIDEO, words
from gateway.codecs.registry import depacketizer_of, payloads_of


@pytest.mark.parametrize("codec", VIDEO)
def test_every_codec_that_cameras_may_send_can_be_depacketized_and_decoded(codec: str) -> None:
    assert depacketizer_of(StreamInfo(codec, 90_000)).seen == 0
    assert decoder_of(codec, 1000).options == {"max_pixels": "1000"}


def test_nal_units_are_decoded_with_start_codes_and_a_jpeg_as_it_is() -> None:
    assert bytes(packet_of(H264, [b"ab", b"c"])) == b"\0\0\0\1ab\0\0\0\1c"
    assert bytes(packet_of(JPEG, [b"\xff\xd8"])) == b"\xff\xd8"


def test_neither_a_jpeg_nor_filler_data_is_sent_to_viewers() -> None:
    assert payloads_of(AccessUnit((b"\xff\xd8",), 0, True, 0.0, 0, JPEG)) == ()
    assert payloads_of(AccessUnit((b"\x65a", b"\x0c\xff"), 0, True, 0.0)) == (b"\x65a",)


def test_codecs_have_the_names_that_people_use() -> None:
    assert [words(codec) for codec in (H264, H265, JPEG, "VP8")] == ["H.264", "H.265", "MJPEG", "VP8"]


def test_static_payload_types_belong_to_supported_codecs() -> None:
    assert {name.partition("/")[0] for name in STATIC_PAYLOAD_TYPES.values()} <= {*VIDEO, *AUDIO}
