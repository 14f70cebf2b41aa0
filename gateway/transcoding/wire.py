"""What gateway and transcoding process say over a pipe: headers of fixed size, bodies after them. Pure."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_HEAD = struct.Struct("!BBqI")
HEAD_SIZE = _HEAD.size
MAX_BODY = 8 * 1024 * 1024
CODECS = ("H264", "H265", "JPEG")
_SHOW, _FRESH = 1, 2
_KEYFRAME, _DONE = 1, 2
_SIZE = 4


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


class Head(NamedTuple):
    """What precedes a body of ``size`` bytes."""

    codec: int
    flags: int
    time: int
    size: int


def read_head(data: bytes) -> Head:
    """Take a header of ``HEAD_SIZE`` bytes apart."""
    return Head(*_HEAD.unpack(data))


def write_job(job: Job) -> bytes:
    """A job as bytes."""
    return _write(CODECS.index(job.codec), job.show * _SHOW | job.fresh * _FRESH, job.time, job.nals)


def read_job(head: Head, body: bytes) -> Job:
    """A job of its header and body."""
    return Job(CODECS[head.codec], bool(head.flags & _SHOW), bool(head.flags & _FRESH), head.time, tuple(_split(body)))


def write_result(result: Result) -> bytes:
    """A result as bytes."""
    return _write(0, result.keyframe * _KEYFRAME | result.done * _DONE, result.time, result.nals)


def read_result(head: Head, body: bytes) -> Result:
    """A result of its header and body."""
    return Result(bool(head.flags & _DONE), bool(head.flags & _KEYFRAME), head.time, tuple(_split(body)))


def _write(codec: int, flags: int, time: int, nals: Iterable[bytes]) -> bytes:
    body = b"".join(len(nal).to_bytes(_SIZE, "big") + nal for nal in nals)
    return _HEAD.pack(codec, flags, time, len(body)) + body


def _split(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        start = at + _SIZE
        at = start + int.from_bytes(body[at:start], "big")
        yield body[start:at]
