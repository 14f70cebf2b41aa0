"""Decodes one keyframe into a small grey copy or a JPEG. It blocks for a few milliseconds, so call it in a thread.

If the camera refreshes its picture gradually, the pictures of a whole refresh are decoded to get one that is whole.
"""

import time
from collections.abc import Iterator, Sequence

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.stream import Stream

from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.decoding import decoder_of, packet_of, prime
from gateway.codecs.registry import SYNTAXES
from gateway.health.likeness import SHAPE, Cells

STILL_WIDTH = 640
JPEG_QUALITY = 75
MAX_PIXELS = 4096 * 2304
MOST_SECONDS = 1.0
"""Seconds of processor time that decoding the pictures before the wanted one may take."""
MAX_PICTURES = 2  # of one access unit: the two fields of a frame
_LUMA_FIRST = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"})
"""The pixel formats whose first plane is the grey picture, with one byte per pixel."""
_FULL_RANGE = 2
_BLACK, _SPAN = 16, 219  # of limited range (ITU-R BT.601)


def cells_of(unit: AccessUnit, before: Sequence[AccessUnit] = ()) -> Cells:
    """Return a small grey copy of a keyframe, in ``SHAPE``. ``before`` is decoded first, as in ``WholePicture``.

    A keyframe is decoded without the deblocking filter, which hardly changes the mean of an area. Raises
    ``av.FFmpegError`` or ``ValueError`` if there is no picture, or if it takes too long to get to it.
    """
    frame = _decoded(unit, before, {} if before else {"skip_loop_filter": "all"})
    small = cv2.resize(_grey(frame), (SHAPE[1], SHAPE[0]), interpolation=cv2.INTER_AREA)
    if frame.format.name not in _LUMA_FIRST or frame.format.name.startswith("yuvj") or frame.color_range == _FULL_RANGE:
        return np.asarray(small, dtype=np.uint8)
    levels = np.clip((small.astype(np.float32) - _BLACK) * (255 / _SPAN) + 0.5, 0, 255)
    return np.asarray(levels, dtype=np.uint8)


def jpeg_of(unit: AccessUnit, before: Sequence[AccessUnit] = ()) -> bytes:
    """Return a keyframe as a JPEG that is at most ``STILL_WIDTH`` pixels wide.

    Parameters and errors are those of ``cells_of``.
    """
    frame = _decoded(unit, before, {})
    width = min(frame.width, STILL_WIDTH)
    height = max(1, round(frame.height * width / frame.width))
    picture = frame.to_ndarray(format="bgr24", width=width, height=height)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _decoded(unit: AccessUnit, before: Sequence[AccessUnit], options: dict[str, str]) -> av.VideoFrame:
    decoder = decoder_of(unit.codec, MAX_PIXELS)
    decoder.options |= options
    latest = time.thread_time() + MOST_SECONDS
    if before:
        prime(decoder, packet_of(unit.codec, _first_pictures(before[0])))
    for number, earlier in enumerate(before):
        decoder.decode(_packet(earlier, number))
        if time.thread_time() > latest:
            raise ValueError("the refresh takes too long to decode")
    frames = [*decoder.decode(_packet(unit, len(before))), *decoder.decode(None)]
    wanted = [frame for frame in frames if not before or frame.pts == len(before)]
    if not wanted:
        raise ValueError("no picture in the keyframe")
    return wanted[0]


def _packet(unit: AccessUnit, number: int) -> "av.Packet[Stream]":
    packet = packet_of(unit.codec, _first_pictures(unit))
    packet.pts = number
    return packet


def _grey(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    if frame.format.name not in _LUMA_FIRST:
        return np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8)
    plane = frame.planes[0]
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


def _first_pictures(unit: AccessUnit) -> Iterator[bytes]:
    """Yield the NAL units of the first ``MAX_PICTURES`` pictures.

    A camera may pack hundreds of pictures into one access unit. They would be small to send but slow to decode, and the
    other cameras would have to wait.
    """
    begun, syntax = 0, SYNTAXES.get(unit.codec)
    for nal in unit.nals:
        begun += syntax is not None and syntax.opens(nal)
        if begun > MAX_PICTURES:
            return
        yield nal
