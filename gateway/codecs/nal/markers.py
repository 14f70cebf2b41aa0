"""Learns from a stream whether its RTP markers say where pictures end. Pure.

The marker belongs on the last packet of a picture (RFC 6184 5.1, RFC 7798 4.1), and believing it saves the wait for the
next picture. Some cameras set it on every slice, though, or on the first, and whoever believes those sends half a
picture as a whole one. Nothing in a picture says how many slices it has. So a marker is believed only for what it was
right about: pictures no larger than the largest one that it has ended, keyframes and others apart, or all pictures once
it was left off a slice that was not the last; and for none if more of the same timestamp was read together with it.
Whatever is larger waits for the packet after it. A camera that is caught is never believed again: its pictures end
where the timestamp changes. The one picture by which it is caught has gone out torn if it is no larger than those
before: a keyframe is sent again, whole; any other is withdrawn from its viewers.
"""


class Markers:
    """The evidence of one stream, over all changes of its SSRC."""

    def __init__(self) -> None:
        self.misplaced = False
        self._proven = {False: 0, True: 0}
        self._selective = False

    def believed(self, keyframe: bool, size: int) -> bool:
        """Return True if a marker after ``size`` bytes of a picture can be taken for its end."""
        return not self.misplaced and (self._selective or size <= self._proven[keyframe])

    def right(self, keyframe: bool, size: int, selective: bool) -> None:
        """A marked picture of ``size`` bytes was followed by another picture. ``selective``: it had unmarked slices."""
        self._proven[keyframe] = max(self._proven[keyframe], size)
        self._selective = self._selective or selective

    def wrong(self) -> None:
        """A marker was followed by more of the same picture."""
        self.misplaced = True

    def forget(self) -> None:
        """The encoder was set up differently, so that its pictures may have more slices than before."""
        self._proven = {False: 0, True: 0}
        self._selective = False
