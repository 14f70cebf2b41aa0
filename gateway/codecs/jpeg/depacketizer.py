"""Turns JPEG over RTP (RFC 2435) into whole JPEG pictures. Pure.

RTP carries only the entropy-coded data. The headers of the picture are rebuilt (appendices A and B): quantisation
tables from the packet or from Q, the typical Huffman tables, and restart intervals. Every picture stands alone, so a
picture with missing packets is dropped and the next one is shown.
"""

from struct import Struct

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.depacketizer import MAX_ACCESS_UNIT, Counts
from gateway.codecs.jpeg.headers import headers, tables_of_quality
from gateway.codecs.sequence_parameters import SequenceParameters
from gateway.codecs.unused import Unused
from gateway.errors import Malformed
from gateway.rtp.packet import RtpPacket

_MAIN = Struct("!IBBBB")
_SHORT = Struct("!H")
_RESTARTS = 64  # types 64 to 127 are types 0 to 63 with restart markers
_IN_BAND = 128  # from this Q on, tables are in the packets; with 255, every picture has its own
_TABLE = 64
_END_OF_IMAGE = b"\xff\xd9"


class JpegDepacketizer(Counts):
    """Builds the pictures of one RTP source. See ``depacketizer.Depacketizer``."""

    def __init__(self) -> None:
        super().__init__()
        self._too_large = False
        self._tables: dict[int, bytes] = {}
        self._timestamp: int | None = None
        self._arrival = 0.0
        self._head = b""
        self._pieces: list[bytes] = []
        self._size = 0
        self._damaged = False
        self._begun = False
        self._lost = 0
        self._missed = False

    def notes(self) -> tuple[str, ...]:
        """Return notes for district IT about this stream."""
        if self._too_large:
            return (
                "The camera's JPEG pictures are larger than RTP can describe: set 2040 pixels or less, or use H.264.",
            )
        return ()

    def push(self, packet: RtpPacket, missing: int, arrival: float, followed: bool = False) -> tuple[AccessUnit, ...]:
        """Process the next packet. See ``Depacketizer``."""
        finished: tuple[AccessUnit, ...] = ()
        if packet.timestamp != self._timestamp:
            if self._begun:
                self._missed = self._missed or missing > 0
                self._damaged = self._damaged or missing > 0
                finished = self._finish()
            self._timestamp = packet.timestamp
        self._lost += missing
        self._missed = self._missed or missing > 0
        self._begun = True
        self._arrival = arrival
        try:
            self._unpack(packet.payload)
        except Malformed:
            self.malformed += 1
            self._damaged = True
        if packet.marker and not followed:
            finished += self._finish()
        return finished

    def begin_again(self) -> tuple[AccessUnit, ...]:
        """Begin with another RTP source, which has its own tables. A picture that has not ended is dropped."""
        if self._begun:
            self._damaged = True
            self._finish()
        self._timestamp, self._tables, self._lost = None, {}, 0
        return ()

    @property
    def continuation(self) -> bytes:
        """Return nothing: every packet states its place in the picture."""
        return b""

    @property
    def conclusion(self) -> bytes:
        """Return nothing, for the same reason."""
        return b""

    def carry_on(
        self, pieces: list[bytes], size: int, arrival: float, ends: bool, followed: bool
    ) -> tuple[AccessUnit, ...]:
        """Do nothing. This is never called, because ``continuation`` is empty."""
        return ()

    def _why_dropped(self) -> Unused:
        if self._too_large:
            return Unused.TOO_LARGE
        return Unused.PACKETS_LOST if self._missed else Unused.NOT_READABLE

    def _unpack(self, payload: bytes) -> None:
        """Read the main header (3.1), restart header (3.1.7) and tables (3.1.8), then a piece of the picture."""
        if len(payload) < _MAIN.size:
            raise Malformed("JPEG payload of less than 8 bytes")
        offset, kind, quality, width, height = _MAIN.unpack_from(payload)
        offset &= 0xFFFFFF
        at, interval = _MAIN.size, 0
        if kind & ~_RESTARTS > 1:
            raise Malformed("JPEG of an undefined type")
        if kind & _RESTARTS:
            interval = _read_short(payload, at)
            at += 4
        if not offset:
            at, tables = self._read_tables(payload, at, quality)
            self._too_large = not (width and height)
            if self._too_large:
                raise Malformed("JPEG picture of more than 2040 pixels")
            self._pieces, self._size = [], 0
            self._head = headers(kind & 1, width * 8, height * 8, tables, interval)
            if self.picture is None or (self.picture.width, self.picture.height) != (width * 8, height * 8):
                self.picture = SequenceParameters(0, 0, width * 8, height * 8, False)
        elif offset != self._size and not self._damaged:
            self._damaged = True
            if not self._lost:
                raise Malformed("JPEG piece at an unexpected position")
        if self._damaged:
            return
        self._size += len(payload) - at
        if self._size > MAX_ACCESS_UNIT or at > len(payload):
            self._pieces.clear()
            raise Malformed("JPEG picture over the limit, or packet cut off")
        self._pieces.append(payload[at:])

    def _read_tables(self, payload: bytes, at: int, quality: int) -> tuple[int, bytes]:
        """Return where the data begins, and the two quantisation tables of 64 bytes."""
        if quality < _IN_BAND:
            return at, tables_of_quality(quality)
        length = _read_short(payload, at + 2)
        tables = payload[at + 4 : at + 4 + length]
        if payload[at + 1] or length % _TABLE or len(tables) != length:
            raise Malformed("unusable JPEG quantisation tables")
        if length:
            # Either one table for all components, or one for luma and one for chroma; nothing refers to more (RFC 2435
            # 4.1).
            self._tables[quality] = (tables if length > _TABLE else tables * 2)[: 2 * _TABLE]
        elif quality == 255 or quality not in self._tables:
            raise Malformed("JPEG without its quantisation tables")
        return at + 4 + length, self._tables[quality]

    def _finish(self) -> tuple[AccessUnit, ...]:
        damaged = self._damaged or not self._pieces
        picture = b"".join((self._head, *self._pieces))
        self._pieces, self._size = [], 0
        self._damaged = self._begun = False
        self.seen += 1
        if damaged:
            self.dropped += 1
            self.unused = max(self.unused, self._why_dropped())
            self._missed = False
            return ()
        self.unused = Unused.NOTHING
        if not picture.endswith(_END_OF_IMAGE):
            picture += _END_OF_IMAGE
        lost, self._lost = self._lost, 0
        return (AccessUnit((picture,), self._timestamp or 0, True, self._arrival, lost, "JPEG"),)


def _read_short(payload: bytes, at: int) -> int:
    if at + 2 > len(payload):
        raise Malformed("JPEG payload is cut off")
    return int(_SHORT.unpack_from(payload, at)[0])
