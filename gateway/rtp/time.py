"""RTP and NTP time: wrap-around, clock rates and differences (RFC 3550 4, 5.1). Pure."""

VIDEO_CLOCK_RATE = 90_000
"""Ticks per second of every video codec that is received or sent."""

WRAP = 1 << 32
MASK = WRAP - 1
"""A timestamp has 32 bits. Masking equals modulo ``WRAP``, and is used where it is done once per packet."""

GRID = 8
"""The RTP times of pictures that one map dates differ by multiples of this many ticks (89 microseconds). Where the map
no longer holds, their remainder changes, so that a page never dates a picture with an earlier map, however late it
hears of the new one."""

NTP_EPOCH = 2_208_988_800
"""Seconds from 1900, where NTP time begins, to 1970."""


def ticks_between(later: int, earlier: int) -> int:
    """Return how many ticks ``later`` is after ``earlier``, negative if it is before. Both have 32 bits."""
    return (later - earlier + WRAP // 2) % WRAP - WRAP // 2


def unwrap(rtp: int, near: int) -> int:
    """Return the unwrapped value of a 32-bit timestamp that lies closest to ``near``."""
    return near + (rtp - near + WRAP // 2) % WRAP - WRAP // 2
