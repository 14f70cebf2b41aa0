"""The payload types of an offer are read, and the one for a stream is chosen."""

import pytest

from gateway.errors import BadRequest
from gateway.webrtc.signalling.formats import choose_codecs, profile_of
from gateway.webrtc.signalling.offer import parse_offer
from tests.webrtc.signalling.offers import (
    HEAD,
    MODERN,
    OFFER,
    TRANSPORT,
    answered_sections,
)


@pytest.mark.parametrize(
    ("profile", "payload_type"), [(None, 102), (0x42, 102), (0x4D, 106), (0x58, 112), (0x64, 112), (0x7A, 112)]
)
def test_the_nearest_profile_is_chosen(profile: int | None, payload_type: int) -> None:
    [codec] = choose_codecs(parse_offer(OFFER).codecs, profile, "H264")
    assert codec.payload_type == payload_type


def test_h265_formats_are_read_with_profile_and_level_unless_they_are_never_sent() -> None:
    found = [codec for codec in parse_offer(MODERN).codecs if codec.name == "H265"]
    assert [(codec.payload_type, codec.profile, codec.level, codec.rtx) for codec in found] == [
        (49, 2, 93, None),
        (50, 1, 120, 51),
    ]


def test_a_format_that_is_not_offered_is_not_chosen() -> None:
    assert [codec.name for codec in choose_codecs(parse_offer(OFFER).codecs, None, "H265", "H264")] == ["H264"]


def test_the_profile_is_read_from_the_parameter_sets() -> None:
    sps, pps, idr = b"\x67\x64\x00\x1f", b"\x68\xce", b"\x65\x88"
    together = b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in (sps, pps))
    assert profile_of((together, idr)) == 0x64
    assert profile_of((sps, idr)) == 0x64
    assert profile_of((idr,)) is None
    assert profile_of((together[:3], b"\x78\xff\xff\x67")) is None


def _modes(*parameters: str) -> str:
    numbers = range(96, 96 + len(parameters))
    lines = "".join(
        f"a=rtpmap:{number} H264/90000\n" + (f"a=fmtp:{number} {said}\n" if said else "")
        for number, said in zip(numbers, parameters, strict=True)
    )
    kinds = " ".join(map(str, numbers))
    return f"{HEAD}m=video 9 UDP/TLS/RTP/SAVPF {kinds}\na=mid:0\na=recvonly\n{TRANSPORT}{lines}"


@pytest.mark.parametrize("said", ["", "profile-level-id=42e01f", "level-asymmetry-allowed=1"])
def test_h264_offered_without_any_packetization_mode_is_answered_the_same_way(said: str) -> None:
    video = answered_sections(_modes(said))[1].splitlines()
    assert "a=rtpmap:96 H264/90000" in video
    assert [line for line in video if line.startswith("a=fmtp")] == ([f"a=fmtp:96 {said}"] if said else [])


def test_if_another_format_has_a_packetization_mode_a_missing_one_means_0() -> None:
    both = parse_offer(_modes("profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42e01f"))
    assert [codec.payload_type for codec in both.codecs] == [97]
    with pytest.raises(BadRequest) as refused:
        parse_offer(_modes("profile-level-id=42e01f", "packetization-mode=0;profile-level-id=42e01f"))
    assert refused.value.code == "offer_no_codec"
