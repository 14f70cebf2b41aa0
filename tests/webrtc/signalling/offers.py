"""Offers in the form that browsers write, and the answers to them."""

import re

from gateway.webrtc.signalling.answer import Answerer, build_answer
from gateway.webrtc.signalling.formats import choose_codecs
from gateway.webrtc.signalling.offer import parse_offer

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


def answer(offer: str = OFFER, *names: str) -> str:
    """Return the answer to an offer, with payload types for the codecs in ``names`` (by default H.264)."""
    parsed = parse_offer(offer)
    return build_answer(parsed, choose_codecs(parsed.codecs, 0x64 if names else None, *(names or ("H264",))), OURS)


def answered_sections(offer: str) -> list[str]:
    """Return the session-level part and the media sections of the answer to an offer."""
    return re.split(r"(?=^m=)", answer(offer), flags=re.MULTILINE)
