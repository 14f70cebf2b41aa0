"""Where one stream's pictures follow another's in one RTP stream: their timestamps. Pure."""

from gateway.models import TimelinePoint
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP, ticks_between

LEAST_STEP = 90  # ticks: a millisecond


def shift_between(
    old: TimelinePoint | None,
    new: TimelinePoint | None,
    old_shift: int,
    last: tuple[float, int],
    first: tuple[float, int],
    *,
    back: bool = False,
) -> int:
    """What has to be added to the new stream's timestamps (mod 2^32).

    ``old`` and ``new`` tell capture time of each stream's own timestamps. ``last`` and ``first`` are (arrival, RTP) of
    the last picture sent, as the viewer knows it, and of the new stream's first. The viewer's relation of RTP time to
    capture time stays what it was, so that a page that has not heard of the switch dates pictures rightly; where it is
    not known, time goes on as pictures arrive. Time always goes forward, but where ``back`` says that the first may be
    older than the last, as a keyframe that is kept; never do two pictures in a row have one time.
    """
    arrived, sent = last
    arrives, rtp = first
    if old is None or new is None:
        ticks = round((arrives - arrived) * VIDEO_CLOCK_RATE)
    else:
        captured = new.capture + ticks_between(rtp, new.rtp) / VIDEO_CLOCK_RATE
        known = old.capture + ticks_between(sent - old_shift, old.rtp) / VIDEO_CLOCK_RATE
        ticks = round((captured - known) * VIDEO_CLOCK_RATE)
    if not (back and ticks <= -LEAST_STEP):
        ticks = max(ticks, LEAST_STEP)
    return (sent + ticks - rtp) % WRAP
