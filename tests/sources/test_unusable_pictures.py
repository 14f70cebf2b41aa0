"""Cameras whose pictures cannot be used are not up, and their status says why."""

import itertools
from collections.abc import Callable

import pytest

from gateway.models import SourceReason, SourceState
from gateway.sources.following import STALLED_AFTER, UNUSABLE_AFTER
from gateway.sources.rtsp.protocol.messages import encode_frame
from tests.rtp.packets import IDR, NEXT, PPS, SPS, aggregated, fragments, rtp
from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera

NOT_USABLE: dict[str, tuple[Callable[[int], bytes], str]] = {
    "no keyframe": (lambda number: rtp(number, 9000 * number, NEXT, marker=True), "wait for a keyframe"),
    "no parameter sets": (lambda number: rtp(number, 9000 * number, IDR, marker=True), "parameter sets"),
    "packets lost": (
        lambda number: rtp(3 * number, 9000 * number, fragments(IDR, 9)[-1], marker=True),
        "lost on the way",
    ),
    "of a kind that is not supported": (
        lambda number: rtp(number, 9000 * number, b"\x79\0\0\0\2\x41\x9a"),
        "kind that is not supported",
    ),
    "another payload type": (lambda number: rtp(number, 9000 * number, IDR, marker=True, kind=97), "payload type"),
    "no RTP": (lambda number: bytes(20), "as RTP"),
    "no picture that ends": (lambda number: rtp(number, 0, b"\x06\x05\x01a\x80"), "ever ends"),
}


@pytest.mark.parametrize("kind", NOT_USABLE)
async def test_a_camera_whose_pictures_are_discarded_is_not_up_and_its_status_says_why(
    bench: Bench, camera: ScriptedCamera, kind: str
) -> None:
    packet, words = NOT_USABLE[kind]
    numbers = itertools.count(1)
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)

    def send() -> None:
        camera.send(encode_frame(0, packet(next(numbers))))

    await bench.until(lambda: source.status().state is SourceState.STALLED, within=5, each=send)
    status = source.status()
    assert status.reason is SourceReason.UNUSABLE
    assert words in status.detail
    assert not any(one.state is SourceState.UP for one in bench.statuses)
    assert status.fps == 0
    said = len(bench.statuses)
    await bench.until(lambda: source.status().state is SourceState.DOWN, within=UNUSABLE_AFTER, each=send)
    assert source.status().reason is SourceReason.UNUSABLE
    assert len(bench.statuses) < said + 8, "the words do not change with every picture"


async def test_a_camera_with_gradual_refresh_is_up_and_its_status_says_what_to_set(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)
    numbers = itertools.count(1)

    def send() -> None:
        number = next(numbers)
        part = aggregated(SPS, PPS, b"\x06\x06\x01\x84\x80", NEXT) if number % 5 == 3 else NEXT
        camera.send(encode_frame(0, rtp(number, 9000 * number, part, marker=True)))

    await bench.until(lambda: source.status().state is SourceState.UP, within=3, each=send)
    await bench.until(lambda: source.status().notes != (), within=3, each=send)
    assert source.status().notes == (
        "The camera refreshes its picture without full keyframes (IDR), which browsers need to start: turn keyframes "
        "on, one every two seconds.",
    )


async def test_a_camera_is_not_up_while_its_pictures_are_discarded(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    numbers = itertools.count(3000, 2)

    def torn() -> None:
        number = next(numbers)
        camera.send(encode_frame(0, rtp(number, 9000 * number, NEXT, marker=True)))

    took = await bench.until(lambda: source.status().state is SourceState.STALLED, each=torn)
    assert took < STALLED_AFTER + 0.5
    assert "lost on the way" in source.status().detail
    await bench.up(camera)


async def test_a_camera_whose_jpeg_pictures_are_too_large_is_not_up_and_its_status_says_so(
    bench: Bench, camera: ScriptedCamera
) -> None:
    camera.description = b"v=0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)
    numbers = itertools.count(1)

    def send() -> None:
        number = next(numbers)
        header = bytes((0, 0, 0, 0, 1, 90, 0, 0)) + b"data"
        camera.send(encode_frame(0, rtp(number, 9000 * number, header, marker=True, kind=26)))

    await bench.until(lambda: source.status().state is SourceState.STALLED, within=5, each=send)
    assert source.status().reason is SourceReason.UNUSABLE
    assert "2040 pixels" in source.status().detail
