"""Refusals and redirects by cameras and recorders are handled correctly."""

import logging

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.nvr import Nvr
from gateway.sources.source import LONG_DELAY, MAX_REDIRECTS
from tests.sources.bench import PASSWORD, Bench
from tests.sources.scripted import ScriptedCamera


async def test_a_refused_password_is_tried_once_a_minute_and_never_shown(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedCamera(PASSWORD) as camera:
        source = bench.source(camera.url.replace("//", "//police:wrong%20horse@"))
        bench.start()
        await bench.until(lambda: source.status().reason is SourceReason.PASSWORD_REFUSED)
        tried = len(camera.requests)
        await bench.clock.advance(LONG_DELAY - 5)
        assert len(camera.requests) == tried == 2
        await bench.until(lambda: len(camera.requests) > tried, within=10)
        await bench.stop()
    shown = caplog.text + repr(bench.statuses) + repr(source.status())
    assert "wrong" not in shown


async def test_a_password_is_accepted(bench: Bench) -> None:
    async with ScriptedCamera(PASSWORD) as camera:
        bench.source(camera.url, PASSWORD)
        bench.start()
        await bench.up(camera)
        await bench.stop()


async def test_a_camera_that_hangs_up_after_its_challenge_is_answered_at_once_on_the_next_connection(
    bench: Bench,
) -> None:
    async with ScriptedCamera(PASSWORD) as camera:
        camera.hangs_up = True
        bench.source(camera.url, PASSWORD)
        began = bench.clock.monotonic()
        bench.start()
        await bench.up(camera)
        assert bench.clock.monotonic() - began < 2
        assert camera.requests[:3] == ["DESCRIBE", "DESCRIBE", "SETUP"]
        await bench.stop()


async def test_each_refusal_by_the_camera_has_a_reason(bench: Bench, camera: ScriptedCamera) -> None:
    camera.status = 404
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reason is SourceReason.NOT_FOUND)


async def test_a_redirect_to_a_configured_place_is_followed_and_reported(bench: Bench, camera: ScriptedCamera) -> None:
    async with ScriptedCamera() as door:
        door.location = camera.url.replace("127.0.0.1", "localhost")
        source = bench.source(door.url, redirects=[f"localhost:{camera.port}"])
        bench.start()
        await bench.up(camera)
        await bench.until(lambda: bool(source.status().width), each=camera.picture)
        assert f"The camera redirected the gateway to localhost:{camera.port}." in source.status().notes
        await bench.stop()


async def test_a_redirect_within_the_camera_is_followed_whatever_name_it_uses(
    bench: Bench, camera: ScriptedCamera
) -> None:
    async def sent_on_once() -> None:
        await bench.until(lambda: "DESCRIBE" in camera.requests)
        camera.location = None
        await bench.up(camera)

    camera.location = camera.url.replace("/live", "/other")
    source = bench.source(camera.url.replace("127.0.0.1", "localhost"))
    bench.start()
    await sent_on_once()
    assert source.status().reconnects == 0


async def test_circular_redirects_end(bench: Bench, camera: ScriptedCamera) -> None:
    camera.location = camera.url
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reason is SourceReason.NOT_FOUND)
    assert len(camera.requests) == MAX_REDIRECTS + 1


async def test_streams_of_a_recorder_never_have_more_sessions_than_it_serves(
    bench: Bench, camera: ScriptedCamera
) -> None:
    nvr = Nvr("north", 2, 3, bench.clock)
    for _ in range(3):
        bench.source(camera.url, nvr=nvr)
    bench.start()
    await bench.until(lambda: [s.status().state for s in bench.sources].count(SourceState.UP) == 2, each=camera.picture)
    await bench.until(lambda: bench.sources[2].status().reason is SourceReason.SESSION_LIMIT, each=camera.picture)
    last = bench.sources[2].status()
    assert (last.state, last.detail) == (
        SourceState.CONNECTING,
        "Waiting for a free session of NVR north (2 of 2 in use).",
    )
    camera.hang_up()
    await bench.until(lambda: bench.sources[2].status().state is SourceState.UP, each=camera.picture)
    assert camera.most == 2


async def test_a_recorder_that_refuses_is_asked_for_only_one_more_session_at_a_time(
    bench: Bench, camera: ScriptedCamera
) -> None:
    camera.sessions = 2
    nvr = Nvr("north", None, 4, bench.clock)
    for _ in range(4):
        bench.source(camera.url, nvr=nvr)
    bench.start()
    await bench.until(lambda: len(camera.order) == 2, each=camera.picture)
    began = camera.requests.count("SETUP")
    for _ in range(600):
        camera.picture()
        await bench.clock.advance(0.1)
    assert camera.requests.count("SETUP") - began <= 6, "two that are waiting do not try every few seconds"
    waiting = [s.status() for s in bench.sources if s.status().state is not SourceState.UP]
    assert len(waiting) == 2
    assert {status.reason for status in waiting} == {SourceReason.SESSION_LIMIT}
    camera.sessions = 4
    await bench.until(
        lambda: all(s.status().state is SourceState.UP for s in bench.sources), within=60, each=camera.picture
    )
