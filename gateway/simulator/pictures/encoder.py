"""Encodes live H.264 with libx264. It blocks, so only worker threads call it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from gateway.simulator.faults import Refresh
from gateway.simulator.pictures.timecode import Image

TICKS_PER_SECOND = 90_000
_IDR, _SPS, _PPS = 5, 7, 8
_START_CODE = re.compile(rb"\x00\x00\x01")
_REFRESH = {Refresh.KEYFRAMES: "", Refresh.GRADUAL: ":intra-refresh=1", Refresh.OPEN: ":open-gop=1"}


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """Holds the settings of a stream: sizes in pixels (even), ``bitrate`` in bit/s, ``gop`` in seconds between
    keyframes."""

    width: int
    height: int
    fps: int
    bitrate: int
    gop: float = 2.0
    b_frames: int = 0
    refresh: Refresh = Refresh.KEYFRAMES


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """Holds one coded picture. ``nals`` are NAL units without start codes, ``ticks`` is its capture time in 1/90000 s
    since 1970.

    Pictures are in decoding order.
    """

    nals: tuple[bytes, ...]
    ticks: int
    keyframe: bool


class Encoder:
    """Runs the encoder. Each run begins with a keyframe, and its capture times only increase."""

    def __init__(self, settings: EncoderSettings) -> None:
        self._origin: int | None = None
        self._idr = settings.refresh is Refresh.KEYFRAMES
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, VideoCodecContext)  # noqa: S101  # narrows the type that PyAV's factory declares
        codec.width, codec.height, codec.pix_fmt = settings.width, settings.height, "yuv420p"
        codec.time_base = Fraction(1, TICKS_PER_SECOND)
        codec.framerate = Fraction(settings.fps)
        codec.bit_rate = settings.bitrate
        codec.options = {
            "preset": "superfast",
            "profile": "main" if settings.b_frames or not self._idr else "baseline",
            "forced-idr": "1",
            "x264-params": ":".join(
                [
                    f"keyint={max(1, round(settings.gop * settings.fps))}:scenecut=0:repeat-headers=1",
                    f"bframes={settings.b_frames}:b-adapt=0:rc-lookahead=0:sync-lookahead=0:mbtree=0:threads=1",
                    f"vbv-maxrate={settings.bitrate // 1000}:vbv-bufsize={settings.bitrate // 1000}:force-cfr=1"
                    + _REFRESH[settings.refresh],
                ]
            ),
        }
        self._codec = codec

    def encode(self, image: Image, ticks: int, *, keyframe: bool = False) -> list[CodedPicture]:
        """Encode one picture (H x W x 3, BGR) and return what is ready, in sending order. ``keyframe`` forces a
        keyframe."""
        if self._origin is None:
            self._origin = ticks
        planes = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
        frame = av.VideoFrame.from_ndarray(planes.astype(np.uint8, copy=False), format="yuv420p")
        frame.pts = ticks - self._origin
        frame.time_base = Fraction(1, TICKS_PER_SECOND)
        frame.pict_type = PictureType.I if keyframe and self._idr else PictureType.NONE
        return [self._picture(packet) for packet in self._codec.encode(frame)]

    def flush(self) -> list[CodedPicture]:
        """Return the pictures that the encoder still holds back. Nothing can be encoded afterwards."""
        return [self._picture(packet) for packet in self._codec.encode(None)]

    def _picture(self, packet: av.Packet[VideoStream]) -> CodedPicture:
        nals = split_annex_b(bytes(packet))
        # Every encoder begins with a keyframe. A stream without keyframes leaves it out.
        keyframe = packet.is_keyframe and (self._idr or all(nal[0] & 0x1F != _IDR for nal in nals))
        return CodedPicture(nals, (self._origin or 0) + (packet.pts or 0), keyframe)


def split_annex_b(stream: bytes) -> tuple[bytes, ...]:
    """Split a byte stream (ITU-T H.264 annex B) into NAL units without start codes."""
    return tuple(nal for part in _START_CODE.split(stream)[1:] if (nal := part.rstrip(b"\x00")))


@lru_cache(maxsize=64)
def parameter_sets(settings: EncoderSettings) -> tuple[bytes, bytes]:
    """Return the SPS and PPS that an encoder with these settings sends. It encodes one grey picture to find out;
    cached."""
    grey = np.full((settings.height, settings.width, 3), 128, dtype=np.uint8)
    encoder = Encoder(settings)
    nals = [nal for p in (*encoder.encode(grey, 0), *encoder.flush()) for nal in p.nals]
    (sps, pps) = (next(nal for nal in nals if nal[0] & 0x1F == kind) for kind in (_SPS, _PPS))
    return sps, pps
