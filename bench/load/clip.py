"""The film that every camera of the bench sends: 1280x720, 30 pictures per second, 2 Mbit/s of H.264."""

from fractions import Fraction

import av
import numpy as np

FPS = 30
FRAMES = 4 * FPS
BITRATE = 2_500_000  # the encoder's limit; it uses 2.0 Mbit/s of it
PACKETS = 234  # per second, of at most 1140 bytes of payload each


def film() -> list[bytes]:
    """Return access units with start codes (Annex B). The first one is a keyframe, and the only one."""
    encoder = av.CodecContext.create("libx264", "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise TypeError("libx264 is not a video encoder")
    encoder.width, encoder.height, encoder.pix_fmt = 1280, 720, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.gop_size, encoder.bit_rate, encoder.profile = FRAMES, BITRATE, "Baseline"
    rate = str(BITRATE // 1000)
    x264 = f"repeat-headers=1:scenecut=0:sliced-threads=0:vbv-maxrate={rate}:vbv-bufsize={rate}"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": x264}
    noise = np.random.default_rng(0).integers(0, 255, (720 + FRAMES, 1280), np.uint8)
    units = []
    for number in range(FRAMES):
        picture = np.ascontiguousarray(noise[number : number + 720])
        picture = np.concatenate([picture // 2, np.full((360, 1280), 128, np.uint8)])
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts = number
        units += [bytes(packet) for packet in encoder.encode(frame)]
    return units


def nal_units(unit: bytes) -> tuple[bytes, ...]:
    """Return the NAL units of an access unit, without start codes."""
    pieces = unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return tuple(piece for piece in pieces if piece)
