"""Maps a camera's own RTP timestamps to the one continuous 90 kHz line that viewers see. Pure.

A picture has two times. *media* ticks are the camera's timestamps, only unwrapped, so that ``timeline`` still sees it
if the camera's timestamps leap. *outgoing* ticks follow them, but are aligned with gateway time again wherever a
connection begins or the camera's timestamps leap, so that a viewer's player never waits for pictures or discards them.
Up to the next such place they lie on one grid of ``GRID`` ticks. At each such place, the grid moves by a tick.
"""

from typing import NamedTuple

from gateway.rtp.time import GRID, VIDEO_CLOCK_RATE, unwrap

LEAP = 1.0  # seconds by which media time may differ from arrival; a larger difference is neither jitter nor catching up
_LEAST_STEP = VIDEO_CLOCK_RATE // 1000


class Placed(NamedTuple):
    """Holds a picture's time. ``media`` and ``outgoing`` are in unwrapped ticks.

    ``leap`` is how many seconds the camera's media time has moved beyond its expected value (negative: short of it), or
    0.0 if there was no leap. ``restarted`` says that the outgoing line was realigned at this picture.
    """

    media: int
    outgoing: int
    leap: float
    restarted: bool


class Line:
    """Keeps the time of one camera stream for its viewers, across all its connections."""

    def __init__(self) -> None:
        self._media: int | None = None
        self._origin = self._base = 0  # media and outgoing ticks where the line was last realigned
        self._remainder = 0
        self._outgoing = self._newest = 0
        self._arrival = 0.0

    def restart(self) -> None:
        """Begin a new connection, whose timestamps are unrelated to the earlier ones."""
        self._media = None

    def media_of(self, rtp: int) -> int | None:
        """Unwrap another timestamp of this connection, such as that of a sender report. Return None before the first
        picture."""
        return None if self._media is None else unwrap(rtp, self._media)

    def place(self, rtp: int, arrival: float) -> Placed:
        """Return the time of one picture. ``arrival`` is gateway time.

        A leap is a step back by more than ``LEAP``, or a step forward by more than ``LEAP`` beyond the time that has
        passed. Timestamps that lag behind arrival are not a leap, since delay looks the same. B-frames step back by
        less.
        """
        if self._media is None:
            media, leap, restarted = rtp, 0.0, True
        else:
            media = unwrap(rtp, self._media)
            step = (media - self._media) / VIDEO_CLOCK_RATE
            ahead = step - (arrival - self._arrival)
            leap = step if step < -LEAP else ahead if ahead > LEAP else 0.0
            restarted = leap != 0.0
        if restarted:
            earliest = max(round(arrival * VIDEO_CLOCK_RATE), self._newest + _LEAST_STEP)
            self._remainder = (self._remainder + 1) % GRID
            self._origin, self._base = media, earliest + (self._remainder - earliest) % GRID
        outgoing = self._base + (media - self._origin) // GRID * GRID
        if outgoing == self._outgoing and media != self._media:  # no two pictures share a time
            outgoing += GRID
        self._media, self._arrival, self._outgoing = media, arrival, outgoing
        self._newest = max(self._newest, outgoing)
        return Placed(media, outgoing, leap, restarted)
