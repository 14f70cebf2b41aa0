"""The interface of a codec made of NAL units: their types, headers, first slices and parameter sets. Pure."""

from abc import ABC, abstractmethod
from typing import ClassVar

from gateway.codecs.sequence_parameters import SequenceParameters


class NalSyntax(ABC):
    """One codec, as RTP carries it. NAL units have no start codes; a payload begins like a NAL unit."""

    codec: ClassVar[str]
    header: ClassVar[int]
    """The number of bytes of a NAL unit's header. A fragment has one more byte, which holds its flags and the type of
    its NAL unit."""
    picture_kinds: ClassVar[frozenset[int]]
    keyframe_kinds: ClassVar[frozenset[int]]
    skipped_kinds: ClassVar[frozenset[int]] = frozenset()
    """Types of pictures that follow a keyframe and refer to what precedes it. A decoder that begins with that keyframe
    cannot decode them."""
    set_kinds: ClassVar[tuple[int, ...]]
    """Types of parameter sets, in the order in which they are sent. All of them are needed."""
    leading_kinds: ClassVar[frozenset[int]]
    """NAL unit types that precede the first slice of an access unit, so one of them after a slice begins a new access
    unit."""
    sps_kind: ClassVar[int]
    delimiter_kind: ClassVar[int]
    aggregate_kind: ClassVar[int]
    fragment_kind: ClassVar[int]
    wrapping_kinds: ClassVar[frozenset[int]]
    """Types in which RTP packs NAL units. If one of them is nested in another, parts of the picture are not unpacked,
    unless ``packs`` shows that the camera uses the type for something else."""
    empty_kinds: ClassVar[frozenset[int]]
    """Undefined types. Whatever a camera uses them for, they are not part of a picture."""

    @abstractmethod
    def kind(self, nal: bytes) -> int:
        """Return the type of a NAL unit, or of a payload."""

    def packs(self, nal: bytes) -> bool:
        """Return True if a unit of one of ``wrapping_kinds`` really holds NAL units."""
        return True

    @abstractmethod
    def header_of_fragment(self, payload: bytes) -> bytes:
        """Return the header of the NAL unit to which a fragment belongs."""

    @abstractmethod
    def begins_picture(self, payload: bytes) -> bool:
        """Return True if a packet holds the first bytes of an access unit. Packets lost before it belong to others."""

    @abstractmethod
    def opens(self, nal: bytes) -> bool:
        """Return True if a NAL unit is the first slice of a picture."""

    @abstractmethod
    def set_id(self, nal: bytes) -> int:
        """Return the id of a parameter set. Raises ``Malformed``."""

    @abstractmethod
    def parse_sps(self, nal: bytes) -> SequenceParameters:
        """Return the contents of an SPS. Raises ``Malformed``."""

    @abstractmethod
    def recovery_point(self, nal: bytes) -> int:
        """Return the number of pictures after which a decoder that begins here shows whole ones, or ``recovery.NONE``
        if this NAL unit does not say that a decoder can begin here.
        """
