"""How far a message's own time may be off, and how that is said. Pure.

A wrong clock, the sender's or the gateway's, must not silence a panic button. A message with a right signature and an
id that never came before is an alarm; if its time is off by more than the webhook's tolerance, the alarm says so.
Beyond a day it is refused: then it is rather an old message than a wrong clock.
"""

FARTHEST = 86_400.0
"""Seconds that the time of a message may be off in either direction."""

KEPT = 31 * 86_400.0
"""Seconds for which an answer is kept, at least. A message can be played again for as long as its time is within
``FARTHEST`` of the gateway's clock, which is two days from its first arrival at most; the rest is for a gateway clock
that was wrong when the message came, or is now."""


def off_words(off: float) -> str:
    """What the alarm says of a message whose time less the gateway's is ``off`` seconds."""
    if off > 0:
        return f"(the time of this message is {_span(off)} ahead: a clock is wrong)"
    return f"(by its own time this message was sent {_span(-off)} ago: it was held up, or a clock is wrong)"


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
