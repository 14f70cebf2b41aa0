"""Says how far off a message's own time may be, and puts it into words. Pure.

A wrong clock, the sender's or the gateway's, must not silence a panic button. A message with a valid signature and a
new id is an alarm. If its time is off by more than the webhook's tolerance, the alarm says so. If it is off by more
than a day, the message is refused, since it is then more likely that the message is old than that a clock is wrong.
"""

FARTHEST = 86_400.0
"""Seconds by which the time of a message may be off in either direction."""

KEPT = 31 * 86_400.0
"""The minimum number of seconds for which an answer is kept. A message can be replayed while its time is within
``FARTHEST`` of the gateway's clock, so until two days after its first arrival at most. The rest allows for a gateway
clock that was wrong when the message arrived, or is wrong now."""


def off_words(off: float) -> str:
    """Return what the alarm says about a message whose time is ``off`` seconds ahead of the gateway's."""
    if off > 0:
        return f"(the time in this message is {_span(off)} ahead: a clock is wrong)"
    return f"(the time in this message is {_span(-off)} ago: it was held up, or a clock is wrong)"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
