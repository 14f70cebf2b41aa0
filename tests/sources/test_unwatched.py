"""While nobody is watching a camera, its packets are read a few times a second; none is lost, and viewers notice
nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from gateway.sources.rota import PERIOD, TOGETHER, next_turn, rota
from gateway.sources.rtsp import datagrams
from gateway.sources.rtsp.datagrams import RECEIVE_BUFFER
from gateway.sources.rtsp.pace import COLLECTED, SETTLED_AFTER
from gateway.sources.rtsp.protocol.messages import encode_frame
from gateway.sources.source import Source
from tests.rtp.packets import IDR, PPS, SPS, aggregated, fragments, rtp
from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera


def granted() -> int:
    """Return the size of the buffer that the kernel grants for datagrams, in bytes as it counts them."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


@pytest.fixture(params=["tcp", "udp"])
async def camera(request: pytest.FixtureRequest) -> AsyncIterator[ScriptedCamera]:
    if request.param == "udp" and granted() < RECEIVE_BUFFER:
        pytest.skip("this kernel's buffers have no room for datagrams to collect (net.core.rmem_max)")
    async with ScriptedCamera() as camera:
        camera.udp = request.param == "udp"
        yield camera


async def settled(bench: Bench, camera: ScriptedCamera) -> Source:
    """Return a camera that has been pulled for some time while nobody was watching."""
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    began = bench.clock.monotonic()
    await bench.until(lambda: bench.clock.monotonic() - began > SETTLED_AFTER + 1, each=camera.picture)
    for _ in range(2):
        await bench.clock.advance(PERIOD)
    await arrived(bench, camera)
    return source


async def arrived(bench: Bench, camera: ScriptedCamera) -> None:
    """Send a picture and have it read. Over TCP, a turn has found nothing, so the next picture is read as it arrives
    and those after it wait. Datagrams always wait."""
    units = len(bench.sink.units)
    camera.picture()
    await (bench.clock.advance(PERIOD) if camera.udp else loop_turns())
    assert len(bench.sink.units) == units + 1


async def loop_turns() -> None:
    """Let the event loop read whatever has arrived, without letting time pass."""
    for _ in range(20):
        await asyncio.sleep(0)


async def read_at_once(bench: Bench, camera: ScriptedCamera) -> bool:
    """Send a picture. Return True if it is read as it arrives."""
    units = len(bench.sink.units)
    camera.picture()
    await loop_turns()
    return len(bench.sink.units) == units + 1


async def test_a_picture_that_nobody_is_watching_waits_for_its_turn_and_is_not_lost(
    bench: Bench, camera: ScriptedCamera
) -> None:
    await settled(bench, camera)
    units = len(bench.sink.units)
    assert not await read_at_once(bench, camera)
    camera.picture()
    await bench.clock.advance(PERIOD)
    assert len(bench.sink.units) == units + 2


async def test_the_first_viewer_gets_everything_waiting_at_once_and_then_every_picture_as_it_arrives(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = await settled(bench, camera)
    units = len(bench.sink.units)
    camera.picture()
    await loop_turns()
    source.watch(True)
    await loop_turns()
    assert len(bench.sink.units) == units + 1
    for _ in range(5):
        camera.picture()
        await loop_turns()
    assert len(bench.sink.units) == units + 6


async def test_after_the_last_viewer_packets_wait_for_their_turn_again(bench: Bench, camera: ScriptedCamera) -> None:
    source = await settled(bench, camera)
    source.watch(True)
    source.watch(False)
    await arrived(bench, camera)
    assert not await read_at_once(bench, camera)


async def test_a_viewer_who_watches_before_the_camera_plays_gets_each_picture_as_it_arrives(
    bench: Bench, camera: ScriptedCamera
) -> None:
    bench.source(camera.url).watch(True)
    bench.start()
    await bench.up(camera)
    for _ in range(80):
        camera.picture()
        await bench.clock.advance(0.1)
    assert await read_at_once(bench, camera)


@pytest.mark.parametrize("camera", ["tcp"], indirect=True)
async def test_a_stream_with_a_high_bitrate_does_not_wait_for_its_turn(bench: Bench, camera: ScriptedCamera) -> None:
    await settled(bench, camera)
    units = len(bench.sink.units)
    camera.picture()
    for sequence in range(COLLECTED // 1000 + 1):
        camera.send(encode_frame(0, rtp(50_000 + sequence, 1, b"\x0c" + bytes(1000))))
    await loop_turns()
    assert len(bench.sink.units) > units


async def test_while_an_answer_is_awaited_each_packet_is_read_as_it_arrives(
    bench: Bench, camera: ScriptedCamera
) -> None:
    await settled(bench, camera)
    samples = len(bench.sink.samples)
    bench.sink.next_query = bench.clock.monotonic()
    await bench.clock.advance(PERIOD)
    bench.sink.next_query = float("inf")
    await loop_turns()
    assert len(bench.sink.samples) == samples + 1
    sample = bench.sink.samples[-1]
    assert sample.received - sample.sent < PERIOD / 2


KERNELS_SHARE = 2304
"""The bytes that the kernel counts for a datagram of 1300."""


def burst(camera: ScriptedCamera, count: int) -> None:
    """Send a keyframe in many datagrams."""
    key = fragments(IDR + bytes(1300) * (count - 1), 1300)
    for payload in [aggregated(SPS, PPS), *key]:
        camera.datagram(camera.numbered(payload, marker=payload is key[-1]))


@pytest.mark.parametrize("camera", ["udp"], indirect=True)
async def test_a_keyframe_of_many_datagrams_is_collected_without_loss(bench: Bench, camera: ScriptedCamera) -> None:
    await settled(bench, camera)
    units = len(bench.sink.units)
    burst(camera, int(0.2 * granted() / KERNELS_SHARE))
    await loop_turns()
    assert len(bench.sink.units) == units
    camera.picture()
    await bench.clock.advance(PERIOD)
    camera.picture()
    await bench.clock.advance(PERIOD)
    assert len(bench.sink.units) >= units + 2
    assert sum(unit.lost for unit in bench.sink.units) == 0


@pytest.mark.parametrize("camera", ["udp"], indirect=True)
async def test_once_datagrams_fill_the_kernels_buffer_they_are_read_as_they_arrive(
    bench: Bench, camera: ScriptedCamera
) -> None:
    await settled(bench, camera)
    burst(camera, int(0.6 * granted() / KERNELS_SHARE))
    await bench.clock.advance(PERIOD)
    for _ in range(3):
        camera.picture()
        await bench.clock.advance(0.1)
    assert await read_at_once(bench, camera)
    assert sum(unit.lost for unit in bench.sink.units) == 0


@pytest.mark.parametrize("camera", ["udp"], indirect=True)
async def test_without_room_in_the_kernel_datagrams_are_read_as_they_arrive(
    bench: Bench, camera: ScriptedCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datagrams, "ROOM", -1.0)
    await settled(bench, camera)
    assert await read_at_once(bench, camera)


@pytest.mark.parametrize("camera", ["udp"], indirect=True)
async def test_an_overtaken_datagram_is_put_back_in_order_even_across_turns(
    bench: Bench, camera: ScriptedCamera
) -> None:
    await settled(bench, camera)
    units = len(bench.sink.units)
    first, second = camera.packet(), camera.packet()
    camera.datagram(second)
    await bench.clock.advance(PERIOD)
    camera.datagram(first)
    await bench.clock.advance(PERIOD)
    camera.picture()
    await bench.clock.advance(PERIOD)
    assert len(bench.sink.units) == units + 3
    assert sum(unit.lost for unit in bench.sink.units) == 0


@pytest.mark.parametrize("now", [0.0, 0.1, 1234.567, 99_999.999])
def test_every_source_has_one_turn_per_period_a_few_at_a_time(now: float) -> None:
    given = rota()
    places = [next(given) for _ in range(3 * TOGETHER)]
    assert len(set(places)) == 3
    for turn in places:
        first = next_turn(turn, now)
        assert 0 < first - now < PERIOD + 0.01
        assert next_turn(turn, first) == pytest.approx(first + PERIOD)
        assert next_turn(turn, first - 0.001) == pytest.approx(first + PERIOD), "a timer that fires early"
