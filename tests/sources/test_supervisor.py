import asyncio
import itertools
import logging

import pytest

from gateway.codecs.access_unit import AccessUnit
from gateway.models import SourceReason, SourceState
from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.rtp.packets import NEXT, rtp
from tests.sources.bench import Bench
from tests.sources.recording import RecordingSink
from tests.sources.scripted import ScriptedCamera


async def test_a_camera_comes_up_and_is_torn_down_at_the_end(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().fps > 9, each=camera.picture)
    status = source.status()
    assert (status.reason, status.codec, status.width, status.height) == (SourceReason.NONE, "H264", 640, 360)
    assert status.fps < 11
    labels = {"camera": "camera-0", "stream": "main"}
    assert bench.value("source_state", **labels, state="up") == 1
    assert bench.value("source_state", **labels, state="connecting") == 0
    assert (bench.value("source_packets_total", **labels) or 0) > 5
    await bench.stop()
    await bench.until(lambda: "TEARDOWN" in camera.requests)
    assert (len(bench.sink.connections), bench.sink.disconnections) == (1, 1)


@pytest.mark.parametrize("udp", [False, True])
async def test_a_gateway_that_is_stopping_reads_nothing_more_and_still_says_goodbye(
    bench: Bench, camera: ScriptedCamera, udp: bool
) -> None:
    camera.udp = udp
    bench.source(camera.url)
    supervisor = bench.start()
    await bench.up(camera)
    supervisor.hush()
    units = len(bench.sink.units)
    for _ in range(20):
        camera.picture()
        await bench.clock.advance(0.1)
    assert len(bench.sink.units) == units
    await bench.stop()
    await bench.until(lambda: "TEARDOWN" in camera.requests)
    assert bench.sink.disconnections == 1


async def test_reports_keep_alives_and_clock_samples_are_exchanged(bench: Bench, camera: ScriptedCamera) -> None:
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    samples = len(bench.sink.samples)
    bench.sink.next_query = bench.clock.monotonic()
    took = await bench.until(lambda: len(bench.sink.samples) >= samples + 5, each=camera.picture)
    assert took >= 0.2, "queries keep their distance"
    bench.sink.next_query = float("inf")
    before = camera.requests.count("OPTIONS")
    await bench.until(lambda: camera.requests.count("OPTIONS") > before, within=12, each=camera.picture)
    assert any(frame[1] == 201 for frame in camera.frames)


async def test_a_camera_that_is_down_at_the_start_is_shown_within_seconds_of_its_return(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    camera = ScriptedCamera()
    async with camera:
        pass
    caplog.set_level(logging.INFO)
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reconnects >= 8, within=60)
    assert (source.status().state, source.status().reason) == (SourceState.DOWN, SourceReason.UNREACHABLE)
    async with camera:
        took = await bench.until(lambda: source.status().state is SourceState.UP, within=7, each=camera.picture)
        assert took < 7
        await bench.stop()
    assert [("lost" in text, "back" in text) for text in caplog.messages] == [(True, False), (False, True)]
    assert bench.value("source_reconnects_total", camera="camera-0", stream="main") == source.status().reconnects


async def test_a_source_that_was_down_says_what_keeps_it_down_now(bench: Bench, camera: ScriptedCamera) -> None:
    camera.status = 404
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reason is SourceReason.NOT_FOUND)
    camera.status = 200
    numbers = itertools.count(1)

    def send() -> None:
        number = next(numbers)
        camera.send(encode_frame(0, rtp(number, 9000 * number, NEXT, marker=True)))

    await bench.until(lambda: source.status().reason is SourceReason.UNUSABLE, each=send)
    assert source.status().state is SourceState.STALLED


async def test_a_stream_that_stops_is_stalled_and_then_pulled_again(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    took = await bench.until(lambda: source.status().state is SourceState.STALLED)
    assert 2.5 < took < 3.6
    assert source.status().reason is SourceReason.STREAM_STOPPED
    took += await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert 9.5 < took < 10.8
    await bench.up(camera)
    assert source.status().reason is SourceReason.NONE
    assert (len(bench.sink.connections), bench.sink.disconnections) == (2, 1)


async def test_a_lost_connection_is_reported_at_once(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    camera.reset()
    async with asyncio.timeout(5):
        while source.status().state is not SourceState.DOWN:
            await bench.clock.settle()  # no gateway time passes: nothing waits for another task
    assert source.status().reason is SourceReason.CLOSED_BY_CAMERA
    assert bench.sink.disconnections == 1


async def test_a_camera_is_said_to_have_stopped_only_if_it_answers(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    camera.held = True
    await bench.until(lambda: source.status().state is SourceState.STALLED, each=camera.picture)
    assert source.status().reason is SourceReason.TIMED_OUT
    camera.recover()
    await bench.up(camera)
    await bench.until(lambda: source.status().state is SourceState.STALLED)
    assert source.status().reason is SourceReason.STREAM_STOPPED
    assert [one.reason for one in bench.statuses].count(SourceReason.STREAM_STOPPED) == 1


async def test_a_camera_that_hangs_up_is_pulled_again_at_once(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    camera.hang_up()
    await bench.until(lambda: source.status().reason is SourceReason.CLOSED_BY_CAMERA, within=1)
    await bench.up(camera)


async def test_garbage_from_one_camera_is_counted_and_does_not_affect_others(
    bench: Bench, camera: ScriptedCamera
) -> None:
    async with ScriptedCamera() as other:
        source = bench.source(camera.url)
        neighbour = bench.source(other.url, sink=RecordingSink())
        bench.start()
        await bench.up(camera)
        await bench.until(lambda: neighbour.status().state is SourceState.UP, each=other.picture)
        camera.send(encode_frame(0, b"rubbish") + encode_frame(1, b"rubbish") + b"\xff\xff" + encode_frame(9, b""))
        names = ("rtp", "rtcp", "rtsp")
        await bench.until(
            lambda: all(bench.value("malformed_total", protocol=name) for name in names), each=camera.picture
        )
        assert source.status().state is SourceState.UP
        camera.send(b"\xff" * 70000)
        await bench.until(lambda: source.status().reason is SourceReason.MALFORMED, each=other.picture)
        assert neighbour.status().state is SourceState.UP
        await bench.stop()


class BrokenSink(RecordingSink):
    def access_unit(self, unit: AccessUnit) -> None:
        raise ZeroDivisionError


async def test_a_bug_ends_one_run_with_a_traceback_and_no_other(
    bench: Bench, camera: ScriptedCamera, caplog: pytest.LogCaptureFixture
) -> None:
    async with ScriptedCamera() as other:
        source = bench.source(camera.url, sink=BrokenSink())
        neighbour = bench.source(other.url)
        supervisor = bench.start()

        def pictures() -> None:
            camera.picture()
            other.picture()

        await bench.until(lambda: source.status().reason is SourceReason.INTERNAL, each=pictures)
        await bench.until(lambda: neighbour.status().state is SourceState.UP, each=pictures)
        assert [status.state for status in supervisor.statuses()] == [SourceState.DOWN, SourceState.UP]
        assert bench.value("task_failures_total", task="source") == 1
        assert "ZeroDivisionError" in caplog.text
        await bench.stop()
