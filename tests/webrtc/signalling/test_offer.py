"""A broken offer is refused with a message that names its fault."""

import pytest

from gateway.errors import BadRequest
from gateway.webrtc.signalling.offer import parse_offer
from gateway.webrtc.signalling.sections import LARGEST_SDP
from tests.webrtc.signalling.offers import OFFER


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


def test_a_viewer_without_h264_is_told_what_it_offers_and_where_firefox_gets_it() -> None:
    with pytest.raises(BadRequest, match=r"nor H\.265 \(it offers VP8, AV1\)\. Firefox has H\.264 once"):
        parse_offer(OFFER.replace("H264", "AV1"))
