"""Streams that fall behind, and clocks that are wrong."""

from collections.abc import Callable

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.observing import notes
from gateway.sources.observing.lateness import PATIENCE_WITH_CAMERA, Drops
from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.rtp.packets import sender_report
from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera


async def fall_behind(bench: Bench, camera: ScriptedCamera, *, until: Callable[[], bool]) -> float:
    """Let the link carry half of what the camera sends; the rest waits in the connection."""
    camera.held = True
    tick = 0

    def each() -> None:
        nonlocal tick
        tick += 1
        camera.picture()
        if tick % 2:
            camera.release(1)

    return await bench.until(until, within=120, each=each)


async def test_a_stream_that_has_fallen_behind_is_reconnected_to_be_live_again(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    took = await fall_behind(bench, camera, until=lambda: source.status().reason is SourceReason.FELL_BEHIND)
    assert 6 < took < 15
    told = {note for status in bench.statuses for note in status.notes}
    assert notes.LATE[False] not in told, (
        "nobody is told to restart a camera before it is known that the camera is late"
    )
    labels = {"camera": "camera-0", "stream": "main"}
    assert bench.value("source_dropped_to_live_total", **labels) == 1
    camera.recover()
    await bench.until(lambda: source.status().state is SourceState.UP, within=1.5, each=camera.picture)
    await bench.until(lambda: source.status().fps > 9, each=camera.picture)
    assert bench.value("source_behind_seconds", **labels) == pytest.approx(0, abs=0.1)
    assert not set(notes.LATE.values()) & set(source.status().notes)


async def test_a_link_that_stays_too_slow_is_not_reconnected_over_and_over(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    for _ in range(3):
        await fall_behind(bench, camera, until=lambda: source.status().reason is SourceReason.FELL_BEHIND)
        camera.recover()
        await bench.up(camera)
    dropped = bench.clock.monotonic()
    await fall_behind(bench, camera, until=lambda: notes.LATE[True] in source.status().notes)
    await fall_behind(bench, camera, until=lambda: source.status().reason is SourceReason.FELL_BEHIND)
    assert bench.clock.monotonic() - dropped > 2 * Drops.FIRST


async def test_a_camera_that_is_late_itself_is_reported_and_reconnected_only_rarely(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    took = await bench.until(
        lambda: notes.LATE[False] in source.status().notes, each=lambda: camera.picture(ticks=4500)
    )
    late = lambda: source.status().reason is SourceReason.FELL_BEHIND  # noqa: E731 - used as a condition below
    took += await bench.until(late, within=100, each=lambda: camera.picture(ticks=4500))
    assert took > PATIENCE_WITH_CAMERA
    dropped = bench.value("source_dropped_to_live_total", camera="camera-0", stream="main")
    for _ in range(2000):
        camera.picture(ticks=4500)
        await bench.clock.advance(0.1)
    assert bench.value("source_dropped_to_live_total", camera="camera-0", stream="main") == dropped == 1


async def test_a_camera_clock_that_is_wrong_or_jumps_is_noted(bench: Bench, camera: ScriptedCamera) -> None:
    bench.clock.jump(1_700_000_000 - bench.clock.wall())
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    camera.date = "Tue, 14 Nov 2023 23:13:30 GMT"
    bench.sink.next_query = bench.clock.monotonic()
    await bench.until(lambda: len(source.status().notes) == 2, each=camera.picture)
    wrong, jumped = source.status().notes
    assert "1 h ahead of UTC" in wrong
    assert "set ahead by 60 min" in jumped
    assert bench.value("source_clock_jumps_total", camera="camera-0", stream="main") == 1


async def test_a_stream_without_sender_reports_says_what_would_verify_its_age(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)

    def said() -> list[str]:
        return [note for note in source.status().notes if "sender reports" in note]

    assert said() == []
    took = await bench.until(lambda: said() != [], within=40, each=camera.picture)
    assert 28 < took < 33
    [note] = said()
    assert "UNVERIFIED" in note
    assert "go2rtc" in note
    assert "`clock: trusted`" in note
    camera.send(encode_frame(1, sender_report(7, 3_908_988_800, 0, 9000)))
    await bench.until(lambda: said() == [], within=3, each=camera.picture)


async def test_a_late_camera_is_not_sent_request_after_request(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: notes.LATE[False] in source.status().notes, each=lambda: camera.picture(ticks=4500))
    before = camera.requests.count("OPTIONS")
    for _ in range(100):
        camera.picture(ticks=4500)
        await bench.clock.advance(0.1)
    assert 5 <= camera.requests.count("OPTIONS") - before <= 11, "once a second"
