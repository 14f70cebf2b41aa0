"""The gateway answers an offer with what it can send, and rejects every other section."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadRequest
from tests.webrtc.signalling.offers import (
    MODERN,
    OFFER,
    answer,
)


def test_the_video_is_answered_and_everything_else_rejected() -> None:
    sections = re.split(r"(?=^m=)", answer(), flags=re.MULTILINE)
    common, audio, video, data = sections
    assert {"a=ice-lite", "a=ice-options:trickle ice2", "a=group:BUNDLE v"} <= set(common.splitlines())
    assert audio.splitlines()[0] == "m=audio 0 UDP/TLS/RTP/SAVPF 111"
    assert data.splitlines()[0] == "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
    assert video.splitlines() == [
        "m=video 8189 UDP/TLS/RTP/SAVPF 102",
        "c=IN IP4 192.0.2.1",
        "a=mid:v",
        "a=sendonly",
        "a=rtcp-mux",
        "a=rtcp-mux-only",
        "a=rtcp-rsize",
        "a=ice-ufrag:uf",
        "a=ice-pwd:pw",
        "a=fingerprint:sha-256 AA:BB",
        "a=setup:passive",
        "a=rtpmap:102 H264/90000",
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
        "a=rtcp-fb:102 nack",
        "a=rtcp-fb:102 nack pli",
        "a=rtcp-fb:102 goog-remb",
        "a=msid:name video",
        "a=ssrc:99 cname:name",
        "a=ssrc:99 msid:name video",
        "a=candidate:1 1 udp 5 192.0.2.1 8189 typ host",
        "a=end-of-candidates",
    ]


def test_retransmissions_are_accepted_under_their_own_payload_type_and_ssrc() -> None:
    video = answer(MODERN, "H264").splitlines()
    assert "m=video 8189 UDP/TLS/RTP/SAVPF 112 113" in video
    assert {"a=rtpmap:113 rtx/90000", "a=fmtp:113 apt=112"} <= set(video)
    assert [line for line in video if line.startswith("a=ssrc")] == [
        "a=ssrc-group:FID 99 100",
        "a=ssrc:99 cname:name",
        "a=ssrc:99 msid:name video",
        "a=ssrc:100 cname:name",
        "a=ssrc:100 msid:name video",
    ]


def test_every_payload_type_that_may_be_sent_is_listed_the_most_likely_first() -> None:
    video = answer(MODERN, "H265", "H264")
    assert "m=video 8189 UDP/TLS/RTP/SAVPF 50 51 112 113\r\n" in video
    assert "a=fmtp:50 level-id=120;profile-id=1;tier-flag=0;tx-mode=SRST\r\n" in video


def test_lines_may_end_either_way() -> None:
    assert answer(OFFER.replace("\n", "\r\n")) == answer()


def test_session_level_credentials_apply_to_the_video() -> None:
    moved = "a=setup:actpass\n"
    assert "a=setup:passive" in answer(OFFER.replace(moved, "").replace("t=0 0\n", "t=0 0\n" + moved))


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["drop", "twice", "cut", "noise"]), st.text(max_size=20)))
)
def test_damaged_offers_are_either_answered_or_refused(damage: list[tuple[int, str, str]]) -> None:
    lines = MODERN.splitlines()
    for at, how, noise in damage:
        place = at % len(lines) if lines else 0
        if how == "drop" and lines:
            del lines[place]
        elif how == "twice" and lines:
            lines.insert(place, lines[place])
        elif how == "cut" and lines:
            lines[place] = lines[place][: len(noise)]
        else:
            lines.insert(place, noise)
    try:
        text = answer("\n".join(lines), "H265", "H264")
    except BadRequest:
        return
    assert all(re.fullmatch(r"[a-z]=.+", line) for line in text.removesuffix("\r\n").split("\r\n"))


def test_a_rejected_section_repeats_the_formats_of_the_offer() -> None:
    _, audio, _, data = re.split(r"(?=^m=)", answer(), flags=re.MULTILINE)
    assert "a=rtpmap:111 opus/48000/2" in audio.splitlines()
    assert "a=rtpmap" not in data


@pytest.mark.parametrize("protocol", ["RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"])
def test_the_older_names_of_the_protocol_are_accepted_and_repeated(protocol: str) -> None:
    assert f"m=video 8189 {protocol} 102" in answer(OFFER.replace("UDP/TLS/RTP/SAVPF", protocol))


def test_trailing_spaces_and_empty_lines_change_nothing() -> None:
    assert answer(OFFER.replace("106 112\n", "106 112 \n") + "\n") == answer()
