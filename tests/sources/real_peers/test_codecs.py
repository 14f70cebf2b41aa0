"""Every codec that cameras use can be received from GStreamer's RTSP server."""

import asyncio

import pytest

from gateway.clock import SystemClock
from gateway.health.decoded_keyframe import cells_of
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceState, StreamName
from gateway.relay.audio import AudioPacket, AudioStream
from gateway.sources.source import Source
from tests.gst.camera import gst_camera
from tests.sources.real_peers.test_servers import pulled
from tests.sources.recording import RecordingSink

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("codec", "name", "height"),
    [("h264", "H264", 180), ("high", "H264", 180), ("h265", "H265", 180), ("jpeg", "JPEG", 184)],
)
async def test_a_stream_of_each_codec_is_pulled_named_and_decoded(codec: str, name: str, height: int) -> None:
    with gst_camera("--codec", codec) as camera:
        async with pulled(camera.url) as pull:
            sink = pull.sink
            await pull.wait_until(lambda: len(sink.units) >= 25 and sum(unit.keyframe for unit in sink.units) >= 2)
            await pull.wait_until(lambda: pull.source.status().height > 0)
            status = pull.source.status()
            assert (status.state, status.codec, status.width, status.height) == (SourceState.UP, name, 320, height)
            assert status.notes == ()
            assert {unit.codec for unit in sink.units} == {name}
            assert sum(unit.lost for unit in sink.units) == 0
            cells = cells_of(next(unit for unit in sink.units if unit.keyframe))
            assert int(cells.max()) - int(cells.min()) > 100  # a white ball on black


async def test_b_frames_are_found_and_reported() -> None:
    with gst_camera("--codec", "b-frames") as camera:
        async with pulled(camera.url) as pull:
            await pull.wait_until(lambda: any("B-frames" in note for note in pull.source.status().notes))


@pytest.mark.parametrize(("option", "codec"), [("pcmu", "PCMU"), ("pcma", "PCMA")])
async def test_sound_is_received_beside_the_picture_if_it_is_wanted(option: str, codec: str) -> None:
    sink, stream = RecordingSink(), AudioStream(CameraId("camera"), Metrics())
    heard: list[AudioPacket] = []
    stream.subscribe(heard.append)
    with gst_camera("--audio", option) as camera:
        source = Source(
            CameraId("camera"),
            StreamName.MAIN,
            camera.url,
            None,
            None,
            sink,
            SystemClock(),
            Metrics(),
            lambda _status: None,
            sound=stream,
        )
        task = asyncio.create_task(source.run(), name="source")
        try:
            async with asyncio.timeout(15):
                while len(heard) < 100 or not sink.units:
                    sink.changed.clear()
                    await sink.changed.wait()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert stream.codec == codec
    ends = [packet.rtp + len(packet.payload) for packet in heard]
    assert [packet.rtp for packet in heard[1:]] == ends[:-1]  # 8000 samples per second, none missing
    assert len({byte for packet in heard for byte in packet.payload}) > 20  # a tone, not silence
