"""Reads the packets that viewers are sent, independently of the gateway's own readers, for any codec of NAL units."""

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st


class Format(NamedTuple):
    """The packets of one codec. ``header`` is the size of a NAL unit's header; ``kind`` returns a payload's type;
    ``unit_header`` returns the header of the NAL unit whose first fragment a payload is."""

    header: int
    aggregate: int
    fragment: int
    kind: Callable[[bytes], int]
    unit_header: Callable[[bytes], bytes]


def unpack(payloads: tuple[bytes, ...], form: Format) -> list[bytes]:
    """Return the NAL units: alone in a packet, several in one, or one in several."""
    nals: list[bytes] = []
    fragments: bytearray | None = None
    for payload in payloads:
        kind = form.kind(payload)
        if kind == form.fragment:
            flags = payload[form.header]
            start, end = flags & 0x80, flags & 0x40
            assert not (start and end)
            assert bool(start) == (fragments is None)
            if fragments is None:
                fragments = bytearray(form.unit_header(payload))
            fragments += payload[form.header + 1 :]
            if end:
                nals.append(bytes(fragments))
                fragments = None
            continue
        assert fragments is None
        nals += _parts(payload[form.header :]) if kind == form.aggregate else [payload]
    assert fragments is None
    return nals


def _parts(body: bytes) -> list[bytes]:
    parts, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 2], "big")
        parts.append(body[at + 2 : at + 2 + size])
        at += 2 + size
    assert at == len(body)
    return parts


def nals_with(header: st.SearchStrategy[bytes]) -> st.SearchStrategy[list[bytes]]:
    """Return a strategy for NAL units of all sizes, especially those near the limits."""
    sizes = st.one_of(st.integers(0, 60), st.integers(1100, 1180), st.integers(2200, 2300), st.integers(0, 9000))
    nal = st.builds(lambda head, size: head + bytes(i * 7 % 256 for i in range(size)), header, sizes)
    return st.lists(nal, max_size=8)
