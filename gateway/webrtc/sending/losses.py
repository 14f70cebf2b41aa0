"""What a viewer's reports show of what it has lost, so that the picture is begun anew only for who needs it. Pure: time
is an argument."""

import math

JOINED = 3.0
"""Seconds within which a viewer that has just joined, or been switched, may ask once without a loss that shows."""
PENDING = 6.0
"""Seconds for which a plea waits for the report that shows the loss: reports come every 5 at most (RFC 3550 6.2)."""


class Losses:
    """Of what was sent since the picture was begun last. A loss counts once: what it is answered by begins anew."""

    def __init__(self, now: float) -> None:
        self._lost = self._before = 0
        self._missed = False
        self._asked_at = -math.inf
        self._joined_at = now

    @property
    def shown(self) -> bool:
        """Return True if the viewer's reports show that it has lost something."""
        return self._missed or self._lost > self._before

    def missed(self) -> None:
        """The viewer asks for packets again."""
        self._missed = True

    def reported(self, lost: int, now: float) -> bool:
        """The viewer has lost so many packets in all. Return True if this shows what it has asked for a picture for."""
        known, self._lost = self.shown, lost
        return self.shown and not known and now - self._asked_at < PENDING

    def asked(self, now: float) -> bool:
        """The viewer asks for a picture. Return True if it is to have it."""
        self._asked_at = now
        if self.shown:
            return True
        joined, self._joined_at = now - self._joined_at < JOINED, -math.inf
        return joined

    def joined(self, now: float) -> None:
        """The viewer is sent another stream."""
        self._joined_at = now

    def begun(self) -> None:
        """The picture is begun anew: what was lost before is of no account."""
        self._before, self._missed, self._asked_at = self._lost, False, -math.inf
