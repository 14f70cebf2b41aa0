"""Describes why a camera's pictures are not passed on. Pure."""

from enum import IntEnum


class Unused(IntEnum):
    """Causes, from the one that explains least to the one that explains most. A stream shows the highest one seen since
    its last good picture, so that the description does not change with every picture.
    """

    NOTHING = 0
    NO_PICTURE = 1
    NO_KEYFRAME = 2
    GRADUAL = 3
    NOT_READABLE = 4
    PACKETS_LOST = 5
    NO_PARAMETER_SETS = 6
    TOO_LARGE = 7
    FOREIGN_PACKETS = 8
    NOT_RTP = 9


_WHY = {
    Unused.NOTHING: "",
    Unused.NO_PICTURE: "none of them ever ends",
    Unused.NO_KEYFRAME: "they must wait for a keyframe",
    Unused.GRADUAL: "there is no keyframe (IDR), because the camera refreshes its picture gradually",
    Unused.NOT_READABLE: "their data is damaged, or of a kind that is not supported",
    Unused.PACKETS_LOST: "some of their packets are lost on the way",
    Unused.NO_PARAMETER_SETS: "their parameter sets (SPS, PPS) are missing",
    Unused.TOO_LARGE: "they are larger than JPEG over RTP can describe (2040 pixels)",
    Unused.FOREIGN_PACKETS: "their packets have a different payload type from the one that the camera announced",
    Unused.NOT_RTP: "their packets cannot be read as RTP",
}


def in_words(cause: Unused) -> str:
    """Return a sentence for district IT."""
    return f"The camera's pictures cannot be used: {_WHY[cause]}."
