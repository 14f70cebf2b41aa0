"""Creates FFmpeg decoders for what cameras send. Decoding blocks: call it in a thread or a process of its own."""

import contextlib
from collections.abc import Iterable

import av
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext

from gateway.codecs.names import H264, H265, JPEG

_DECODERS = {H264: "h264", H265: "hevc", JPEG: "mjpeg"}
_START_CODE = b"\0\0\0\1"


def decoder_of(codec: str, max_pixels: int) -> VideoCodecContext:
    """Return a decoder that uses one thread, holds no picture back and refuses more than ``max_pixels``."""
    decoder = av.CodecContext.create(_DECODERS[codec], "r")
    assert isinstance(decoder, VideoCodecContext)  # noqa: S101 - narrows the type that PyAV's factory declares
    decoder.options = {"max_pixels": str(max_pixels)}
    decoder.thread_count = 1
    return decoder


def packet_of(codec: str, nals: Iterable[bytes]) -> "av.Packet[Stream]":
    """Return an access unit in the form that a decoder needs: NAL units behind start codes, or a JPEG as it is."""
    start_code = b"" if codec == JPEG else _START_CODE
    return av.Packet(b"".join(start_code + nal for nal in nals))


def prime(decoder: VideoCodecContext, first: "av.Packet[Stream]") -> None:
    """Prepare a new decoder to begin with ``first``, a picture that refers to earlier ones. Decode that picture next.

    FFmpeg drops a picture that has nothing at all to refer to, and the part that it refreshes would then stay wrong. So
    the picture is decoded twice, and the second copy refers to the first.
    """
    with contextlib.suppress(av.FFmpegError):
        decoder.decode(first)
