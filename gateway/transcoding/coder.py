"""Decodes a camera's pictures and encodes them as H.264 that every browser plays. It blocks, so it runs in a separate
process.

It holds no picture back: there are no B-frames, no look-ahead, and no threads that delay pictures.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from gateway.codecs.decoding import decoder_of, packet_of, prime
from gateway.rtp.time import VIDEO_CLOCK_RATE
from gateway.transcoding.jobs import Job, Result

KEYFRAME_EVERY = 2 * VIDEO_CLOCK_RATE
MAX_PIXELS = 4096 * 4096
_START_CODE = re.compile(rb"\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class Limits:
    """Sets the limits of a transcode: ``height`` in pixels (the width is at most 16/9 of it), pictures per second, and
    bit/s."""

    height: int
    fps: int
    bitrate: int

    def as_dict(self) -> dict[str, Any]:
        """Return the limits as a dictionary, to be sent to another process."""
        return asdict(self)


class Coder:
    """Decodes and encodes one camera's pictures. They keep their timestamps."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._codec = ""
        self._decoder: VideoCodecContext | None = None
        self._encoder: VideoCodecContext | None = None
        self._whole_from: int | None = None
        self._origin = 0
        self._newest: int | None = None
        self._keyframe: int | None = None

    def code(self, job: Job) -> Iterator[Result]:
        """Yield the encoded pictures of a job.

        There are none if the job is only to be decoded, if it cannot be decoded, or if it comes too soon for the limit
        of pictures per second.
        """
        if job.fresh or job.codec != self._codec or self._decoder is None:
            self._decoder, self._codec = decoder_of(job.codec, MAX_PIXELS), job.codec
            self._whole_from = None
            if not job.whole:
                prime(self._decoder, packet_of(job.codec, job.nals))
        if job.whole and self._whole_from is None:
            self._whole_from = job.time
        packet = packet_of(job.codec, job.nals)
        packet.pts = job.time
        packet.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        try:
            frames = self._decoder.decode(packet)
        except av.FFmpegError:
            return
        for frame in frames if job.show else ():
            if frame.pts is not None and self._whole(frame.pts) and self._due(frame.pts):
                yield from self._encode(frame, frame.pts)

    def _whole(self, time: int) -> bool:
        # A picture that is shown before the first whole one may be decoded after it.
        return self._whole_from is not None and time >= self._whole_from

    def _due(self, time: int) -> bool:
        # Accept a picture that is a tenth of the interval early, since cameras' clocks jitter.
        return self._newest is None or time - self._newest >= 0.9 * VIDEO_CLOCK_RATE / self._limits.fps

    def _encode(self, frame: VideoFrame, time: int) -> Iterator[Result]:
        width, height = fitted(frame.width, frame.height, self._limits.height)
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (width, height):
            encoder = self._encoder = _encoder(width, height, self._limits)
            self._origin, self._keyframe = time, None
        picture = frame.reformat(width=width, height=height, format="yuv420p", threads=1)
        picture.pts, picture.time_base = time - self._origin, Fraction(1, VIDEO_CLOCK_RATE)
        begin = self._keyframe is None or time - self._keyframe >= KEYFRAME_EVERY
        picture.pict_type = PictureType.I if begin else PictureType.NONE
        self._newest = time
        for packet in encoder.encode(picture):
            if packet.is_keyframe:
                self._keyframe = time
            nals = tuple(nal for part in _START_CODE.split(bytes(packet))[1:] if (nal := part.rstrip(b"\0")))
            yield Result(False, packet.is_keyframe, (packet.pts or 0) + self._origin, nals)


def fitted(width: int, height: int, limit: int) -> tuple[int, int]:
    """Return even sides of the same shape, at most ``limit`` high and 16/9 of it wide."""
    scale = min(1.0, limit / height, limit * 16 / 9 / width)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _encoder(width: int, height: int, limits: Limits) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101 - narrows the type that PyAV's factory declares
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, VIDEO_CLOCK_RATE), Fraction(limits.fps)
    encoder.bit_rate = limits.bitrate
    kbits = limits.bitrate // 1000
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "x264-params": f"keyint=infinite:scenecut=0:repeat-headers=1:threads=1:vbv-maxrate={kbits}:vbv-bufsize={kbits}",
    }
    return encoder
