import pytest

from gateway.webrtc.transport.demux import Protocol, protocol_of


@pytest.mark.parametrize(
    ("datagram", "protocol"),
    [
        (b"", Protocol.UNKNOWN),
        (b"\x00\x01", Protocol.STUN),
        (b"\x04", Protocol.UNKNOWN),
        (b"\x14", Protocol.DTLS),
        (b"\x3f", Protocol.DTLS),
        (b"\x40", Protocol.UNKNOWN),
        (b"\x80\x66", Protocol.RTP),
        (b"\x80\xe6", Protocol.RTP),
        (b"\x80\xc8", Protocol.RTCP),
        (b"\x81\xce", Protocol.RTCP),
        (b"\x80", Protocol.UNKNOWN),
        (b"\xff\xff", Protocol.UNKNOWN),
    ],
)
def test_the_first_bytes_show_the_protocol(datagram: bytes, protocol: Protocol) -> None:
    assert protocol_of(datagram) is protocol
