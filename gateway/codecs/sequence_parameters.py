"""A stream's description of its pictures, whatever the codec. Pure types, no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """``width`` and ``height`` are in pixels after cropping. ``may_reorder`` is False if the stream says that pictures
    are shown in the order in which they are sent, True if it announces B-frames, and None if it does not say.
    ``fields``: a picture may arrive as two fields with the same timestamp."""

    profile: int
    level: int
    width: int
    height: int
    may_reorder: bool | None
    fields: bool = False
