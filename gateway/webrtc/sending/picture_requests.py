"""Tracks what a viewer is known to have lost, so that pictures start again only for viewers that need it. Pure: time is
an argument."""

import math

JOINED = 3.0
"""Seconds after joining or switching in which a viewer may ask once without a visible loss."""
PENDING = 6.0
"""Seconds for which a request waits for the report that shows the loss. Reports come at least every 5 s (RFC 3550
6.2)."""


class Losses:
    """Losses since the picture was last started. A loss counts only once: the restart that answers it also clears
    it."""

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
        """Note that the viewer asks for packets again."""
        self._missed = True

    def reported(self, lost: int, now: float) -> bool:
        """Note how many packets the viewer has lost in all. Return True if that explains its recent request for a
        picture."""
        known, self._lost = self.shown, lost
        return self.shown and not known and now - self._asked_at < PENDING

    def asked(self, now: float) -> bool:
        """Note that the viewer asks for a picture. Return True if it should get one."""
        self._asked_at = now
        if self.shown:
            return True
        joined, self._joined_at = now - self._joined_at < JOINED, -math.inf
        return joined

    def joined(self, now: float) -> None:
        """Note that the viewer is sent another stream."""
        self._joined_at = now

    def begun(self) -> None:
        """Note that the picture has been started again. Earlier losses no longer count."""
        self._before, self._missed, self._asked_at = self._lost, False, -math.inf
