"""A compromised camera: it may show what it likes, but must not disturb the other cameras."""

import asyncio
import time
from fractions import Fraction

import av
import pytest

from gateway.codecs.access_unit import AccessUnit
from gateway.errors import CameraError
from gateway.health.decoded_keyframe import MAX_PICTURES, cells_of
from gateway.models import SourceReason
from gateway.sources.receiving.allowance import MESSAGES_A_SECOND, MESSAGES_AT_ONCE
from gateway.sources.receiving.sound import Sound
from gateway.sources.rtsp.client import RtspClient
from gateway.sources.rtsp.connecting import connected
from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.fakes import FakeClock
from tests.rtp.packets import rtp
from tests.sources.recording import RecordingSink
from tests.sources.scripted import ScriptedCamera

NOTHING = b"$\0\0\0"
"""An interleaved frame that contains no packet."""


class Ear:
    """Receives sound and discards it."""

    def began(self, codec: str) -> None:
        return

    def heard(self, sound: Sound) -> None:
        return


def client(clock: FakeClock) -> RtspClient:
    return RtspClient(parse_address("rtsp://camera/main", None, None), RecordingSink(), clock)


def sends(connection: RtspClient, data: bytes) -> None:
    """Feed data into the connection as the event loop does."""
    while data:
        room = connection.get_buffer(len(data))
        size = min(len(room), len(data))
        room[:size] = data[:size]
        connection.buffer_updated(size)
        data = data[size:]


async def ended(connection: RtspClient, clock: FakeClock) -> SourceReason | None:
    """Return why the connection has ended, or None if it has not."""
    step = asyncio.create_task(connection.step())
    await clock.advance(1.0)
    try:
        await step
    except CameraError as error:
        return error.reason
    return None


async def test_a_flood_of_empty_packets_ends_the_connection() -> None:
    clock = FakeClock()
    flooded = client(clock)
    sends(flooded, NOTHING * int(MESSAGES_AT_ONCE + 1))
    assert await ended(flooded, clock) is SourceReason.MALFORMED


@pytest.mark.parametrize(("share", "ends"), [(0.9, False), (1.5, True)])
async def test_what_a_camera_may_send_is_limited_per_second(share: float, ends: bool) -> None:
    clock = FakeClock()
    camera = client(clock)
    for _ in range(50):
        sends(camera, NOTHING * int(MESSAGES_A_SECOND * share))
        await clock.advance(1.0)
    assert await ended(camera, clock) is (SourceReason.MALFORMED if ends else None)


def coded(width: int, height: int, pictures: int) -> list[bytes]:
    """Return NAL units of pictures that are all keyframes of one slice with almost no content."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 10)
    encoder.thread_count = 1
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": "keyint=1:repeat-headers=1:slices=1",
    }
    packets = []
    for number in range(pictures):
        frame = av.VideoFrame(width, height, "yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    stream = b"".join(bytes(packet) for packet in [*packets, *encoder.encode(None)])
    return [nal for nal in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if nal]


def keyframe(nals: list[bytes]) -> AccessUnit:
    return AccessUnit(tuple(nals), 0, True, 0.0)


def test_hundreds_of_pictures_in_one_access_unit_are_checked_as_one() -> None:
    nals = coded(1280, 720, MAX_PICTURES)
    began = time.process_time()
    cells_of(keyframe(nals))
    one = time.process_time() - began
    began = time.process_time()
    cells_of(keyframe(nals * 250))
    assert time.process_time() - began < 20 * one + 0.1


@pytest.mark.parametrize(("width", "height"), [(8192, 8192), (16384, 4096)])
def test_a_gigantic_picture_is_refused_before_memory_is_allocated(width: int, height: int) -> None:
    with pytest.raises((av.FFmpegError, ValueError)):
        cells_of(keyframe(coded(width, height, 1)))


@pytest.mark.parametrize(("fps", "ends"), [(120, False), (400, True)])
async def test_tiny_pictures_are_limited_per_second_because_each_is_sent_to_every_viewer(fps: int, ends: bool) -> None:
    clock = FakeClock()
    async with ScriptedCamera() as camera:
        address = parse_address(camera.url, None, None)
        async with connected(address, RecordingSink(), clock) as playing, asyncio.timeout(10):
            while playing.incoming.reception is None:  # noqa: ASYNC110  # no event is set
                await asyncio.sleep(0.005)
            for _ in range(40):
                sends(playing, b"".join(encode_frame(0, camera.packet()) for _ in range(fps)))
                await clock.advance(1.0)
            assert await ended(playing, clock) is (SourceReason.MALFORMED if ends else None)


@pytest.mark.parametrize(("a_second", "ends"), [(100, False), (400, True)])
async def test_sound_packets_are_limited_per_second_too(a_second: int, ends: bool) -> None:
    clock = FakeClock()
    async with ScriptedCamera() as camera:
        camera.description += b"m=audio 0 RTP/AVP 8\r\na=control:track2\r\n"
        address = parse_address(camera.url, None, None)
        async with connected(address, RecordingSink(), clock, sound=Ear()) as listening, asyncio.timeout(10):
            while listening.incoming.reception is None:  # noqa: ASYNC110  # no event is set
                await asyncio.sleep(0.005)
            for second in range(40):
                numbers = range(second * a_second, (second + 1) * a_second)
                sends(listening, b"".join(encode_frame(2, rtp(number, 0, b"x", kind=8)) for number in numbers))
                await clock.advance(1.0)
            assert await ended(listening, clock) is (SourceReason.MALFORMED if ends else None)


async def test_a_camera_with_an_invalid_host_name_is_unreachable() -> None:
    address = parse_address(f"rtsp://{'a' * 70}/main", None, None)
    with pytest.raises(CameraError, match="host name"):
        async with connected(address, RecordingSink(), FakeClock()):
            pass
