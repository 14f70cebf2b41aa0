"""A stream's description of its pictures, whatever the codec. Pure types, no behaviour."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """``width`` and ``height`` in pixels after cropping. ``may_reorder``: False where the stream says that pictures are
    shown in the order in which they are sent, True where B-frames are announced, None where it does not say.
    ``fields``: a picture may come as two fields, which share a timestamp."""

    profile: int
    level: int
    width: int
    height: int
    may_reorder: bool | None
    fields: bool = False
