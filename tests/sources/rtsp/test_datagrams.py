import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from gateway.sources.rtsp.datagrams import PortPair
from gateway.sources.rtsp.protocol.transport import Unicast


def bound(host: str = "127.0.0.1") -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind((host, 0))
    found.settimeout(5)
    return found


@pytest.fixture
async def pair() -> AsyncIterator[PortPair]:
    pair = PortPair("127.0.0.1", "127.0.0.1")
    yield pair
    pair.close()


async def woken(pair: PortPair, camera: Unicast) -> asyncio.Event:
    event = asyncio.Event()
    pair.start(camera, event.set)
    return event


async def test_the_ports_are_consecutive_and_the_first_is_even(pair: PortPair) -> None:
    rtp, rtcp = pair.ports
    assert rtp % 2 == 0
    assert rtcp == rtp + 1


async def test_datagrams_that_arrive_before_they_are_awaited_are_not_lost(pair: PortPair) -> None:
    with bound() as camera:
        camera.sendto(b"media", ("127.0.0.1", pair.ports[0]))
        camera.sendto(b"report", ("127.0.0.1", pair.ports[1]))
        event = await woken(pair, Unicast())
        async with asyncio.timeout(5):
            await event.wait()
        assert list(pair.receive()) == [(True, b"report"), (False, b"media")]


async def test_datagrams_from_strangers_are_counted_and_dropped(pair: PortPair) -> None:
    with bound("127.0.0.2") as stranger, bound("127.0.0.3") as named, bound() as camera:
        event = await woken(pair, Unicast(source="127.0.0.3"))
        for each, data in ((stranger, b"forged"), (named, b"by name"), (camera, b"media")):
            each.sendto(data, ("127.0.0.1", pair.ports[0]))
        async with asyncio.timeout(5):
            await event.wait()
        assert [data for _, data in pair.receive()] == [b"by name", b"media"]
        assert pair.strangers == 1


async def test_a_path_through_firewalls_is_opened_and_reports_go_to_the_camera(pair: PortPair) -> None:
    with bound() as rtp, bound() as rtcp:
        pair.start(Unicast(rtp.getsockname()[1], rtcp.getsockname()[1]), lambda: None)
        packet, sender = rtp.recvfrom(100)
        assert (packet[0], len(packet), sender[1]) == (0x80, 12, pair.ports[0])
        assert rtcp.recvfrom(100)[1][1] == pair.ports[1]
        pair.send_report(b"report")
        assert rtcp.recvfrom(100)[0] == b"report"


async def test_datagrams_are_accepted_from_a_camera_that_names_no_ports_or_has_a_host_name(pair: PortPair) -> None:
    with bound() as camera:
        event = await woken(pair, Unicast(source="camera.local"))
        pair.send_report(b"nowhere to go")
        camera.sendto(b"media", ("127.0.0.1", pair.ports[0]))
        async with asyncio.timeout(5):
            await event.wait()
        assert list(pair.receive()) == [(False, b"media")]
