"""Computes the timestamps when the pictures of one stream follow those of another in one RTP stream. Pure."""

from gateway.models import TimelinePoint
from gateway.rtp.time import GRID, VIDEO_CLOCK_RATE, WRAP, ticks_between

LEAST_STEP = 12 * GRID  # in ticks: a millisecond
SLIGHT = VIDEO_CLOCK_RATE // 20
"""How many ticks later than it was captured the new stream's first picture may be dated by the old stream's map."""


def shift_between(
    old: TimelinePoint | None,
    new: TimelinePoint | None,
    old_shift: int,
    last: tuple[float, int],
    first: tuple[float, int],
    *,
    back: bool = False,
) -> int:
    """Return what must be added to the new stream's timestamps (mod 2^32).

    ``old`` and ``new`` give the capture time of each stream's own timestamps. ``last`` is the (arrival, RTP time) of
    the last picture sent, as the viewer knows it; ``first`` is that of the new stream's first picture. RTP time keeps
    its relation to capture time, so that a page that has not heard of the switch dates pictures correctly. If that
    relation is unknown, RTP time advances as pictures arrive. Then, and if the relation cannot be kept, RTP time leaves
    the grid of the old stream, so that such a page does not date them at all.

    RTP time always increases, except that with ``back`` the first picture may be older than the last, as a kept
    keyframe is. Two consecutive pictures never have the same RTP time.
    """
    arrived, sent = last
    arrives, rtp = first
    apart: int | None = None
    if old is None or new is None:
        ticks = round((arrives - arrived) * VIDEO_CLOCK_RATE)
    else:
        captured = new.capture + ticks_between(rtp, new.rtp) / VIDEO_CLOCK_RATE
        known = old.capture + ticks_between(sent - old_shift, old.rtp) / VIDEO_CLOCK_RATE
        ticks = apart = round((captured - known) * VIDEO_CLOCK_RATE)
    if not (back and ticks <= -LEAST_STEP):
        ticks = max(ticks, LEAST_STEP)
    kept = apart is not None and ticks - apart <= SLIGHT
    ticks += -(ticks % GRID) if kept else (GRID // 2 - ticks) % GRID
    return (sent + ticks - rtp) % WRAP
