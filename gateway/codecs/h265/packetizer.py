"""Packs H.265 NAL units into RTP payloads for viewers (RFC 7798, without DONL). Pure."""

from collections.abc import Iterable

from gateway.codecs.nal.payloads import LIMIT, pack

AP = 48
FU = 49
_REST = 0x81  # F, and the first bit of the layer id
_START = 0x80
_END = 0x40
_HEADER = 2


def packetize_h265(nals: Iterable[bytes], limit: int = LIMIT) -> tuple[bytes, ...]:
    """Return the RTP payloads of one access unit, in order. The marker bit belongs on the last of them.

    ``nals`` are NAL units without start codes. Those that cannot be sent over RTP are left out: units shorter than
    their header, and the types 48 to 63, some of which RFC 7798 uses for itself.
    """
    sendable = (nal for nal in nals if len(nal) >= _HEADER and nal[0] >> 1 & 0x3F < AP)
    return pack(sendable, limit, _HEADER, _together, _fragments)


def _together(nals: list[bytes]) -> bytes:
    """Return the header of an aggregation packet (4.4.2): its F is the OR, and its layer and temporal ids are the
    lowest of all."""
    headers = [int.from_bytes(nal[:_HEADER], "big") for nal in nals]
    forbidden = max(header & 0x8000 for header in headers)
    layer = min(header & 0x01F8 for header in headers)
    temporal = min(header & 0x0007 for header in headers)
    return (forbidden | AP << 9 | layer | temporal).to_bytes(_HEADER, "big")


def _fragments(nal: bytes, limit: int) -> list[bytes]:
    """Return fragmentation units (4.4.3): payload header, FU header, and a piece of the NAL unit without its own
    header."""
    header = bytes((nal[0] & _REST | FU << 1, nal[1]))
    kind = nal[0] >> 1 & 0x3F
    step = limit - _HEADER - 1
    middle = header + bytes((kind,))
    last = (len(nal) - _HEADER - 1) // step * step + _HEADER
    return [
        header + bytes((_START | kind,)) + nal[_HEADER : _HEADER + step],
        *[middle + nal[at : at + step] for at in range(_HEADER + step, last, step)],
        header + bytes((_END | kind,)) + nal[last:],
    ]
