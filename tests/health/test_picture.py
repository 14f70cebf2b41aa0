import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from fractions import Fraction
from functools import cache

import av
import cv2
import numpy as np
import pytest

from gateway.codecs.access_unit import AccessUnit
from gateway.health import picture
from gateway.health.decoded_keyframe import STILL_WIDTH
from gateway.health.likeness import LEAST, Cells
from gateway.health.picture import STILLS_AT_ONCE, PictureHealth, Still
from gateway.metrics import Metrics
from gateway.models import CameraId
from tests.codecs.coded import h265, jpeg
from tests.fakes import FakeClock

HALL, GYM = CameraId("hall"), CameraId("gym")
GOP = 2.0


@cache
def keyframes(walking: bool, kbit: int, width: int = 320, height: int = 180, count: int = 6) -> tuple[bytes, ...]:
    """Return keyframes 2 s apart, encoded as a camera would. They show a textured scene, with or without a person."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.bit_rate, encoder.time_base, encoder.framerate = kbit * 1000, Fraction(1, 5), Fraction(5)
    encoder.gop_size = int(GOP * 5)
    encoder.options = {"preset": "veryfast", "tune": "zerolatency", "sc_threshold": "0"}
    random = np.random.default_rng(7)
    walls = cv2.resize(random.integers(60, 160, (9, 16, 3), dtype=np.uint8), (width, height))
    scene = np.asarray(np.clip(walls + random.normal(0, 10, (height, width, 1)), 0, 255), dtype=np.uint8)

    def packets() -> Iterator[bytes]:
        for number in range(count * encoder.gop_size):
            picture = scene.copy()
            if walking:
                left = int(number / (count * encoder.gop_size) * width)
                picture[height // 2 : height // 2 + height * 15 // 100, left : left + height * 6 // 100] = (70, 60, 40)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            yield from (bytes(packet) for packet in encoder.encode(frame) if packet.is_keyframe)
        yield from (bytes(packet) for packet in encoder.encode(None) if packet.is_keyframe)

    return tuple(packets())


def unit(coded: bytes, arrival: float) -> AccessUnit:
    nals = tuple(part for part in coded.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part)
    return AccessUnit(nals, 0, True, arrival)


class Watcher:
    """Runs a ``PictureHealth``, and stores what it has reported."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics()
        self.said: list[tuple[CameraId, float | None]] = []
        self.health = PictureHealth(self.clock, self.metrics, lambda camera, since: self.said.append((camera, since)))

    async def show(self, camera: CameraId, coded: bytes) -> None:
        """Offer a keyframe that is captured now. If it is to be checked, wait until that is done."""
        now = self.clock.monotonic()
        looks = self.health.looks + self.health.feed(camera, unit(coded, now), now - 0.1)
        while self.health.looks < looks:  # noqa: ASYNC110 - a thread is waited for
            await asyncio.sleep(0.002)  # With 0 the loop would spin and slow the decoding thread down.
        await self.clock.advance(GOP)

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"sightline_{name}_total", labels) or 0.0


@asynccontextmanager
async def watching() -> AsyncIterator[Watcher]:
    watcher = Watcher()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watcher.health.run(), name="picture health")
        yield watcher
        task.cancel()


async def test_a_repeated_picture_is_reported_unchanged_within_twelve_seconds_at_every_bitrate() -> None:
    for kbit in (200, 500, 1000):
        async with watching() as watcher:
            start = watcher.clock.monotonic()
            for coded in keyframes(walking=False, kbit=kbit):
                await watcher.show(HALL, coded)
            assert watcher.said == [(HALL, start - 0.1)]
            assert watcher.health.unchanged_since(HALL) == start - 0.1
            assert LEAST < 12


async def test_a_walking_person_counts_as_change_at_every_bitrate() -> None:
    for kbit in (200, 500, 1000):
        async with watching() as watcher:
            for coded in keyframes(walking=True, kbit=kbit):
                await watcher.show(HALL, coded)
            assert watcher.said == []


async def test_a_change_ends_the_report() -> None:
    async with watching() as watcher:
        for coded in (*keyframes(walking=False, kbit=500), *keyframes(walking=True, kbit=500)[2:4]):
            await watcher.show(HALL, coded)
        assert [since is None for _, since in watcher.said] == [False, True]


async def test_a_still_is_a_jpeg_of_limited_size_with_the_time_of_its_capture() -> None:
    async with watching() as watcher:
        captured_at = watcher.clock.now() - 0.1
        await watcher.show(HALL, keyframes(walking=False, kbit=500, width=1280, height=720, count=1)[0])
        still = await watcher.health.still(HALL)
        assert isinstance(still, Still)
        assert abs(still.captured_at - captured_at) < 1e-3
        decoded = cv2.imdecode(np.frombuffer(still.jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        assert decoded.shape == (360, STILL_WIDTH, 3)
        assert await watcher.health.still(GYM) is None


@pytest.mark.parametrize("codec", ["H265", "JPEG"])
async def test_keyframes_of_every_codec_are_checked(codec: str) -> None:
    (coded,) = h265(1) if codec == "H265" else jpeg(1)
    async with watching() as watcher:
        assert watcher.health.feed(HALL, AccessUnit(coded.nals, 0, True, 0.0, codec=codec), 0.0)
        while not watcher.health.looks:  # noqa: ASYNC110 - a thread is waited for
            await asyncio.sleep(0.002)
        assert watcher.value("malformed", protocol=codec.lower()) == 0
        assert await watcher.health.still(HALL) is not None


async def test_garbage_is_counted_and_the_next_picture_is_checked() -> None:
    good = keyframes(walking=False, kbit=500)
    async with watching() as watcher:
        await watcher.show(HALL, b"\0\0\0\1\x65 this is no slice")
        assert watcher.value("malformed", protocol="h264") == 1
        assert await watcher.health.still(HALL) is None
        for coded in good:
            await watcher.show(HALL, coded)
        assert await watcher.health.still(HALL) is not None
        assert watcher.health.unchanged_since(HALL) is not None


async def test_a_picture_is_checked_every_four_seconds_and_more_often_if_it_may_have_stopped_changing() -> None:
    moving, still = keyframes(walking=True, kbit=500), keyframes(walking=False, kbit=500)
    async with watching() as watcher:
        looked = []
        for coded in (*moving[:5], *still[:6]):
            before = watcher.health.looks
            await watcher.show(HALL, coded)
            looked.append(watcher.health.looks > before)
        assert looked == [True, False, True, False, True, False, True, False, True, True, False]


async def test_everybody_who_asks_for_a_still_at_once_gets_the_same_one() -> None:
    async with watching() as watcher:
        await watcher.show(HALL, keyframes(walking=False, kbit=500)[0])
        one, other = await asyncio.gather(watcher.health.still(HALL), watcher.health.still(HALL))
        assert one is other is not None


async def test_a_picture_that_takes_long_to_decode_does_not_delay_other_cameras_stills(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coded = keyframes(walking=False, kbit=500, count=1)[0]
    begun, go_on = threading.Event(), threading.Event()
    slow = unit(coded, 1.0)

    def jpeg_of(asked: AccessUnit, _: object) -> bytes:
        if asked is slow:
            begun.set()
            go_on.wait(30)
        return b"jpeg"

    monkeypatch.setattr(picture, "jpeg_of", jpeg_of)
    async with watching() as watcher:
        watcher.health.feed(HALL, slow, 1.0)
        watcher.health.feed(GYM, unit(coded, 1.0), 1.0)
        halls = [asyncio.create_task(watcher.health.still(HALL)) for _ in range(3 * STILLS_AT_ONCE)]
        try:
            assert await asyncio.to_thread(begun.wait, 30)
            async with asyncio.timeout(10):
                assert await watcher.health.still(GYM) is not None
            assert not any(hall.done() for hall in halls), "many who ask for one camera take one place"
        finally:
            go_on.set()
        assert len({id(still) for still in await asyncio.gather(*halls)}) == 1


async def test_a_picture_that_is_being_decoded_does_not_hold_up_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def cells_of(*_: object) -> Cells:
        begun.set()
        go_on.wait(30)
        raise ValueError

    monkeypatch.setattr(picture, "cells_of", cells_of)
    health = PictureHealth(FakeClock(), Metrics(), lambda *_: None)
    running = asyncio.create_task(health.run(), name="picture health")
    health.feed(HALL, unit(b"", 1.0), 1.0)
    try:
        assert await asyncio.to_thread(begun.wait, 30)
        running.cancel()
        async with asyncio.timeout(10):
            await asyncio.gather(running, return_exceptions=True)
        assert not go_on.is_set()
    finally:
        go_on.set()


async def test_a_still_shows_the_newest_keyframe_even_if_it_was_not_checked() -> None:
    async with watching() as watcher:
        first, second, *_ = keyframes(walking=True, kbit=500)
        await watcher.show(HALL, first)
        captured_at = watcher.clock.now() - 0.1
        await watcher.show(HALL, second)
        assert watcher.health.looks == 1
        still = await watcher.health.still(HALL)
        assert still is not None
        assert abs(still.captured_at - captured_at) < 1e-3


@pytest.mark.parametrize("after", [0, 1])
async def test_a_frozen_picture_is_reported_within_twelve_seconds_even_if_it_froze_between_checks(after: int) -> None:
    moving, still = keyframes(walking=True, kbit=500), keyframes(walking=False, kbit=500)
    async with watching() as watcher:
        for coded in moving[: 4 + after]:
            await watcher.show(HALL, coded)
        frozen = watcher.clock.monotonic()
        for coded in still:
            await watcher.show(HALL, coded)
            if watcher.said:
                break
        assert watcher.clock.monotonic() - GOP - frozen < 12


async def test_of_several_waiting_pictures_only_the_newest_is_kept() -> None:
    good = keyframes(walking=False, kbit=500)[0]
    metrics = Metrics()
    health = PictureHealth(FakeClock(), metrics, lambda camera, since: None)
    for arrival in (0.0, 2.0, 4.0):
        health.feed(HALL, unit(good, arrival), arrival)
    assert metrics.registry.get_sample_value("sightline_dropped_total", {"where": "picture_health"}) == 2


async def test_a_failing_listener_does_not_stop_the_checks() -> None:
    watcher = Watcher()

    def fail(camera: CameraId, since: float | None) -> None:
        raise RuntimeError

    watcher.health = PictureHealth(watcher.clock, watcher.metrics, fail)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(watcher.health.run(), name="picture health")
        for coded in keyframes(walking=False, kbit=500):
            await watcher.show(HALL, coded)
        assert watcher.value("task_failures", task="picture_health") == 1
        assert watcher.health.unchanged_since(HALL) is not None
        task.cancel()
