"""Every codec that cameras send, from GStreamer's RTSP server."""

import pytest

from gateway.models import SourceState
from gateway.sources.health import look
from tests.gst_camera import gst_camera
from tests.sources.test_real_peers import pulled


@pytest.mark.parametrize(
    ("codec", "name", "height"),
    [("h264", "H264", 180), ("high", "H264", 180), ("h265", "H265", 180), ("jpeg", "JPEG", 184)],
)
async def test_it_is_pulled_named_and_shows_its_picture(codec: str, name: str, height: int) -> None:
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
            cells, _ = look(next(unit for unit in sink.units if unit.keyframe))
            assert int(cells.max()) - int(cells.min()) > 100  # a white ball on black


async def test_b_frames_are_found_and_reported() -> None:
    with gst_camera("--codec", "b-frames") as camera:
        async with pulled(camera.url) as pull:
            await pull.wait_until(lambda: any("B-frames" in note for note in pull.source.status().notes))
