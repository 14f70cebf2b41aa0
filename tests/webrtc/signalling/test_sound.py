"""Sound is negotiated only on the picture's transport, and never at the picture's expense."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webrtc.signalling.offer import parse_offer
from tests.webrtc.signalling.offers import (
    AUDIO,
    HEARING,
    answered_sections,
)


def test_sound_is_answered_with_every_offered_g711_format_bundled_with_the_picture() -> None:
    common, audio, video, _ = answered_sections(HEARING)
    assert "a=group:BUNDLE a v" in common.splitlines(), "in the order of the offer"
    assert audio.splitlines()[0] == "m=audio 8189 UDP/TLS/RTP/SAVPF 8 0"
    assert {"a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=sendonly", "a=ssrc:101 cname:name"} <= set(
        audio.splitlines()
    )
    assert "a=candidate" in audio, "the bundle's first section describes the transport"
    assert "a=candidate" not in video


def test_picture_and_sound_are_in_separate_media_streams_so_the_picture_never_waits() -> None:
    _, audio, video, _ = answered_sections(HEARING)
    streams = [re.findall(r"a=msid:(\S+)", section) for section in (audio, video)]
    assert streams == [["name-sound"], ["name"]]


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("BUNDLE a v d", "BUNDLE v d"),
        ("BUNDLE a v d", "BUNDLE v d\na=group:BUNDLE a"),
        ("m=audio 9", "m=audio 0"),
        ("SAVPF 111 8 0", "SAVPF 111"),
        ("SAVPF 111 8 0", "SAVPF 111 9"),
        ("a=mid:a\na=recvonly", "a=mid:a\na=sendonly"),
        ("a=mid:a\na=recvonly", "a=mid:a\na=inactive"),
        ("a=ice-ufrag:abcd", "a=ice-ufrag:dcba"),
        ("a=ice-pwd:0123456789abcdef01234567", "a=ice-pwd:another89abcdef01234567"),
    ],
)
def test_sound_that_cannot_share_the_pictures_transport_is_rejected_but_the_picture_is_not(
    said: str, instead: str
) -> None:
    assert said in HEARING
    parsed = parse_offer(HEARING.replace(said, instead, 1))
    assert parsed.sound is None
    assert [section.kind for section in parsed.carried] == ["video"]


def test_sound_after_the_picture_leaves_the_transport_to_the_picture() -> None:
    parsed = parse_offer(HEARING.replace("BUNDLE a v d", "BUNDLE v a d").replace("m=audio 9", "m=audio 0", 1))
    assert parsed.sound is None
    bundle_only = HEARING.replace("BUNDLE a v d", "BUNDLE v a d").replace("a=mid:a", "a=bundle-only\na=mid:a", 1)
    parsed = parse_offer(bundle_only.replace("m=audio 9", "m=audio 0", 1))
    assert [section.kind for section in parsed.carried] == ["video", "audio"]


@given(
    st.lists(
        st.sampled_from(["a=mid:a", "a=mid:v", "a=recvonly", "a=inactive", "a=bundle-only", "a=ice-ufrag:abcd", "a=x"]),
        max_size=8,
    ),
    st.lists(st.sampled_from(["0", "8", "9", "111", "128", "x", "08"]), min_size=1, max_size=5),
    st.permutations(["a", "v", "d"]),
)
def test_whatever_the_audio_section_says_every_section_is_answered_and_accepted_ones_bundled(
    lines: list[str], formats: list[str], bundle: list[str]
) -> None:
    audio = "".join(f"{line}\n" for line in [f"m=audio 9 UDP/TLS/RTP/SAVPF {' '.join(formats)}", *lines])
    offer = HEARING.replace(AUDIO, audio).replace("BUNDLE a v d", f"BUNDLE {' '.join(bundle)}")
    parsed = parse_offer(offer)
    common, *sections = answered_sections(offer)
    assert [section.split()[0] for section in sections] == ["m=audio", "m=video", "m=application"]
    [bundled] = re.findall(r"a=group:BUNDLE (.*?)\r", common)
    assert bundled.split() == [section.first("mid") for section in parsed.carried]
    assert sum("a=sendonly" in section for section in sections) == len(parsed.carried)
    assert sum("a=candidate" in section for section in sections) == 1
    if parsed.sound is not None:
        numbers = set(parsed.sound.payload_types.values())
        assert numbers <= {0, 8}
        assert {str(number) for number in numbers} <= set(formats) | {"8"}
