"""Distinguishes the protocols on one UDP port by first byte (RFC 7983 7) and RTCP packet type (RFC 5761 4). Pure."""

from enum import StrEnum


class Protocol(StrEnum):
    """Names the protocol of a datagram."""

    STUN = "stun"
    DTLS = "dtls"
    RTP = "rtp"
    RTCP = "rtcp"
    UNKNOWN = "unknown"


def protocol_of(datagram: bytes) -> Protocol:
    """Return the protocol of one datagram, or UNKNOWN for anything that a viewer has no reason to send."""
    if not datagram:
        return Protocol.UNKNOWN
    first = datagram[0]
    if first < 4:
        return Protocol.STUN
    if 20 <= first < 64:
        return Protocol.DTLS
    if 128 <= first < 192 and len(datagram) >= 2:
        return Protocol.RTCP if 192 <= datagram[1] <= 223 else Protocol.RTP
    return Protocol.UNKNOWN
