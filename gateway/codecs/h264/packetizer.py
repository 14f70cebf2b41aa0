"""Packs NAL units into RTP payloads for viewers (RFC 6184, packetization-mode 1). Pure.

Large NAL units become FU-A fragments of exactly ``LIMIT`` bytes, and a shorter last one, so that UDP GSO sends the run
in one call. Small neighbours share one STAP-A, so that parameter sets, SEI and small slices cost one packet, not four.
"""

from collections.abc import Iterable

from gateway.codecs.nal.payloads import LIMIT

STAP_A = 24
FU_A = 28
_F_AND_NRI = 0xE0
_F = 0x80
_NRI = 0x60
_TYPE = 0x1F
_START = 0x80
_END = 0x40
_UNIT_SIZE = 2


def packetize(nals: Iterable[bytes], limit: int = LIMIT) -> tuple[bytes, ...]:
    """Return the RTP payloads of one access unit, in order. The marker bit belongs on the last of them.

    ``nals`` are NAL units without start codes. Those that cannot be sent over RTP are left out: empty ones, and the
    types 0 and 24 to 31, which RFC 6184 uses for itself.
    """
    payloads: list[bytes] = []
    neighbours: list[bytes] = []
    size = 1

    for nal in nals:
        if not nal or not 1 <= nal[0] & _TYPE < STAP_A:
            continue
        if neighbours and size + _UNIT_SIZE + len(nal) > limit:
            payloads.append(_together(neighbours))
            neighbours, size = [], 1
        if len(nal) > limit:
            payloads.extend(_fragments(nal, limit))
        else:
            neighbours.append(nal)
            size += _UNIT_SIZE + len(nal)
    if neighbours:
        payloads.append(_together(neighbours))
    return tuple(payloads)


def _together(nals: list[bytes]) -> bytes:
    """Return a single NAL unit packet (5.6), or a STAP-A (5.7.1) whose F is the OR and whose NRI is the maximum of
    all."""
    if len(nals) == 1:
        return nals[0]
    header = STAP_A | max(nal[0] & _NRI for nal in nals)
    if any(nal[0] & _F for nal in nals):
        header |= _F
    parts = [bytes((header,))]
    for nal in nals:
        parts += (len(nal).to_bytes(_UNIT_SIZE, "big"), nal)
    return b"".join(parts)


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
