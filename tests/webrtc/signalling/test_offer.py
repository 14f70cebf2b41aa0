import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadRequest
from gateway.webrtc.signalling.answer import Answerer, build_answer
from gateway.webrtc.signalling.formats import choose_codecs, profile_of
from gateway.webrtc.signalling.offer import parse_offer
from gateway.webrtc.signalling.sections import LARGEST_SDP

OFFER = """v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE a v d
a=extmap-allow-mixed
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:a
a=recvonly
a=rtpmap:111 opus/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 102 104 106 112
c=IN IP4 0.0.0.0
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef01234567
a=ice-options:trickle
a=fingerprint:sha-256 00:11:22
a=setup:actpass
a=mid:v
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 transport-cc
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:106 H264/90000
a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:112 H264/90000
a=fmtp:112 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:d
a=sctp-port:5000
"""
CANDIDATES = ("1 1 udp 5 192.0.2.1 8189 typ host",)
OURS = Answerer(7, ("192.0.2.1", 8189), CANDIDATES, "uf", "pw", "AA:BB", 99, 100, 101, "name")


H265 = """a=rtpmap:113 rtx/90000
a=fmtp:113 apt=112
a=rtpmap:49 H265/90000
a=fmtp:49 level-id=93;profile-id=2;tier-flag=0;tx-mode=SRST
a=rtpmap:50 H265/90000
a=fmtp:50 level-id=120;profile-id=1;tier-flag=0;tx-mode=SRST
a=rtcp-fb:50 nack pli
a=rtpmap:51 rtx/90000
a=fmtp:51 apt=50
a=rtpmap:52 H265/90000
a=fmtp:52 tx-mode=MRST
"""
MODERN = OFFER.replace("106 112", "106 112 113 49 50 51 52").replace("m=application", H265 + "m=application")


def _answer(offer: str = OFFER, *names: str) -> str:
    parsed = parse_offer(offer)
    return build_answer(parsed, choose_codecs(parsed.codecs, 0x64 if names else None, *(names or ("H264",))), OURS)


def test_the_video_is_answered_and_everything_else_rejected() -> None:
    sections = re.split(r"(?=^m=)", _answer(), flags=re.MULTILINE)
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


@pytest.mark.parametrize(
    ("profile", "payload_type"), [(None, 102), (0x42, 102), (0x4D, 106), (0x58, 112), (0x64, 112), (0x7A, 112)]
)
def test_the_nearest_profile_is_taken(profile: int | None, payload_type: int) -> None:
    [codec] = choose_codecs(parse_offer(OFFER).codecs, profile, "H264")
    assert codec.payload_type == payload_type


def test_retransmissions_are_accepted_under_their_own_payload_type_and_ssrc() -> None:
    video = _answer(MODERN, "H264").splitlines()
    assert "m=video 8189 UDP/TLS/RTP/SAVPF 112 113" in video
    assert {"a=rtpmap:113 rtx/90000", "a=fmtp:113 apt=112"} <= set(video)
    assert [line for line in video if line.startswith("a=ssrc")] == [
        "a=ssrc-group:FID 99 100",
        "a=ssrc:99 cname:name",
        "a=ssrc:99 msid:name video",
        "a=ssrc:100 cname:name",
        "a=ssrc:100 msid:name video",
    ]


def test_every_payload_type_that_may_be_sent_is_listed_the_likeliest_first() -> None:
    video = _answer(MODERN, "H265", "H264")
    assert "m=video 8189 UDP/TLS/RTP/SAVPF 50 51 112 113\r\n" in video
    assert "a=fmtp:50 level-id=120;profile-id=1;tier-flag=0;tx-mode=SRST\r\n" in video


def test_h265_is_read_with_its_profile_and_level_and_without_what_is_never_sent() -> None:
    found = [codec for codec in parse_offer(MODERN).codecs if codec.name == "H265"]
    assert [(codec.payload_type, codec.profile, codec.level, codec.rtx) for codec in found] == [
        (49, 2, 93, None),
        (50, 1, 120, 51),
    ]


def test_what_is_not_offered_is_not_chosen() -> None:
    assert [codec.name for codec in choose_codecs(parse_offer(OFFER).codecs, None, "H265", "H264")] == ["H264"]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("v=0", "hello", "offer_malformed"),
        ("s=-", "nonsense", "offer_malformed"),
        ("m=audio 9", "m=audio nine", "offer_malformed"),
        ("m=audio 9", "m=audio 99999", "offer_malformed"),
        ("a=mid:v", "a=mid:v w", "offer_malformed"),
        ("m=video 9", "m=video 0", "offer_no_video"),
        ("m=video", "m=text", "offer_no_video"),
        ("m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/AVP", "offer_protocol"),
        ("a=recvonly\na=rtcp-mux", "a=sendonly\na=rtcp-mux", "offer_direction"),
        ("a=rtcp-mux", "a=x", "offer_no_rtcp_mux"),
        ("a=ice-ufrag:abcd", "a=x", "offer_no_ice"),
        ("a=ice-pwd", "a=x", "offer_no_ice"),
        ("sha-256", "md5", "offer_no_fingerprint"),
        ("a=setup:actpass", "a=setup:passive", "offer_setup"),
        ("a=setup:actpass", "a=x", "offer_setup"),
        ("H264", "AV1", "offer_no_codec"),
        ("packetization-mode=1", "packetization-mode=0", "offer_no_codec"),
        ("s=-", "s=" + "x" * LARGEST_SDP, "offer_too_large"),
    ],
)
def test_a_broken_offer_is_refused_with_the_name_of_its_fault(old: str, new: str, code: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_offer(OFFER.replace(old, new))
    assert refused.value.code == code
    assert refused.value.detail.endswith(".")


def test_lines_may_end_either_way() -> None:
    assert _answer(OFFER.replace("\n", "\r\n")) == _answer()


def test_session_level_credentials_hold_for_the_video() -> None:
    moved = "a=setup:actpass\n"
    assert "a=setup:passive" in _answer(OFFER.replace(moved, "").replace("t=0 0\n", "t=0 0\n" + moved))


def test_the_profile_is_read_from_the_parameter_sets() -> None:
    sps, pps, idr = b"\x67\x64\x00\x1f", b"\x68\xce", b"\x65\x88"
    together = b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in (sps, pps))
    assert profile_of((together, idr)) == 0x64
    assert profile_of((sps, idr)) == 0x64
    assert profile_of((idr,)) is None
    assert profile_of((together[:3], b"\x78\xff\xff\x67")) is None


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["drop", "twice", "cut", "noise"]), st.text(max_size=20)))
)
def test_damaged_offers_are_answered_or_refused_and_nothing_worse(damage: list[tuple[int, str, str]]) -> None:
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
        answer = _answer("\n".join(lines), "H265", "H264")
    except BadRequest:
        return
    assert all(re.fullmatch(r"[a-z]=.+", line) for line in answer.removesuffix("\r\n").split("\r\n"))


AUDIO = """m=audio 9 UDP/TLS/RTP/SAVPF 111 8 0
a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef01234567
a=mid:a
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:8 PCMA/8000
"""
HEARING = re.sub(r"m=audio(.|\n)*?(?=m=video)", AUDIO, OFFER)


def _sections(offer: str) -> list[str]:
    return re.split(r"(?=^m=)", _answer(offer), flags=re.MULTILINE)


def test_sound_is_answered_with_all_of_g711_that_is_offered_bundled_with_the_picture() -> None:
    common, audio, video, _ = _sections(HEARING)
    assert "a=group:BUNDLE a v" in common.splitlines(), "in the order of the offer"
    assert audio.splitlines()[0] == "m=audio 8189 UDP/TLS/RTP/SAVPF 8 0"
    assert {"a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000", "a=sendonly", "a=ssrc:101 cname:name"} <= set(
        audio.splitlines()
    )
    assert "a=candidate" in audio, "the bundle's first section speaks for the transport"
    assert "a=candidate" not in video


def test_the_picture_is_in_another_media_stream_than_the_sound_so_that_it_never_waits_for_it() -> None:
    _, audio, video, _ = _sections(HEARING)
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
def test_sound_that_could_not_go_beside_the_picture_is_rejected_and_the_picture_is_not(said: str, instead: str) -> None:
    assert said in HEARING
    parsed = parse_offer(HEARING.replace(said, instead, 1))
    assert parsed.sound is None
    assert [section.kind for section in parsed.carried] == ["video"]


def test_sound_that_follows_the_picture_leaves_the_transport_to_it() -> None:
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
def test_whatever_the_audio_section_says_the_answer_is_of_as_many_sections_and_bundles_what_it_accepts(
    lines: list[str], formats: list[str], bundle: list[str]
) -> None:
    audio = "".join(f"{line}\n" for line in [f"m=audio 9 UDP/TLS/RTP/SAVPF {' '.join(formats)}", *lines])
    offer = HEARING.replace(AUDIO, audio).replace("BUNDLE a v d", f"BUNDLE {' '.join(bundle)}")
    parsed = parse_offer(offer)
    common, *sections = _sections(offer)
    assert [section.split()[0] for section in sections] == ["m=audio", "m=video", "m=application"]
    [bundled] = re.findall(r"a=group:BUNDLE (.*?)\r", common)
    assert bundled.split() == [section.first("mid") for section in parsed.carried]
    assert sum("a=sendonly" in section for section in sections) == len(parsed.carried)
    assert sum("a=candidate" in section for section in sections) == 1
    if parsed.sound is not None:
        numbers = set(parsed.sound.payload_types.values())
        assert numbers <= {0, 8}
        assert {str(number) for number in numbers} <= set(formats) | {"8"}


HEAD = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0 1\n"
TRANSPORT = """a=ice-ufrag:abcd
a=ice-pwd:0123456789abcdef01234567
a=fingerprint:sha-256 00:11:22
a=setup:actpass
a=rtcp-mux
"""
OPUS = f"m=audio 9 UDP/TLS/RTP/SAVPF 111 0\na=mid:0\na=recvonly\n{TRANSPORT}a=rtpmap:111 opus/48000/2\n"
AVC = "a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;profile-level-id=42e01f\n"
BUNDLED = "m=video 0 UDP/TLS/RTP/SAVPF 96\na=bundle-only\na=mid:1\na=recvonly\n"


@pytest.mark.parametrize("repeated", ["", TRANSPORT], ids=["said once", "said again"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_picture_that_is_offered_by_the_port_of_its_bundle_is_answered(repeated: str, sound: bool) -> None:
    offer = HEAD + (OPUS if sound else OPUS.replace("111 0", "111")) + BUNDLED + repeated + AVC
    parsed = parse_offer(offer)
    assert (parsed.ufrag, parsed.password, parsed.bundled) == ("abcd", "0123456789abcdef01234567", True)
    common, audio, video = _sections(offer)
    assert "a=group:BUNDLE 0 1" in common.splitlines()
    assert audio.startswith("m=audio 8189 "), "whose port the picture's is"
    assert ("a=sendonly\r" in audio, "a=inactive\r" in audio) == (sound, not sound)
    assert video.startswith("m=video 8189 ")
    assert "a=rtcp-mux\r" in video
    assert ("a=candidate" in audio, "a=candidate" in video) == (True, False)


@pytest.mark.parametrize(
    ("old", "new"), [("a=bundle-only\n", ""), ("BUNDLE 0 1", "BUNDLE 0"), ("a=group:BUNDLE 0 1\n", "")]
)
def test_a_section_without_a_port_of_its_own_or_its_bundles_is_not_offered(old: str, new: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_offer((HEAD + OPUS + BUNDLED + TRANSPORT + AVC).replace(old, new))
    assert refused.value.code == "offer_no_video"


def test_the_direction_of_a_bundles_first_section_says_nothing_of_the_picture() -> None:
    assert parse_offer(HEAD + OPUS.replace("recvonly", "inactive") + BUNDLED + AVC).sound is None


def _modes(*parameters: str) -> str:
    numbers = range(96, 96 + len(parameters))
    lines = "".join(
        f"a=rtpmap:{number} H264/90000\n" + (f"a=fmtp:{number} {said}\n" if said else "")
        for number, said in zip(numbers, parameters, strict=True)
    )
    kinds = " ".join(map(str, numbers))
    return f"{HEAD}m=video 9 UDP/TLS/RTP/SAVPF {kinds}\na=mid:0\na=recvonly\n{TRANSPORT}{lines}"


@pytest.mark.parametrize("said", ["", "profile-level-id=42e01f", "level-asymmetry-allowed=1"])
def test_h264_of_a_client_that_writes_no_packetization_mode_is_answered_as_it_is_offered(said: str) -> None:
    video = _sections(_modes(said))[1].splitlines()
    assert "a=rtpmap:96 H264/90000" in video
    assert [line for line in video if line.startswith("a=fmtp")] == ([f"a=fmtp:96 {said}"] if said else [])


def test_where_the_packetization_mode_is_written_of_another_format_none_means_0() -> None:
    both = parse_offer(_modes("profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42e01f"))
    assert [codec.payload_type for codec in both.codecs] == [97]
    with pytest.raises(BadRequest) as refused:
        parse_offer(_modes("profile-level-id=42e01f", "packetization-mode=0;profile-level-id=42e01f"))
    assert refused.value.code == "offer_no_codec"


def test_a_viewer_without_h264_is_told_what_it_offers_and_where_firefox_gets_it() -> None:
    with pytest.raises(BadRequest, match=r"nor H\.265 \(it offers VP8, AV1\)\. Firefox has H\.264 once"):
        parse_offer(OFFER.replace("H264", "AV1"))


def test_a_rejected_section_names_its_formats_as_the_offer_does() -> None:
    _, audio, _, data = re.split(r"(?=^m=)", _answer(), flags=re.MULTILINE)
    assert "a=rtpmap:111 opus/48000/2" in audio.splitlines()
    assert "a=rtpmap" not in data


@pytest.mark.parametrize("protocol", ["RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/TLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVPF"])
def test_the_protocol_may_be_named_as_older_clients_do_and_is_answered_so(protocol: str) -> None:
    assert f"m=video 8189 {protocol} 102" in _answer(OFFER.replace("UDP/TLS/RTP/SAVPF", protocol))


def test_spaces_and_empty_lines_behind_change_nothing() -> None:
    assert _answer(OFFER.replace("106 112\n", "106 112 \n") + "\n") == _answer()


@given(
    st.sampled_from(["9", "0"]),
    st.booleans(),
    st.sampled_from(["0 1", "1 0", "1", "0", ""]),
    st.lists(st.sampled_from(TRANSPORT.splitlines()), unique=True),
    st.lists(st.sampled_from(TRANSPORT.splitlines()), unique=True),
)
def test_however_the_transport_is_spread_over_a_bundle_the_answer_is_whole_or_none(
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
        answer = _answer(offer)
    except BadRequest:
        assert not offered or not said >= set(TRANSPORT.splitlines())
        return
    assert offered
    assert said >= set(TRANSPORT.splitlines())
    assert re.search(r"^m=video 8189 ", answer, re.MULTILINE)
    assert answer.count("a=candidate") == 1
    assert answer.count("a=setup:passive") == 2
