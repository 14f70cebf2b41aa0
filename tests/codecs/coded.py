"""Pictures from real encoders for tests: a moving bar, coded by x265, x264 or as JPEG."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext

from gateway.simulator.pictures.encoder import split_annex_b

TICKS = 9000  # between pictures: 10 per second


@dataclass(frozen=True)
class Coded:
    """NAL units in sending order, and the time at which the picture is shown, in 1/90000 s."""

    nals: tuple[bytes, ...]
    rtp: int


def drawn(number: int, width: int = 320, height: int = 180) -> av.VideoFrame:
    image = np.full((height, width, 3), 60, dtype=np.uint8)
    left = number * 16 % width
    image[:, left : left + 40] = 200
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
    frame.pts = number * TICKS
    frame.time_base = Fraction(1, 90_000)
    return frame


def room(number: int, width: int, height: int, walker: int | None) -> av.VideoFrame:
    """Draw a textured room with sensor noise, and somebody at the place ``walker``."""
    random = np.random.default_rng(7)
    walls = cv2.resize(random.integers(60, 160, (9, 16, 3), dtype=np.uint8), (width, height))
    noise = np.random.default_rng(number).normal(0, 2, (height, width, 1))
    image = np.asarray(np.clip(walls + noise, 0, 255), dtype=np.uint8)
    if walker is not None:
        left = walker * 3 % width
        image[height // 2 : height // 2 + height * 15 // 100, left : left + width * 6 // 100] = (70, 60, 40)
    frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")
    frame.pts, frame.time_base = number * TICKS, Fraction(1, 90_000)
    return frame


def empty(number: int, width: int, height: int) -> av.VideoFrame:
    return room(number, width, height, None)


def walked(number: int, width: int, height: int) -> av.VideoFrame:
    return room(number, width, height, number)


def coded(
    codec: str,
    count: int,
    options: Mapping[str, str],
    *,
    width: int = 320,
    height: int = 180,
    draw: Callable[[int, int, int], av.VideoFrame] = drawn,
) -> Iterator[Coded]:
    """Return ``count`` pictures encoded by libx264 or libx265."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(10)
    encoder.options = dict(options)
    for number in range(count + 1):
        for packet in encoder.encode(draw(number, width, height) if number < count else None):
            assert packet.pts is not None
            yield Coded(split_annex_b(bytes(packet)), packet.pts % 2**32)


def h265(count: int, *, gop: int = 5, parameters: str = "bframes=0") -> list[Coded]:
    quiet = f"log-level=none:keyint={gop}:min-keyint={gop}:scenecut=0:repeat-headers=1:pools=none:frame-threads=1"
    options = {"preset": "ultrafast", "x265-params": f"{quiet}:{parameters}"}
    return list(coded("libx265", count, options))


def h264(
    count: int, *, gop: int = 5, b_frames: int = 0, profile: str = "high", parameters: str = "force-cfr=1"
) -> list[Coded]:
    parameters = f"keyint={gop}:scenecut=0:repeat-headers=1:bframes={b_frames}:b-adapt=0:threads=1:{parameters}"
    return list(coded("libx264", count, {"preset": "fast", "profile": profile, "x264-params": parameters}))


def jpeg(count: int, *, width: int = 320, height: int = 180) -> list[Coded]:
    """Return whole JPEG pictures."""
    images = [drawn(number, width, height).to_ndarray(format="bgr24") for number in range(count)]
    return [Coded((cv2.imencode(".jpg", image)[1].tobytes(),), number * TICKS) for number, image in enumerate(images)]
