"""The interface of a codec made of NAL units: their types, headers, first slices and parameter sets. Pure."""

from abc import ABC, abstractmethod
from typing import ClassVar

from gateway.codecs.sequence_parameters import SequenceParameters


class NalSyntax(ABC):
    """One codec, as RTP carries it. NAL units are without start codes; a payload begins as a NAL unit does."""

    codec: ClassVar[str]
    header: ClassVar[int]
    """Bytes of a NAL unit's header. A fragment has one byte more, with its flags and the type of its NAL unit."""
    picture_kinds: ClassVar[frozenset[int]]
    keyframe_kinds: ClassVar[frozenset[int]]
    skipped_kinds: ClassVar[frozenset[int]] = frozenset()
    """Pictures that follow a keyframe and refer to what precedes it, so that a decoder that begins there cannot decode
    them."""
    set_kinds: ClassVar[tuple[int, ...]]
    """Parameter sets, all of them needed, in the order in which they are sent."""
    leading_kinds: ClassVar[frozenset[int]]
    """What stands before the first slice of an access unit, and so behind the last one of another."""
    sps_kind: ClassVar[int]
    delimiter_kind: ClassVar[int]
    aggregate_kind: ClassVar[int]
    fragment_kind: ClassVar[int]
    wrapping_kinds: ClassVar[frozenset[int]]
    """Types by which RTP packs NAL units. One of them within another holds parts of a picture that nobody unpacks."""
    empty_kinds: ClassVar[frozenset[int]]
    """Types that are not defined: whatever a camera uses them for, it is no part of a picture."""

    @abstractmethod
    def kind(self, nal: bytes) -> int:
        """Return the type of a NAL unit, or of a payload."""

    @abstractmethod
    def header_of_fragment(self, payload: bytes) -> bytes:
        """Return the header of the NAL unit that a fragment is of."""

    @abstractmethod
    def begins_picture(self, payload: bytes) -> bool:
        """Return True if a packet holds the first bytes of an access unit: what was lost before it was of others."""

    @abstractmethod
    def opens(self, nal: bytes) -> bool:
        """Return True if a NAL unit is the first slice of a picture."""

    @abstractmethod
    def set_id(self, nal: bytes) -> int:
        """Return the id of a parameter set. Raises ``Malformed``."""

    @abstractmethod
    def parse_sps(self, nal: bytes) -> SequenceParameters:
        """Return what an SPS tells. Raises ``Malformed``."""

    @abstractmethod
    def recovery_point(self, nal: bytes) -> int:
        """Return after how many pictures a decoder that begins here shows whole ones, or ``recovery.NONE``: a decoder
        cannot begin here, as far as this NAL unit tells."""
