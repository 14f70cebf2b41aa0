"""Reads feedback from viewers and writes reports to them, in RTCP (RFC 3550 6, RFC 4585 6, RFC 5506). Pure."""

import struct
from dataclasses import dataclass

from gateway.errors import Malformed
from gateway.rtp.time import NTP_EPOCH

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, BYE, TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 200, 201, 202, 203, 205, 206
_NACK, _PLI, _FIR, _APPLICATION = 1, 1, 4, 15
_LONGEST_ROUND_TRIP = 60.0
_MOST_ASKED = 1024  # sequence numbers per NACK: browsers ask for no more


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """Reports what a viewer lost and how late its packets are (RFC 3550 6.4.1). ``jitter`` is in 90 kHz ticks."""

    ssrc: int
    fraction_lost: float
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_report: int
    delay: float


@dataclass(frozen=True, slots=True)
class Nack:
    """Sequence numbers that a viewer asks to be sent again (RFC 4585 6.2.1)."""

    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """The viewer's decoder needs a keyframe: PLI (RFC 4585 6.3.1) or FIR (RFC 5104 4.3.1)."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class BitrateEstimate:
    """The bits per second that the viewer thinks its link carries (REMB)."""

    bps: int


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The viewer is leaving (RFC 3550 6.6)."""


Feedback = ReceptionReport | Nack | PictureLoss | BitrateEstimate | Goodbye


def parse(data: bytes) -> list[Feedback]:
    """Read a compound or reduced-size packet. Parts that are not needed here are skipped. Raises Malformed."""
    found: list[Feedback] = []
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise Malformed("shorter than its header")
        first, kind, words = struct.unpack_from("!BBH", data, at)
        body = data[at + 4 : at + 4 + 4 * words]
        if first >> 6 != 2 or len(body) != 4 * words:
            raise Malformed("bad version or length")
        at += 4 + 4 * words
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                raise Malformed("bad padding")
            body = body[: -body[-1]]
        try:
            found += _read(kind, first & 0x1F, body)
        except struct.error as error:
            raise Malformed("truncated") from error
    return found


def _read(kind: int, count: int, body: bytes) -> list[Feedback]:
    match kind, count:
        case ((200 | 201), _):
            start = 24 if kind == SENDER_REPORT else 4
            return [_reception(body, start + 24 * place) for place in range(count)]
        case 203, _:
            return [Goodbye()]
        case 205, 1:
            ssrc = struct.unpack_from("!4xI", body)[0]
            return [Nack(ssrc, tuple(_lost(body[8:])))]
        case 206, 1:
            return [PictureLoss(struct.unpack_from("!4xI", body)[0])]
        case 206, 4:
            return [PictureLoss(ssrc) for (ssrc,) in struct.iter_unpack("!I4x", body[8:])]
        case 206, 15 if body[8:12] == b"REMB":
            exponent_mantissa = struct.unpack_from("!12xxBH", body)
            exponent, mantissa = exponent_mantissa[0] >> 2, (exponent_mantissa[0] & 3) << 16 | exponent_mantissa[1]
            return [BitrateEstimate(mantissa << exponent)]
        case _:
            return []


def _reception(body: bytes, at: int) -> ReceptionReport:
    ssrc, fraction, high, low, highest, jitter, last, delay = struct.unpack_from("!IBbHIIII", body, at)
    return ReceptionReport(ssrc, fraction / 256, (high << 16) | low, highest, jitter, last, delay / 65536)


def round_trip(report: ReceptionReport, wall: float) -> float | None:
    """Return the round-trip time to the viewer in seconds, from the sender report that it answers (RFC 3550 6.4.1), or
    None if the viewer has received none, or a clock was set in the meantime. ``wall`` is when the report arrived."""
    if not report.last_report:
        return None
    arrived = int((wall + NTP_EPOCH) * 65536)
    seconds = ((arrived - report.last_report) & 0xFFFFFFFF) / 65536 - report.delay
    return max(seconds, 0.0) if seconds < _LONGEST_ROUND_TRIP else None


def _lost(pairs: bytes) -> list[int]:
    sequences: list[int] = []
    for first, mask in struct.iter_unpack("!HH", pairs):
        if len(sequences) >= _MOST_ASKED:
            break
        sequences.append(first)
        sequences += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return sequences


def sender_report(ssrc: int, cname: str, now: float, timestamp: int, packets: int, octets: int) -> bytes:
    """Return a compound of SR and SDES CNAME. At wall time ``now`` the media clock reads ``timestamp``."""
    ntp = int((now + NTP_EPOCH) * 2**32) & (2**64 - 1)
    report = struct.pack(
        "!BBHIQIII", 0x80, SENDER_REPORT, 6, ssrc, ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF
    )
    return report + _description(ssrc, cname)


def goodbye(ssrc: int, cname: str) -> bytes:
    """Return a compound that ends the stream: an empty receiver report, SDES CNAME, BYE."""
    return (
        struct.pack("!BBHI", 0x80, RECEIVER_REPORT, 1, ssrc)
        + _description(ssrc, cname)
        + struct.pack("!BBHI", 0x81, BYE, 1, ssrc)
    )


def _description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()
    chunk = struct.pack("!IBB", ssrc, 1, len(name)) + name
    chunk += bytes(4 - len(chunk) % 4)  # at least one zero octet ends the list
    return struct.pack("!BBH", 0x81, DESCRIPTION, len(chunk) // 4) + chunk
