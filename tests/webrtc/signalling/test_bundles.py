"""A picture may share the port and the transport attributes of another section in its bundle."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.webrtc.signalling.offer import parse_offer
from tests.webrtc.signalling.offers import (
    AVC,
    BUNDLED,
    HEAD,
    OPUS,
    TRANSPORT,
    answer,
    answered_sections,
)


@pytest.mark.parametrize("repeated", ["", TRANSPORT], ids=["said once", "said again"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_picture_offered_through_the_port_of_its_bundle_is_answered(repeated: str, sound: bool) -> None:
    offer = HEAD + (OPUS if sound else OPUS.replace("111 0", "111")) + BUNDLED + repeated + AVC
    parsed = parse_offer(offer)
    assert (parsed.ufrag, parsed.password, parsed.bundled) == ("abcd", "0123456789abcdef01234567", True)
    common, audio, video = answered_sections(offer)
    assert "a=group:BUNDLE 0 1" in common.splitlines()
    assert audio.startswith("m=audio 8189 "), "the picture has its port"
    assert ("a=sendonly\r" in audio, "a=inactive\r" in audio) == (sound, not sound)
    assert video.startswith("m=video 8189 ")
    assert "a=rtcp-mux\r" in video
    assert ("a=candidate" in audio, "a=candidate" in video) == (True, False)


@pytest.mark.parametrize(
    ("old", "new"), [("a=bundle-only\n", ""), ("BUNDLE 0 1", "BUNDLE 0"), ("a=group:BUNDLE 0 1\n", "")]
)
def test_a_section_with_neither_its_own_port_nor_its_bundles_is_not_offered(old: str, new: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_offer((HEAD + OPUS + BUNDLED + TRANSPORT + AVC).replace(old, new))
    assert refused.value.code == "offer_no_video"


def test_the_direction_of_a_bundles_first_section_says_nothing_about_the_picture() -> None:
    assert parse_offer(HEAD + OPUS.replace("recvonly", "inactive") + BUNDLED + AVC).sound is None


@given(
    st.sampled_from(["9", "0"]),
    st.booleans(),
    st.sampled_from(["0 1", "1 0", "1", "0", ""]),
    st.lists(st.sampled_from(TRANSPORT.splitlines()), unique=True),
    st.lists(st.sampled_from(TRANSPORT.splitlines()), unique=True),
)
def test_however_the_transport_is_spread_over_a_bundle_the_answer_is_complete_or_a_refusal(
    port: str, bundle_only: bool, bundle: str, first: list[str], second: list[str]
) -> None:
    audio = OPUS.replace(TRANSPORT, "".join(f"{line}\n" for line in first))
    video = BUNDLED.replace("m=video 0", f"m=video {port}") + "".join(f"{line}\n" for line in second) + AVC
    offer = HEAD.replace("BUNDLE 0 1", f"BUNDLE {bundle}") + audio
    offer += video if bundle_only else video.replace("a=bundle-only\n", "")
    mids = bundle.split()
    said = set(second) | (set(first) if mids == ["0", "1"] else set())
    offered = "1" in mids if port == "0" and bundle_only else port == "9"
    try:
        text = answer(offer)
    except BadRequest:
        assert not offered or not said >= set(TRANSPORT.splitlines())
        return
    assert offered
    assert said >= set(TRANSPORT.splitlines())
    assert re.search(r"^m=video 8189 ", text, re.MULTILINE)
    assert text.count("a=candidate") == 1
    assert text.count("a=setup:passive") == 2
