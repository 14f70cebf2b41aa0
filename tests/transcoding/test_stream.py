"""A transcode's viewers get the source's map, and begin only with pictures for which that map is valid."""

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream, Picture
from gateway.rtp.time import VIDEO_CLOCK_RATE, WRAP
from gateway.transcoding.stream import TranscodedStream
from tests.fakes import FakeClock

INTRA = (b"\x67sps", b"\x68pps", b"\x65" + bytes(300))


async def test_after_a_leap_no_viewer_begins_with_a_transcode_of_earlier_pictures() -> None:
    clock, metrics = FakeClock(), Metrics()
    source = CameraStream(CameraId("hall"), StreamName.MAIN, clock, metrics)
    stream = TranscodedStream(source, metrics)
    pictures: list[Picture] = []
    source.on_picture(pictures.append)

    async def show(rtp: int) -> None:
        await clock.advance(0.1)
        source.access_unit(AccessUnit(INTRA, rtp % WRAP, True, clock.monotonic(), 0))

    def code() -> None:
        unit, rtp, _ = pictures[-1]
        stream.put(AccessUnit(unit.nals, rtp, True, clock.monotonic(), 0))

    source.connected(StreamInfo("H264", VIDEO_CLOCK_RATE), clock.monotonic())
    await show(0)
    code()
    assert len(stream.gop()) == 1
    late = pictures[-1]
    await show(-10 * VIDEO_CLOCK_RATE)
    assert stream.gop() == ()
    stream.put(AccessUnit(INTRA, late.rtp, True, clock.monotonic(), 0))  # this picture was still being encoded
    assert stream.gop() == ()
    assert stream.start_timeline() is None
    code()
    assert len(stream.gop()) == 1
    start, now = stream.start_timeline(), stream.timeline()
    assert start == now
