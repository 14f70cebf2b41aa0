"""The inputs with which fuzzing starts: well-formed and made by code. Each piece of an input starts with its length."""

import struct
from collections.abc import Iterator

from gateway.rtp import feedback
from gateway.sources.rtsp.protocol.messages import encode_frame
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.framing import frame
from tests.rtp.packets import IDR, NEXT, PPS, SPS, aggregated, fragments, rtp, sender_report


def together(*pieces: bytes) -> bytes:
    """Join pieces into one input."""
    return b"".join(struct.pack("!H", len(piece)) + piece for piece in pieces)


def apart(data: bytes) -> Iterator[bytes]:
    """Split any input into its pieces. If the last one is cut off, return the part that is there."""
    at = 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        yield data[at + 2 : at + 2 + size]
        at += 2 + size


def _response(sequence: int, *lines: str, status: str = "200 OK", body: bytes = b"") -> bytes:
    head = [f"RTSP/1.0 {status}", f"CSeq: {sequence}", *lines, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


def _stream(*packets: bytes) -> bytes:
    """Return RTP packets of a camera with a sender report before and after them."""
    report = b"\1" + sender_report(7, 3_900_000_000, 0, 90_000)
    return together(report, *(b"\0" + packet for packet in packets), report)


SDP = b"""v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r
a=fmtp:96 packetization-mode=1;profile-level-id=42c01e;sprop-parameter-sets=Z0LAHtoCgL/l,aM48gA==\r
a=control:track1\r\nm=audio 0 RTP/AVP 0\r\na=control:track2\r\n"""
_DIGEST = 'Digest realm="a", nonce="b", qop="auth,auth-int", algorithm=SHA-256, opaque="c", stale=true'
_SETUP = ("Session: 42;timeout=60", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
_UDP = ("Session: 42", "Transport: RTP/AVP;unicast;client_port=0-0;server_port=6970-6971;source=192.0.2.7")
_MEDIA = encode_frame(0, rtp(1, 0, IDR, marker=True)) + encode_frame(1, sender_report(7, 1, 2, 3))
_PLAYED = (_response(1, "Content-Base: rtsp://camera/live/", body=SDP), _response(2, *_SETUP), _response(3), _MEDIA)

RTSP = (
    together(*_PLAYED, _response(4, "Date: Mon, 23 Nov 2026 23:00:00 GMT", "Public: OPTIONS, GET_PARAMETER")),
    together(_response(1, f"WWW-Authenticate: {_DIGEST}", status="401 Unauthorized"), _response(2, body=SDP)),
    together(
        _response(1, body=SDP),
        _response(2, status="461 No"),
        _response(3, *_UDP),
        _response(4, "RTP-Info: url=x;seq=1;rtptime=2"),
    ),
    together(_response(1, "Location: rtsp://other/live", body=SDP), b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n"),
    together(*_PLAYED, _MEDIA[:20] + _MEDIA, _MEDIA[9:], b"$\0" + _MEDIA + _MEDIA[:-1], _MEDIA),
    together(b"\0\r\n noise $", _response(1, body=SDP), b" noise", _response(2, *_SETUP)),
)
CHALLENGES = (_DIGEST.encode(), b'Basic realm="x", Digest realm="y\\"z", nonce=n', b",,= a=,b")
DESCRIPTIONS = (
    SDP,
    SDP.replace(b"H264", b"H265").replace(b"sprop-parameter-sets=", b"sprop-vps=QAE=;sprop-sps=QgE=;sprop-pps="),
    SDP.replace(b"96", b"26").replace(b"H264", b"JPEG"),
)
H264 = (
    _stream(
        *(
            rtp(place, 3000 * (place // 4), aggregated(SPS, PPS, IDR) if place % 4 == 0 else NEXT, ssrc=9 + place // 4)
            for place in range(12)
        ),
        rtp(12, 9000, b"\0\0\0\1" + SPS + b"\0\0\1" + PPS + b"\0\0\1" + IDR, marker=True, ssrc=12),
        b"\xa0" + rtp(13, 12000, NEXT, marker=True, ssrc=12)[1:] + b"\0",
    ),
    _stream(rtp(1, 0, aggregated(SPS, PPS, IDR), marker=True), rtp(2, 3000, NEXT, marker=True)),
    _stream(
        rtp(65535, 0, aggregated(SPS, PPS)),
        *(rtp(place, 0, piece, marker=place == 3) for place, piece in enumerate(fragments(IDR, 8))),
        rtp(9, 3000, NEXT, ssrc=8, marker=True),
    ),
)
# 64x64, Main, two pictures.
_VPS = bytes.fromhex("40010c01ffff01600000030090000003000003001eba0240")
_SPS5 = bytes.fromhex("42010101600000030090000003000003001ea020810596e92930b9a02000000300200000030141")
_PPS5 = bytes.fromhex("4401c0718112")
_IDR5, _NEXT5 = bytes.fromhex("2801ade0d117ffd39173238b80"), bytes.fromhex("0201d0097881dc1f1c27aeec04988c2c")
H265 = (
    _stream(
        *(rtp(place, 0, nal) for place, nal in enumerate((_VPS, _SPS5, _PPS5))),
        rtp(3, 0, _IDR5, marker=True),
        rtp(4, 3000, _NEXT5, marker=True),
    ),
    _stream(
        rtp(0, 0, b"\x60\x01" + b"".join(struct.pack("!H", len(nal)) + nal for nal in (_VPS, _SPS5, _PPS5))),
        rtp(1, 0, b"\x62\x01\x94" + _IDR5[2:6]),
        rtp(2, 0, b"\x62\x01\x54" + _IDR5[6:], marker=True),
        rtp(3, 3000, _NEXT5, marker=True),
    ),
)
JPEG = (
    _stream(
        rtp(1, 0, struct.pack("!IBBBB", 0, 1, 80, 40, 30) + bytes(60)),
        rtp(2, 0, struct.pack("!IBBBB", 60, 1, 80, 40, 30) + bytes(30), marker=True),
        rtp(3, 3000, struct.pack("!IBBBBHHBBH", 0, 65, 255, 40, 30, 1, 0xFFFF, 0, 0, 128) + bytes(200), marker=True),
    ),
)
_HIGH = bytes.fromhex("6764001facd9405005bb011000000300100000030320f162d960")  # 1280x720 with a VUI
PARAMETER_SETS = (SPS, PPS, _HIGH, _SPS5, _VPS, _PPS5)
OFFERS = (
    b"""v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=ice-options:trickle\r
m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r
m=video 9 UDP/TLS/RTP/SAVPF 96 97 98\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=recvonly\r\na=rtcp-mux\r
a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef01234567\r\na=fingerprint:sha-256 00:11:22\r\na=setup:actpass\r
a=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 goog-remb\r
a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r
a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 H265/90000\r\na=fmtp:98 profile-id=1;level-id=93\r
a=candidate:1 1 udp 2122260223 192.0.2.9 50000 typ host\r\na=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n""",
    b"""v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r
m=audio 9 UDP/TLS/RTP/SAVPF 111 0\r\na=mid:0\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-mux\r
a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef01234567\r\na=fingerprint:sha-256 00:11:22\r\na=setup:actpass\r
m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\na=mid:1\r\na=recvonly\r\na=rtpmap:96 H264/90000\r\n""",
)
FRAGMENTS = (
    b"""a=ice-options:trickle\r\na=group:BUNDLE 1\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=ice-ufrag:efgh\r
a=ice-pwd:fedcba9876543210fedcba98\r\na=candidate:1 1 udp 5 192.0.2.9 5 typ host\r\na=end-of-candidates\r\n""",
    b'W/"other", "tag"',
)
_TRANSACTION = bytes(range(12))
STUN = (
    stun.message(
        stun.BINDING_REQUEST,
        _TRANSACTION,
        [
            (stun.USERNAME, b"ours:theirs"),
            (stun.PRIORITY, b"\0\0\0\1"),
            (stun.USE_CANDIDATE, b""),
            (stun.ICE_CONTROLLING, bytes(8)),
        ],
        "password",
    ),
    stun.binding_success(_TRANSACTION, "2001:db8::1", 1, "password"),
    stun.binding_error(_TRANSACTION, 420, "Unknown", "password", (1, 2)),
)
FRAMES = (together(frame(STUN[0]) + frame(b"\x16\xfe\xfd")[:4], b"\xfd" + frame(bytes(200))),)
FEEDBACK = (
    feedback.sender_report(1, "name", 0.0, 1, 2, 3) + feedback.goodbye(1, "name"),
    struct.pack("!BBHIIIIIII", 0x81, 201, 7, 1, 2, 3, 4, 5, 6, 7),
    struct.pack("!BBHIIHH", 0x81, 205, 3, 1, 2, 9, 0xFFFF) + struct.pack("!BBHII", 0x81, 206, 2, 1, 2),
    struct.pack("!BBHII4sBBHI", 0x8F, 206, 5, 1, 0, b"REMB", 1, 0x17, 0xFFFF, 2),
    struct.pack("!BBHIIII", 0x84, 206, 4, 1, 0, 2, 1 << 24),
)
