"""Defines the messages between the gateway and a transcoding process. Pure.

The process decodes bytes that may be hostile, so its results are checked like those of a stranger.
"""

from typing import NamedTuple

from gateway.subprocesses.values import Reader


class Job(NamedTuple):
    """Carries a picture to decode.

    ``time`` is in 1/90000 s, on the timeline that viewers get. The picture is also encoded if ``show`` is set.
    ``fresh`` means that it refers to nothing decoded before. ``nals`` are as in ``AccessUnit``. ``whole`` is False
    while a decoder that began at a recovery point has refreshed only parts of the picture.
    """

    codec: str
    show: bool
    fresh: bool
    time: int
    nals: tuple[bytes, ...]
    whole: bool = True


class Result(NamedTuple):
    """Carries a coded picture. Without ``nals`` it only says that one more ``Job`` is ``done``."""

    done: bool
    keyframe: bool
    time: int
    nals: tuple[bytes, ...] = ()


JOBS: Reader[Job] = Reader(Job, "a job")
RESULTS: Reader[Result] = Reader(Result, "a result of a transcode")
