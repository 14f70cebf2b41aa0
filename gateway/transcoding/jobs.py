"""The messages between the gateway and a transcoding process. Pure.

The process decodes bytes that may be hostile, so its results are checked like a stranger's.
"""

from typing import NamedTuple

from gateway.subprocesses.values import Reader


class Job(NamedTuple):
    """A picture to decode. ``time`` is in 1/90000 s, of the line that viewers get. It is coded again where ``show``;
    ``fresh``: what was decoded before has nothing to do with it. ``nals`` as in ``AccessUnit``."""

    codec: str
    show: bool
    fresh: bool
    time: int
    nals: tuple[bytes, ...]


class Result(NamedTuple):
    """A coded picture, or, without ``nals``, the word that one more ``Job`` is ``done``."""

    done: bool
    keyframe: bool
    time: int
    nals: tuple[bytes, ...] = ()


JOBS: Reader[Job] = Reader(Job, "a job")
RESULTS: Reader[Result] = Reader(Result, "a result of a transcode")
