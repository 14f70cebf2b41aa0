"""H.264 from RTP (RFC 6184 5.4 to 5.8, modes 0 and 1): packets in, whole access units out. Pure.

What is passed on can be decoded. An access unit that misses packets is dropped, and so is every following one until
the next keyframe: they refer to what is missing, and a decoder that is fed them shows smeared or mixed pictures without
saying so, while a picture that stands still is told by its age. For the same reason nothing is passed on before the
first keyframe. A keyframe is an access unit with an IDR slice; a camera that only sends recovery points (gradual
refresh) is noted, for browsers cannot start on those.
"""

from contextlib import suppress

from gateway.errors import Malformed
from gateway.sources.media import AccessUnit
from gateway.sources.rtp import RtpPacket
from gateway.sources.sps import parameter_set_id

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9
STAP_A, FU_A = 24, 28
PICTURE = frozenset({1, 2, 3, 4, 5})
RECOVERY_POINT = 6
MAX_NAL = 2 * 1024 * 1024
MAX_ACCESS_UNIT = 4 * 1024 * 1024
MAX_NALS = 512
MAX_PARAMETER_SETS = 64
BACKWARD_UNITS = 3


class Depacketizer:
    """Builds the access units of one RTP source, which end with the marker or with a change of timestamp.

    ``seen`` counts pictures that have ended, ``dropped`` those of them that were not passed on, ``malformed`` packets
    of no use. ``sps`` is the newest that was seen, the SDP's included.
    """

    def __init__(self, parameter_sets: tuple[bytes, ...] = ()) -> None:
        self.seen = 0
        self.dropped = 0
        self.malformed = 0
        self.awaiting_keyframe = True
        self.recovery_points = False
        self._backward = 0
        self.sps: bytes | None = None
        self._sets: dict[tuple[int, int], bytes] = {}
        self._timestamp: int | None = None
        self._arrival = 0.0
        self._nals: list[bytes] = []
        self._fragments: list[bytes] = []
        self._fragments_size = 0
        self._size = 0
        self._damaged = False
        self._begun = False
        self._lost = 0
        self._last_sent: int | None = None
        for nal in parameter_sets:
            with suppress(Malformed):
                self._keep_parameter_set(nal)

    @property
    def reordered(self) -> bool:
        """Whether pictures are not sent in the order in which they are shown."""
        return self._backward >= BACKWARD_UNITS

    def push(self, packet: RtpPacket, missing: int, arrival: float) -> tuple[AccessUnit, ...]:
        """Take the next packet, before which ``missing`` are lost. One of no use
        damages its access unit."""
        finished: tuple[AccessUnit, ...] = ()
        timestamp, payload = packet.timestamp, packet.payload
        if timestamp != self._timestamp:
            if self._begun:
                if missing:
                    self._damaged = True
                finished = self._finish()
            self._timestamp = timestamp
        if missing:
            self._lost += missing
            self._fragments.clear()
            self.awaiting_keyframe = True
            if self._begun or not _begins_picture(payload):
                self._damaged = True
        self._begun = True
        self._arrival = arrival
        try:
            self._unpack(payload)
        except Malformed:
            self.malformed += 1
            self._damaged = True
        if packet.marker:
            finished += self._finish()
        return finished

    def _unpack(self, payload: bytes) -> None:
        if len(payload) < 2:
            raise Malformed("H.264 payload of less than 2 bytes")
        kind = payload[0] & 0x1F
        if kind == FU_A:
            self._fragment(payload)
        elif kind == STAP_A:
            position = 1
            while position < len(payload):
                size = int.from_bytes(payload[position : position + 2], "big")
                position += 2 + size
                if not size or position > len(payload):
                    raise Malformed("aggregation packet is cut off")
                self._add(payload[position - size : position])
        else:
            self._add(payload)

    def _fragment(self, payload: bytes) -> None:
        header = payload[1]
        if header & 0x80:
            if self._fragments:
                self._damaged = True
            self._fragments = [bytes((payload[0] & 0xE0 | header & 0x1F,)), payload[2:]]
            self._fragments_size = len(payload)
        elif self._fragments:
            self._fragments.append(payload[2:])
            self._fragments_size += len(payload)
            if self._fragments_size > MAX_NAL:
                self._fragments = []
                raise Malformed("NAL unit over the limit")
        elif not self._damaged:
            raise Malformed("fragment without its beginning")
        if header & 0x40 and self._fragments:
            nal = b"".join(self._fragments)
            self._fragments = []
            self._add(nal)

    def _add(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        if not 0 < kind < STAP_A:
            raise Malformed("NAL unit of a type that has no place here")
        self._size += len(nal)
        if self._size > MAX_ACCESS_UNIT or len(self._nals) >= MAX_NALS:
            self._nals.clear()
            raise Malformed("access unit over the limit")
        if kind in (SPS, PPS):
            self._keep_parameter_set(nal)
        elif kind == SEI and len(nal) > 1 and nal[1] == RECOVERY_POINT:
            self.recovery_points = True
        self._nals.append(nal)

    def _keep_parameter_set(self, nal: bytes) -> None:
        kind = nal[0] & 0x1F
        key = (kind, parameter_set_id(nal))
        if key not in self._sets and len(self._sets) >= MAX_PARAMETER_SETS:
            raise Malformed("more parameter sets than any camera needs")
        self._sets[key] = nal
        if kind == SPS:
            self.sps = nal

    def _finish(self) -> tuple[AccessUnit, ...]:
        """End the access unit at hand; it comes out unless it cannot be decoded."""
        nals, damaged = self._nals, self._damaged or bool(self._fragments)
        self._nals, self._fragments = [], []
        self._size, self._damaged, self._begun = 0, False, False
        kinds = {nal[0] & 0x1F for nal in nals}
        keyframe = IDR in kinds
        if not damaged and not kinds & PICTURE:
            return ()
        self.seen += 1
        if keyframe and not damaged:
            nals = self._with_parameter_sets(nals, kinds)
            damaged = not nals
        if damaged:
            self.awaiting_keyframe = True
        elif keyframe:
            self.awaiting_keyframe = False
        timestamp = self._timestamp or 0
        if self.awaiting_keyframe:
            self.dropped += 1
            return ()
        if self._last_sent is not None and (timestamp - self._last_sent) & 0xFFFFFFFF > 0xFFF00000:
            self._backward += 1
        self._last_sent = timestamp
        lost, self._lost = self._lost, 0
        return (AccessUnit(tuple(nals), timestamp, keyframe, self._arrival, lost),)

    def _with_parameter_sets(self, nals: list[bytes], kinds: set[int]) -> list[bytes]:
        """A keyframe with the sets that it needs, after its delimiter; nothing where we do not have them."""
        known = {kind for kind, _ in self._sets}
        if not {SPS, PPS} <= known:
            return []
        if {SPS, PPS} <= kinds:
            return nals
        sets = [nal for wanted in (SPS, PPS) for (kind, _), nal in self._sets.items() if kind == wanted]
        rest = [nal for nal in nals if nal[0] & 0x1F not in (SPS, PPS)]
        split = 1 if rest[0][0] & 0x1F == DELIMITER else 0
        return rest[:split] + sets + rest[split:]


def _begins_picture(payload: bytes) -> bool:
    """Whether a packet holds the first bytes of an access unit, so that what was lost before it was of others
    (ITU-T H.264 7.4.1.2.3; ``first_mb_in_slice`` of 0 is a single bit)."""
    if len(payload) < 3:
        return False
    kind = payload[0] & 0x1F
    if kind == STAP_A:
        return len(payload) > 4 and _begins_picture(payload[3:])
    if kind == FU_A:
        return bool(payload[1] & 0x80) and payload[1] & 0x1F in (SLICE, IDR) and bool(payload[2] & 0x80)
    return kind in (SEI, SPS, DELIMITER) or (kind in (SLICE, IDR) and bool(payload[1] & 0x80))
