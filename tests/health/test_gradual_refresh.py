"""A camera that sends no keyframes is checked like any other: its picture is put together from a whole refresh."""

import asyncio
import itertools
import time
from collections.abc import Iterable
from functools import cache

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.recovery import MOST_BYTES, MOST_PICTURES, Gathering, WholePicture
from gateway.codecs.registry import depacketizer_of, payloads_of
from gateway.health import decoded_keyframe
from gateway.health.decoded_keyframe import cells_of, jpeg_of
from gateway.health.picture import NOT_CHECKED, UNCHECKED_AFTER, PictureHealth
from gateway.metrics import Metrics
from gateway.models import CameraId
from gateway.rtp.packet import RtpPacket
from tests.codecs.coded import TICKS, Coded, coded, empty, room, walked
from tests.fakes import FakeClock
from tests.transcoding.test_recovery import gradual_h265, worst

HALL = CameraId("hall")
PERIOD = 20
"""Pictures of one refresh, which takes two seconds."""
FIRST_WALKING = 100


def frozen(number: int, width: int, height: int) -> av.VideoFrame:
    """Draw a person walking, until the encoder repeats its last picture."""
    still = room(min(number, FIRST_WALKING), width, height, min(number, FIRST_WALKING))
    still.pts = number * TICKS
    return still


@cache
def film(name: str) -> tuple[AccessUnit, ...]:
    """Return 24 s of a camera that refreshes gradually, without its first keyframe, as the gateway receives it."""
    draw = {"empty": empty, "walked": walked, "frozen": frozen}[name]
    parameters = f"keyint={PERIOD}:scenecut=0:repeat-headers=1:intra-refresh=1:bframes=0:threads=1:bitrate=500"
    options = {"preset": "veryfast", "x264-params": parameters}
    return tuple(received("H264", coded("libx264", 12 * PERIOD, options, draw=draw))[7:])


def received(codec: str, pictures: Iterable[Coded]) -> list[AccessUnit]:
    """Return the pictures as the gateway receives them over RTP."""
    depacketizer, units = depacketizer_of(StreamInfo(codec, 90_000)), list[AccessUnit]()
    numbers = itertools.count()
    for number, picture in enumerate(pictures):
        payloads = payloads_of(AccessUnit(picture.nals, 0, False, 0.0, codec=codec))
        for payload in payloads:
            packet = RtpPacket(96, payload is payloads[-1], next(numbers), picture.rtp, 7, payload)
            units += depacketizer.push(packet, 0, number / 10)
    return units


def whole_of(units: Iterable[AccessUnit]) -> list[WholePicture]:
    gathering = Gathering()
    return [whole for unit in units if (whole := gathering.take(unit)) is not None]


def test_a_whole_picture_is_put_together_from_each_refresh() -> None:
    units = film("walked")
    assert not any(unit.keyframe for unit in units)
    found = whole_of(units)
    assert len(found) >= 9
    for whole in found:
        number = whole.unit.rtp // TICKS
        decoded = cv2.imdecode(np.frombuffer(jpeg_of(*whole), dtype=np.uint8), cv2.IMREAD_COLOR)
        assert decoded is not None
        drawn = room(number, 320, 180, number).to_ndarray(format="bgr24").astype(np.int16)
        difference = np.abs(decoded.astype(np.int16) - drawn).reshape(9, 20, 16, 20, 3).mean(axis=(1, 3, 4))
        assert float(difference.max()) < 12, "no part of it is grey or old"


async def shown(name: str) -> tuple[list[float | None], PictureHealth]:
    """Let a camera play. Return what picture health reported, in the film's time."""
    clock, said = FakeClock(monotonic=0.0), list[float | None]()
    health = PictureHealth(clock, Metrics(), lambda _, since: said.append(since))
    gathering = Gathering()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(health.run(), name="picture health")
        for unit in film(name):
            clock.pass_unnoticed(unit.arrival - clock.monotonic())
            whole = gathering.take(unit)
            if whole is None:
                continue
            looks = health.looks + health.feed(HALL, whole.unit, unit.arrival, whole.before)
            while health.looks < looks:  # noqa: ASYNC110  # a thread is waited for
                await asyncio.sleep(0.002)
        task.cancel()
    return said, health


def test_a_whole_h265_picture_is_put_together_too() -> None:
    units = received("H265", gradual_h265(6 * PERIOD))[7:]
    found = whole_of(units)
    assert len(found) >= 4
    for whole in found:
        decoded = cv2.imdecode(np.frombuffer(jpeg_of(*whole), dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
        assert decoded is not None
        assert worst(decoded.astype(np.int16), whole.unit.rtp // TICKS) < 12


async def test_an_encoder_that_repeats_one_picture_is_reported() -> None:
    froze_at = FIRST_WALKING / 10
    said, health = await shown("frozen")
    [since] = said
    assert since is not None
    assert froze_at <= since <= froze_at + 6
    assert health.unchanged_since(HALL) == since
    assert await health.still(HALL) is not None


async def test_a_walking_person_counts_as_change_and_an_empty_room_does_not() -> None:
    assert (await shown("walked"))[0] == []
    assert len((await shown("empty"))[0]) == 1


def test_a_picture_that_cannot_be_decoded_in_time_is_given_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = whole_of(film("empty"))[0]
    monkeypatch.setattr(decoded_keyframe, "MOST_SECONDS", 0.0)
    with pytest.raises(ValueError, match="takes too long"):
        cells_of(*whole)


def test_decoding_a_refresh_takes_no_longer_than_its_pictures() -> None:
    """All cameras share one decoding thread. A small picture takes it about a millisecond."""
    found = whole_of(film("walked"))
    began = time.thread_time()
    for whole in found:
        cells_of(*whole)
    assert time.thread_time() - began < 0.02 * sum(len(whole.before) for whole in found)


pictures = st.builds(
    AccessUnit,
    nals=st.sampled_from([(b"\x41\x9a",), (b"\x01\x9a",), (b"\x41" + bytes(MOST_BYTES // 20),)]),
    rtp=st.just(0),
    keyframe=st.booleans(),
    arrival=st.just(0.0),
    lost=st.just(0),
    codec=st.sampled_from(["H264", "H265"]),
    recovery=st.sampled_from([-1, -1, -1, 0, 1, 5, 4000]),
)


@given(st.lists(pictures, max_size=400))
def test_whatever_a_camera_sends_little_is_kept_and_every_result_follows_a_place_to_begin(
    units: list[AccessUnit],
) -> None:
    gathering = Gathering()
    for unit in units:
        concerned = gathering.concerns(unit)
        whole = gathering.take(unit)
        assert concerned or whole is None
        if whole is not None:
            assert whole.unit is unit
            assert len(whole.before) <= MOST_PICTURES
            assert sum(len(nal) for one in whole.before for nal in one.nals) <= MOST_BYTES
            assert not whole.before or whole.before[0].recovery > 0
            assert not any(one.keyframe for one in whole.before)


async def test_a_camera_that_plays_for_a_minute_without_a_check_is_reported() -> None:
    clock = FakeClock()
    health = PictureHealth(clock, Metrics(), lambda *_: None)
    assert health.notes(HALL, UNCHECKED_AFTER - 1) == ()
    assert health.notes(HALL, UNCHECKED_AFTER + 1) == (NOT_CHECKED,)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(health.run(), name="picture health")
        whole = whole_of(film("empty"))[0]
        health.feed(HALL, whole.unit, 0.0, whole.before)
        while not health.looks:  # noqa: ASYNC110  # a thread is waited for
            await asyncio.sleep(0.002)
        task.cancel()
    assert health.notes(HALL, 3600.0) == ()
    await clock.advance(UNCHECKED_AFTER + 1)
    assert health.notes(HALL, UNCHECKED_AFTER / 2) == (), "it has just connected again"
    assert health.notes(HALL, 3600.0) == (NOT_CHECKED,)
