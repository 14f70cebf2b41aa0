"""Packs H.264 NAL units into RTP payloads for viewers (RFC 6184, packetization-mode 1). Pure."""

from collections.abc import Iterable

from gateway.codecs.nal.payloads import LIMIT, pack

STAP_A = 24
FU_A = 28
_F_AND_NRI = 0xE0
_F = 0x80
_NRI = 0x60
_TYPE = 0x1F
_START = 0x80
_END = 0x40


def packetize(nals: Iterable[bytes], limit: int = LIMIT) -> tuple[bytes, ...]:
    """Return the RTP payloads of one access unit, in order. The marker bit belongs on the last of them.

    ``nals`` are NAL units without start codes. Those that cannot be sent over RTP are left out: empty ones, and the
    types 0 and 24 to 31, which RFC 6184 uses for itself.
    """
    sendable = (nal for nal in nals if nal and 1 <= nal[0] & _TYPE < STAP_A)
    return pack(sendable, limit, 1, _together, _fragments)


def _together(nals: list[bytes]) -> bytes:
    """Return the header of a STAP-A (5.7.1): its F is the OR and its NRI the maximum of all."""
    header = STAP_A | max(nal[0] & _NRI for nal in nals)
    if any(nal[0] & _F for nal in nals):
        header |= _F
    return bytes((header,))


def _fragments(nal: bytes, limit: int) -> list[bytes]:
    """Return FU-A packets (5.8): indicator, FU header, and a piece of the NAL unit without its own header byte."""
    indicator = (nal[0] & _F_AND_NRI) | FU_A
    kind = nal[0] & _TYPE
    step = limit - 2
    middle = bytes((indicator, kind))
    last = (len(nal) - 2) // step * step + 1
    return [
        bytes((indicator, _START | kind)) + nal[1 : 1 + step],
        *[middle + nal[at : at + step] for at in range(1 + step, last, step)],
        bytes((indicator, _END | kind)) + nal[last:],
    ]
