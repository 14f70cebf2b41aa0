import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp.protocol.sdp import describe, resolve
from tests.rtp.packets import PPS, SPS

BASE = "rtsp://camera/live"
SETS = f"{base64.b64encode(SPS).decode()},{base64.b64encode(PPS).decode()}"
VIDEO = f"""m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets={SETS}
a=control:trackID=1
"""
H265 = """m=video 0 RTP/AVP 98
a=rtpmap:98 H265/90000
a=fmtp:98 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8lZgJ;sprop-sps=QgEBAWA=;sprop-pps=RAHBcrRiQA==
a=control:trackID=2
"""
JPEG = "m=video 0 RTP/AVP 26\na=control:trackID=3\n"
AUDIO = "m=audio 0 RTP/AVP 8\na=control:trackID=9\n"
HEAD = "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=Camera\r\nt=0 0\r\na=control:*\r\n"


def sdp(media: str = VIDEO, head: str = HEAD) -> bytes:
    return (head + media).encode()


def test_the_h264_video_is_found_after_other_media() -> None:
    other = "m=audio 0 RTP/AVP 0\na=control:trackID=0\nm=video 0 RTP/AVP 97\na=rtpmap:97 H265/90000\n"
    description = describe(sdp(other + VIDEO), BASE)
    assert description.payload_type == 96
    assert description.info.parameter_sets == (SPS, PPS)
    assert description.setup_url == "rtsp://camera/live/trackID=1"
    assert description.play_url == BASE


def test_h265_is_found_with_its_parameter_sets() -> None:
    description = describe(sdp(H265), BASE)
    assert (description.info.codec, description.payload_type) == ("H265", 98)
    assert [nal[0] >> 1 for nal in description.info.parameter_sets] == [32, 33, 34]
    assert description.setup_url == "rtsp://camera/live/trackID=2"


def test_jpeg_needs_no_rtpmap() -> None:
    description = describe(sdp(JPEG), BASE)
    assert (description.info.codec, description.payload_type) == ("JPEG", 26)


@pytest.mark.parametrize(
    ("media", "codec"), [(JPEG + H265 + VIDEO, "H264"), (JPEG + H265, "H265"), (H265 + JPEG, "H265")]
)
def test_the_format_that_browsers_play_best_is_pulled(media: str, codec: str) -> None:
    assert describe(sdp(media), BASE).info.codec == codec


@pytest.mark.parametrize(
    ("audio", "codec", "payload_type"),
    [(AUDIO, "PCMA", 8), ("m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMU/8000/1\na=control:trackID=9\n", "PCMU", 97)],
)
def test_g711_beside_the_video_is_reported(audio: str, codec: str, payload_type: int) -> None:
    found = describe(sdp(VIDEO + audio), BASE).audio
    assert found is not None
    assert (found.info.codec, found.info.clock_rate, found.payload_type) == (codec, 8000, payload_type)
    assert found.setup_url == "rtsp://camera/live/trackID=9"


@pytest.mark.parametrize("first", [True, False])
def test_the_track_to_the_loudspeaker_is_not_taken_as_sound(first: bool) -> None:
    speaker = "m=audio 0 RTP/AVP 0\na=control:trackID=5\na=sendonly\n"
    found = describe(sdp(VIDEO + (speaker + AUDIO if first else AUDIO + speaker)), BASE).audio
    assert found is not None
    assert found.setup_url.endswith("trackID=9")
    assert describe(sdp(VIDEO + speaker), BASE).audio is None


def test_parameters_of_the_video_below_the_audio_are_found() -> None:
    sets = "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHtoCgL/l,aM48gA==\n"
    body = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:t\n" + AUDIO + sets
    assert len(describe(sdp(body), BASE).info.parameter_sets) == 2


def test_parameter_sets_with_start_codes_are_told_apart() -> None:
    sps, pps = bytes.fromhex("6742c01eda0280bfe5"), bytes.fromhex("68ce3c80")
    start = b"\0\0\0\1"
    for text in (
        ",".join(base64.b64encode(start + nal).decode() for nal in (sps, pps)),
        base64.b64encode(start + sps + start + pps).decode(),
    ):
        fmtp = f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={text}\n"
        body = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:t\n" + fmtp
        assert describe(sdp(body), BASE).info.parameter_sets == (sps, pps)


def test_other_audio_is_left_alone_and_named() -> None:
    found = describe(sdp(VIDEO + "m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/16000\n"), BASE)
    assert (found.audio, found.other_sound) == (None, "MPEG4-GENERIC")
    assert describe(sdp(VIDEO + AUDIO), BASE).other_sound == ""


def test_the_second_format_of_a_medium_may_be_the_right_one() -> None:
    media = "m=video 0 RTP/AVP 26 98\na=rtpmap:26 JPEG/90000\na=rtpmap:98 h264/90000\n"
    description = describe(sdp(media), BASE)
    assert (description.payload_type, description.info.parameter_sets, description.setup_url) == (98, (), BASE)


def test_parameter_sets_that_cannot_be_read_are_left_out() -> None:
    media = VIDEO.replace(SETS, f"!!!,{SETS},AAAA,")
    assert describe(sdp(media), BASE).info.parameter_sets == (SPS, PPS)


@pytest.mark.parametrize(
    ("base", "control", "url"),
    [
        ("rtsp://c/live", "", "rtsp://c/live"),
        ("rtsp://c/live/", "*", "rtsp://c/live/"),
        ("rtsp://c/live/", "trackID=1", "rtsp://c/live/trackID=1"),
        ("rtsp://c/live", "trackID=1", "rtsp://c/live/trackID=1"),
        ("rtsp://c:8554/a?channel=1&subtype=0", "trackID=0", "rtsp://c:8554/a?channel=1&subtype=0/trackID=0"),
        ("rtsp://c:8554/a/b", "/x/y", "rtsp://c:8554/x/y"),
        ("rtsp://c:8554/a/b", "/trackID=1", "rtsp://c:8554/a/b/trackID=1"),
        ("rtsp://c:8554/a/b/", "/trackID=1", "rtsp://c:8554/a/b/trackID=1"),
        ("rtsp://c/live", "?trackID=1", "rtsp://c/live?trackID=1"),
        ("rtsp://c/live", "rtsp://10.0.0.1/other", "rtsp://10.0.0.1/other"),
    ],
)
def test_control_addresses_are_resolved(base: str, control: str, url: str) -> None:
    assert resolve(base, control) == url


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        (b"not an sdp", SourceReason.MALFORMED, "cannot be read"),
        (sdp("m=audio 0 RTP/AVP 0\n"), SourceReason.UNSUPPORTED, "no video"),
        (sdp(VIDEO.replace("H264", "VP8")), SourceReason.UNSUPPORTED, "VP8"),
        (sdp("m=video 0 RTP/AVP 97\n"), SourceReason.UNSUPPORTED, "unnamed"),
        (sdp(H265.replace("sprop-vps", "sprop-max-don-diff=1;sprop-vps")), SourceReason.UNSUPPORTED, "DONL"),
        (sdp(VIDEO.replace("mode=1", "mode=2")), SourceReason.UNSUPPORTED, "mode 2"),
        (sdp(VIDEO.replace("trackID=1", "a b")), SourceReason.MALFORMED, "address"),
    ],
)
def test_a_stream_that_cannot_be_pulled_is_explained_in_words(body: bytes, reason: SourceReason, words: str) -> None:
    with pytest.raises(CameraError) as caught:
        describe(body, BASE)
    assert caught.value.reason is reason
    assert words in caught.value.detail


LINES = st.sampled_from(
    ["m=video 0 RTP/AVP 96", "m=", "a=rtpmap:96 H264/90000", "a=fmtp:96 ;=;a", "a=control:", "a=", "\r"]
)


@given(st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=30).map("\n".join))
def test_any_description_raises_camera_errors_or_nothing(text: str) -> None:
    with suppress(CameraError):
        describe(text.encode(), BASE)


@given(st.binary(max_size=100))
def test_any_bytes_raise_camera_errors_or_nothing(data: bytes) -> None:
    with suppress(CameraError):
        describe(data, BASE)


@pytest.mark.parametrize(
    "media",
    [
        VIDEO.replace("RTP/AVP", "RTP/SAVP"),
        VIDEO.replace("RTP/AVP", "rtp/savpf"),
        VIDEO.replace("RTP/AVP", "UDP/TLS/RTP/SAVPF"),
        H265.replace("RTP/AVP", "RTP/SAVP"),
        JPEG.replace("RTP/AVP", "RTP/SAVP/TCP"),
        VIDEO + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\n",
        VIDEO + "a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ\n",
        VIDEO + "k=base64:d0RmdmcmVCspeEc3QGZi\n",
    ],
)
def test_a_stream_that_the_camera_encrypts_is_refused_and_never_read_as_video(media: str) -> None:
    with pytest.raises(CameraError) as refusal:
        describe(sdp(media), BASE)
    assert refusal.value.reason is SourceReason.UNSUPPORTED
    assert "SRTP" in refusal.value.detail
    assert "rtsps" in refusal.value.detail


def test_keys_for_the_whole_session_apply_to_every_medium() -> None:
    with pytest.raises(CameraError, match="SRTP"):
        describe(sdp(VIDEO, HEAD + "a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ\n"), BASE)


def test_a_plain_stream_beside_an_encrypted_one_is_pulled_and_encrypted_sound_is_left_out() -> None:
    encrypted = VIDEO.replace("RTP/AVP", "RTP/SAVP") + AUDIO.replace("RTP/AVP", "RTP/SAVP")
    description = describe(sdp(encrypted + H265), BASE)
    assert description.info.codec == "H265"
    assert description.audio is None
