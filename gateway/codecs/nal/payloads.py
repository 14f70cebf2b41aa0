"""Packs NAL units into RTP payloads for viewers, in the way that all codecs of NAL units share. Pure.

Large NAL units become fragments of exactly ``LIMIT`` bytes, and a shorter last one, so that UDP GSO sends the run in
one call. Small neighbours share one packet, so that parameter sets, SEI and small slices cost one packet, not four.
"""

from collections.abc import Callable, Iterable

LIMIT = 1140
"""The largest payload in bytes: with RTP header, extensions and SRTP tag, no datagram exceeds 1200."""
_UNIT_SIZE = 2


def pack(
    nals: Iterable[bytes],
    limit: int,
    header: int,
    together: Callable[[list[bytes]], bytes],
    fragments: Callable[[bytes, int], list[bytes]],
) -> tuple[bytes, ...]:
    """Return the RTP payloads of one access unit, in order. The marker bit belongs on the last of them.

    ``header`` is the size of a NAL unit's header. ``together`` returns the header of one packet for several NAL units.
    ``fragments`` returns the packets, of up to ``limit`` bytes each, of a NAL unit that is too large.
    """
    payloads: list[bytes] = []
    neighbours: list[bytes] = []
    size = header

    for nal in nals:
        if neighbours and size + _UNIT_SIZE + len(nal) > limit:
            payloads.append(_one_packet(neighbours, together))
            neighbours, size = [], header
        if len(nal) > limit:
            payloads.extend(fragments(nal, limit))
        else:
            neighbours.append(nal)
            size += _UNIT_SIZE + len(nal)
    if neighbours:
        payloads.append(_one_packet(neighbours, together))
    return tuple(payloads)


def _one_packet(nals: list[bytes], together: Callable[[list[bytes]], bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    parts = [together(nals)]
    for nal in nals:
        parts += (len(nal).to_bytes(_UNIT_SIZE, "big"), nal)
    return b"".join(parts)
