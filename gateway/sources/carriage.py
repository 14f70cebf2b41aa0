"""Decides over which carrier to request a stream, and gives up on UDP if the network blocks it."""

from collections.abc import Sequence

from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.observing import notes
from gateway.sources.observing.datagram_loss import DatagramLoss
from gateway.sources.receiving.reception import Reception
from gateway.sources.rtsp.protocol.transport import TCP_FIRST, WISHES, Carrier


class Carriage:
    """Knows the carriers of one stream, across all its connections. ``transport`` is a key of ``WISHES``.

    ``carriers`` are those to request, in order; ``why_no_datagrams`` says why UDP was given up, if it was.
    """

    def __init__(self, transport: str) -> None:
        self.carriers: Sequence[Carrier] = WISHES[transport]
        self.why_no_datagrams = ""
        self._refused: tuple[Carrier, ...] = ()
        self._loss = DatagramLoss()

    def begin(self) -> None:
        """Begin with a new connection."""
        self._loss = DatagramLoss()

    def hung_up(self, refused: tuple[Carrier, ...]) -> None:
        """From now on, request the carriers that the camera ``refused`` last of all, because it hung up before it could
        be asked for anything else."""
        if refused:
            self._refused = refused
            self.carriers = (*(each for each in self.carriers if each not in refused), *refused)

    def nothing_arrived(self) -> CameraError:
        """Request TCP before UDP from now on, because no datagram has arrived. Return the error to end with."""
        self.carriers = TCP_FIRST
        self.why_no_datagrams = "The camera's datagrams do not arrive here"
        words = "No datagrams from the camera arrive here: connecting again, over TCP if it allows that."
        return CameraError(SourceReason.STREAM_STOPPED, words)

    def notes(
        self, carrier: Carrier, refused: tuple[Carrier, ...], reception: Reception, now: float
    ) -> tuple[str, ...]:
        """Return notes for district IT about how the stream is carried. Raises ``CameraError`` if the network keeps
        losing datagrams and the camera may send over TCP instead, which is requested next."""
        said = notes.carried(refused or self._refused, carrier, self.why_no_datagrams)
        fraction = self._loss.mark(now, reception.packets, reception.lost) if carrier is Carrier.UDP else 0.0
        if not fraction:
            return said
        words = notes.losing(fraction)
        if Carrier.TCP in refused:
            return (*said, f"{words}, and the camera does not send over TCP: repair the network.")
        self.carriers = TCP_FIRST
        self.why_no_datagrams = words
        raise CameraError(SourceReason.UNUSABLE, f"{words}: connecting again, over TCP.")
