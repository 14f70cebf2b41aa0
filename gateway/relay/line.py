"""Maps a camera's own RTP timestamps to the one continuous 90 kHz line that viewers get. Pure.

Two views of the same picture: *media* ticks are the camera's timestamps, unwrapped and nothing else, so that a leap
of the camera's stays visible to ``timeline``; **outgoing* ticks follow them, but are aligned with gateway time again
wherever a connection begins or the camera leaps, so that a viewer's player never waits for pictures or throws them
away.
"""

from typing import NamedTuple

from gateway.rtp.time import VIDEO_CLOCK_RATE, unwrap

LEAP = 1.0  # seconds by which media time may differ from arrival; more is neither jitter nor catching up
_LEAST_STEP = VIDEO_CLOCK_RATE // 1000


class Placed(NamedTuple):
    """A picture's time: ``media`` and ``outgoing`` in unwrapped ticks.

    ``leap`` is how many seconds the camera's media time moved beyond (or, negative, back from) what it should have;
    0.0 for none. ``restarted`` says that the outgoing line was realigned at this picture.
    """

    media: int
    outgoing: int
    leap: float
    restarted: bool


class Line:
    """The time of one camera stream for its viewers, over all its connections."""

    def __init__(self) -> None:
        self._media: int | None = None
        self._offset = 0
        self._newest = 0
        self._arrival = 0.0

    def restart(self) -> None:
        """Begin a new connection, whose timestamps have nothing to do with the earlier ones."""
        self._media = None

    def media_of(self, rtp: int) -> int | None:
        """Unwrap another timestamp of this connection, such as a sender report's; None before the first picture."""
        return None if self._media is None else unwrap(rtp, self._media)

    def place(self, rtp: int, arrival: float) -> Placed:
        """Give one picture its time. ``arrival`` is gateway time.

        A leap is a step back by more than ``LEAP``, or one forward by more than ``LEAP`` beyond the time that passed.
        Timestamps that lag behind arrival are no leap: that is what delay looks like. B-frames step back by less.
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
            self._offset = max(round(arrival * VIDEO_CLOCK_RATE), self._newest + _LEAST_STEP) - media
        outgoing = media + self._offset
        self._media, self._arrival = media, arrival
        self._newest = max(self._newest, outgoing)
        return Placed(media, outgoing, leap, restarted)
