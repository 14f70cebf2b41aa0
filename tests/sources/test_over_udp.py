"""Cameras whose packets arrive as datagrams."""

import socket

import pytest

from gateway.models import SourceReason, SourceState
from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera


async def test_over_udp_order_is_restored_and_loss_is_counted(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().transport == "udp", each=camera.picture)
    labels = {"camera": "camera-0", "stream": "main"}
    units = len(bench.sink.units)
    first, second, third = (camera.packet() for _ in range(3))
    for packet in (third, first, first, second):
        camera.datagram(packet)
    await bench.until(lambda: len(bench.sink.units) >= units + 3, each=lambda: None)
    assert sum(unit.lost for unit in bench.sink.units) == 0
    times = [unit.rtp for unit in bench.sink.units]
    assert times == sorted(times)
    camera.packet()
    await bench.until(lambda: bool(source.status().loss), each=camera.picture)
    assert sum(unit.lost for unit in bench.sink.units) == 1
    assert bench.value("source_packets_lost_total", **labels) == 1
    assert bench.value("source_packets_late_total", **labels) == 1
    assert "The camera does not send over TCP: it is pulled over UDP." in source.status().notes


async def test_over_udp_datagrams_from_strangers_are_counted_and_dropped(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    units = len(bench.sink.units)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.9", 0))
        stranger.sendto(camera.packet(), ("127.0.0.1", camera.client_port))
    await bench.until(lambda: bench.value("dropped_total", where="source_stranger") == 1)
    assert len(bench.sink.units) == units


@pytest.mark.parametrize("transport", ["auto", "udp"])
async def test_a_camera_whose_datagrams_are_blocked_is_pulled_over_tcp(
    bench: Bench, camera: ScriptedCamera, transport: str
) -> None:
    camera.udp = transport == "auto"  # it refuses TCP, this time
    source = bench.source(camera.url, transport=transport)
    bench.start()
    await bench.until(lambda: camera.client_port > 0)
    silent = await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert silent < 4.0, "nobody waits for a camera whose datagrams are blocked"
    assert source.status().reason is SourceReason.STREAM_STOPPED
    assert "No datagram" in source.status().detail
    camera.udp = False
    await bench.up(camera)
    await bench.until(lambda: source.status().transport == "tcp", each=camera.picture)
    assert "The camera's datagrams do not arrive here: it is pulled over TCP." in source.status().notes


@pytest.mark.parametrize("tcp", [True, False])
async def test_if_the_network_keeps_losing_datagrams_tcp_is_used_and_the_reason_is_reported(
    bench: Bench, camera: ScriptedCamera, tcp: bool
) -> None:
    camera.udp = True
    source = bench.source(camera.url, transport="udp" if tcp else "auto")
    bench.start()
    await bench.up(camera)
    sent = 0

    def lossy() -> None:
        nonlocal sent
        sent += 1
        camera.udp = not any("connecting again, over TCP" in status.detail for status in bench.statuses)
        if sent % 12 == 0:
            camera.packet()
        else:
            camera.picture()

    if tcp:
        await bench.until(lambda: source.status().transport == "tcp", within=40, each=lossy)
        await bench.until(lambda: bool(source.status().notes), each=camera.picture)
        assert any("of the camera's datagrams: it is pulled over TCP." in note for note in source.status().notes)
    else:
        words = "and the camera does not send over TCP: repair the network."
        await bench.until(lambda: any(words in note for note in source.status().notes), within=40, each=lossy)
        assert source.status().reconnects == 0


async def test_a_burst_of_lost_datagrams_changes_nothing(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    source = bench.source(camera.url, transport="udp")
    bench.start()
    await bench.up(camera)
    for _ in range(40):
        camera.packet()
    for _ in range(400):
        camera.picture()
        await bench.clock.advance(0.1)
    assert (source.status().transport, source.status().reconnects) == ("udp", 0)


async def test_silence_after_datagrams_have_arrived_is_blamed_on_the_camera(
    bench: Bench, camera: ScriptedCamera
) -> None:
    camera.udp = True
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().state is SourceState.STALLED)
    assert source.status().transport == "udp"
    await bench.up(camera)
    assert source.status().reconnects == 0


async def test_over_udp_the_session_is_kept_alive(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    before = camera.requests.count("OPTIONS")
    await bench.until(lambda: camera.requests.count("OPTIONS") > before, within=12, each=camera.picture)
    assert not camera.frames, "nothing is interleaved"
