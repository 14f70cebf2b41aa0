"""A viewer has a transcode only for as long as it cannot be sent the camera's own stream."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.codecs.access_unit import AccessUnit
from gateway.metrics import Metrics
from gateway.models import StreamName
from gateway.relay.camera_stream import NO_KEYFRAME_AFTER
from gateway.transcoding.stream import TranscodedStream
from gateway.webrtc.congestion import stream_selector
from tests.webrtc.two_streams import CAMERA, GOP, STEP, Scene, steps_of, two_streams

LATE = 3
"""The number of pictures by which the transcode is behind the camera."""


class Transcode:
    """The transcode of a camera's main stream: one picture for each of the camera's, ``LATE`` pictures later."""

    def __init__(self, scene: Scene) -> None:
        self.stream = TranscodedStream(scene.main.stream, Metrics())
        scene.streams[StreamName.TRANSCODED] = self.stream  # type: ignore[assignment]  # both are RelayStreams
        self._scene = scene
        self._stamps: deque[int] = deque()
        self._shown = 0

    def show(self) -> None:
        point = self._scene.main.stream.timeline()
        if point is None:
            return
        self._stamps.append(point.rtp)
        if len(self._stamps) > LATE:
            keyframe, now = self._shown % GOP == 0, self._scene.clock.monotonic()
            nal = (b"\x65" if keyframe else b"\x41") + bytes(5_000)
            self.stream.put(AccessUnit((nal,), self._stamps.popleft(), keyframe, now))
            self._shown += 1


@asynccontextmanager
async def without_keyframes(sub: bool = False) -> AsyncIterator[tuple[Scene, Callable[[float], Awaitable[None]]]]:
    """A camera that has sent no keyframe for so long that its viewers get a transcode, and a way to let time pass."""
    async with two_streams() as scene:
        if not sub:
            scene.streams.pop(StreamName.SUB)
        scene.main.refreshes = True
        transcode = Transcode(scene)

        async def play(seconds: float) -> None:
            for _ in range(round(seconds / STEP)):
                await scene.play(STEP)
                transcode.show()

        await play(NO_KEYFRAME_AFTER + 2.0)
        assert not scene.main.stream.begins
        yield scene, play


def now_sent(scene: Scene) -> StreamName:
    return scene.plane.sessions()[0].stream


async def test_viewers_return_to_the_cameras_own_stream_at_the_second_keyframe() -> None:
    async with without_keyframes() as (scene, play):
        await scene.open(StreamName.MAIN)
        await play(2.0)
        assert now_sent(scene) is StreamName.TRANSCODED
        scene.main.refreshes = False
        before = len(scene.pictures())
        await play(2.0 * GOP * STEP + 0.5)
        assert now_sent(scene) is StreamName.MAIN
        assert scene.changes[-1] == (StreamName.MAIN, "")
        assert scene.plane.watched == {(CAMERA, StreamName.MAIN)}, "and the transcode may end"
        sizes = [size // 1000 for _, size in scene.pictures()[before:]]
        assert sizes == sorted(sizes), "never back to the transcode"
        assert set(sizes) == {5, 20}


async def test_time_continues_across_the_return_without_a_step_back_or_a_wait() -> None:
    """The viewer's next picture is newer than the transcode's last one by as much as the transcode was behind."""
    async with without_keyframes() as (scene, play):
        await scene.open(StreamName.MAIN)
        await play(2.0)
        scene.main.refreshes = False
        await play(3.0)
        assert now_sent(scene) is StreamName.MAIN
        assert steps_of(scene) == {1, LATE + 1}
        assert {event.shift for event in scene.events if event.kind == "stream"} <= {0}
        assert [event.waiting for event in scene.events if event.kind == "stream"][-1] == ""


async def test_a_single_keyframe_brings_nobody_back() -> None:
    async with without_keyframes() as (scene, play):
        await scene.open(StreamName.MAIN)
        await play(2.0)
        scene.main.refreshes = False
        while scene.main.stream.waiting_for_keyframe:
            await play(STEP)
        scene.main.refreshes = True
        await play(3.0)
        assert now_sent(scene) is StreamName.TRANSCODED
        assert {size // 1000 for _, size in scene.pictures()} == {5}, "and the transcode continues meanwhile"


async def test_a_link_that_is_known_to_be_too_slow_for_the_camera_keeps_the_transcode() -> None:
    async with without_keyframes() as (scene, play):
        await scene.open(StreamName.MAIN)
        await play(2.0)
        scene.carries(800_000)
        scene.main.refreshes = False
        await play(3.0)
        assert now_sent(scene) is StreamName.TRANSCODED


async def test_a_viewer_of_the_substream_climbs_to_the_cameras_own_stream_not_to_the_transcode() -> None:
    async with without_keyframes(sub=True) as (scene, play):
        await scene.open(None)
        await play(1.0)
        assert now_sent(scene) is StreamName.SUB
        scene.main.refreshes = False
        await play(stream_selector.FIRST + 3.0)
        assert now_sent(scene) is StreamName.MAIN
        assert StreamName.TRANSCODED not in [stream for stream, _ in scene.changes]


async def test_a_viewer_returns_when_the_camera_sends_what_it_decodes_again() -> None:
    async with two_streams() as scene:
        scene.streams.pop(StreamName.SUB)
        transcode = Transcode(scene)
        scene.main.becomes("H265")
        for _ in range(10):
            await scene.play(STEP)
            transcode.show()
        await scene.open(StreamName.MAIN)
        for _ in range(2 * GOP):
            await scene.play(STEP)
            transcode.show()
        assert now_sent(scene) is StreamName.TRANSCODED
        scene.main.becomes("H264")
        for _ in range(3 * GOP):
            await scene.play(STEP)
            transcode.show()
        assert now_sent(scene) is StreamName.MAIN


@pytest.mark.parametrize("asked", [StreamName.SUB, StreamName.MAIN])
async def test_each_viewer_returns_to_the_stream_that_it_asked_for(asked: StreamName) -> None:
    async with two_streams() as scene:
        scene.main.refreshes = scene.sub.refreshes = True
        transcode = Transcode(scene)
        for _ in range(60):
            await scene.play(STEP)
            transcode.show()
        await scene.open(asked)
        for _ in range(GOP):
            await scene.play(STEP)
            transcode.show()
        assert now_sent(scene) is StreamName.TRANSCODED
        scene.main.refreshes = scene.sub.refreshes = False
        for _ in range(3 * GOP):
            await scene.play(STEP)
            transcode.show()
        assert now_sent(scene) is asked
