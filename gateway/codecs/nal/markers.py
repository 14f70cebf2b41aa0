"""Learns from a stream whether its RTP markers show where pictures end. Pure.

The marker belongs on the last packet of a picture (RFC 6184 5.1, RFC 7798 4.1). If it can be believed, there is no need
to wait for the next picture. Some cameras, however, set it on every slice, or on the first, and a gateway that believed
them would send half a picture as if it were a whole one. Nothing in a picture says how many slices it has. So a marker
is believed only as far as markers of this stream have been right: for pictures no larger than the largest one that a
marker has ended (counted separately for keyframes and other pictures), or for all pictures once a slice that was not
the last had no marker. It is never believed if more packets of the same timestamp were read together with it. Larger
pictures wait for the packet after them. Once a marker has been wrong, the camera's markers are never believed again:
its pictures end where the timestamp changes. The picture whose marker was wrong has been sent torn if it was no larger
than those before. If it is a keyframe, it is sent again, whole; any other picture is withdrawn from its viewers.
"""


class Markers:
    """Collects the evidence of one stream, across all changes of its SSRC."""

    def __init__(self) -> None:
        self.misplaced = False
        self._proven = {False: 0, True: 0}
        self._selective = False

    def believed(self, keyframe: bool, size: int) -> bool:
        """Return True if a marker after ``size`` bytes of a picture can be believed to end it."""
        return not self.misplaced and (self._selective or size <= self._proven[keyframe])

    def right(self, keyframe: bool, size: int, selective: bool) -> None:
        """Note that another picture followed a marked one of ``size`` bytes. ``selective``: it had unmarked slices."""
        self._proven[keyframe] = max(self._proven[keyframe], size)
        self._selective = self._selective or selective

    def wrong(self) -> None:
        """Note that more of the same picture followed a marker."""
        self.misplaced = True

    def forget(self) -> None:
        """Forget picture sizes: the encoder was set up differently, so its pictures may have more slices than
        before."""
        self._proven = {False: 0, True: 0}
        self._selective = False
