"""Viewers are reached over IPv6, with datagrams small enough for every network, and from the address they sent to."""

import asyncio
import os
import re
import socket
import struct
from typing import Any

import aioice.stun
import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket

from gateway.codecs.access_unit import StreamInfo
from gateway.sources.receiving.reception import Reception
from gateway.webrtc.transport import stun
from rig.viewer import LightViewer
from tests.rtp.packets import PPS, SPS, aggregated, fragments, rtp
from tests.webrtc.paths.ways import SixViewer, TcpViewer, passes, play, running


@pytest.mark.parametrize("host", ["::1", "::"])
async def test_a_viewer_plays_over_ipv6(host: str) -> None:
    async with running(host=host) as gateway:
        viewer = SixViewer()
        _, session = await play(gateway, viewer)
        assert session.path.route is not None
        assert session.path.route.host == "::1"
        await viewer.close()


def with_repeats(kind: Any) -> Any:
    """Return a kind of viewer that accepts repeats as a separate stream (RFC 4588)."""

    class Asking(kind):  # type: ignore[misc]  # a class of this kind, whichever it is
        def offer(self) -> str:
            rtx = "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n"
            offer: str = super().offer()
            return offer.replace("SAVPF 102", "SAVPF 102 103").replace("a=rtpmap:102", rtx + "a=rtpmap:102")

    return Asking


@pytest.mark.parametrize("kind", [LightViewer, SixViewer, TcpViewer])
@pytest.mark.parametrize("repeats", [False, True])
async def test_no_datagram_is_larger_than_1200_bytes_whatever_the_camera_sends(
    kind: type[LightViewer], repeats: bool
) -> None:
    """Return units of 64 KiB in fragments, aggregates of full size, and single units of almost the size of a
    datagram."""
    host = "::1" if kind is SixViewer else "127.0.0.1"
    async with running(host=host) as gateway:
        packets: list[bytes] = []
        asking: Any = with_repeats(kind) if repeats else kind
        viewer = asking(gateway.plane.local_port, packets.append) if kind is TcpViewer else asking(packets.append)
        _, session = await play(gateway, viewer)
        camera = Reception(StreamInfo("H264", 90_000), 96, gateway.camera.stream, own_ssrc=1)
        units = [aggregated(SPS, PPS), *fragments(b"\x65" + bytes(65_535), 1400)]
        units += [aggregated(*[b"\x41" + bytes(500)] * 3), *(b"\x41" + bytes(size) for size in range(1130, 1460, 11))]
        for number, payload in enumerate(units):
            camera.rtp(rtp(number, 9000, payload, marker=number == len(units) - 1), 0.0)
        camera.rtp(rtp(len(units), 12_000, b"\x41\x9a"), 0.0)
        for step in range(200):
            if step == 100:
                sequences = [int.from_bytes(packet[2:4], "big") for packet in packets]
                lost = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=session.ssrc, lost=sequences[-90:])
                viewer.send_rtcp(bytes(lost))
            await passes(gateway, 0.005)
            await asyncio.sleep(0.002)
        media = [packet for packet in packets if packet[1] & 0x7F == 102]
        assert sum(map(len, packets)) > 65_535 + 20 * 1300
        assert len(packets) - len(set(packets)) + len(packets) - len(media) >= 90, "repeats were sent, too"
        assert (len(packets) > len(media)) == repeats
        assert max(len(packet) for packet in packets) <= 1200
        assert max(len(packet) - 12 - 16 for packet in media) <= 1140
        await viewer.close()


async def test_on_every_address_viewers_of_both_families_play_at_once() -> None:
    async with running(host="::", advertise=("127.0.0.1",)) as gateway:
        four, six = LightViewer(), SixViewer()
        await play(gateway, four)
        await play(gateway, six)
        await four.close()
        await six.close()


def _check(answer: str, theirs: str) -> bytes:
    ufrag, password = (re.search(f"a=ice-{name}:(\\S+)", answer) for name in ("ufrag", "pwd"))
    assert ufrag is not None
    assert password is not None
    attributes = [
        (stun.USERNAME, f"{ufrag[1]}:{theirs}".encode()),
        (stun.PRIORITY, struct.pack("!I", 1)),
        (stun.ICE_CONTROLLING, bytes(8)),
        (stun.USE_CANDIDATE, b""),
    ]
    return stun.message(stun.BINDING_REQUEST, os.urandom(12), attributes, password[1])


async def test_an_answer_comes_from_the_address_that_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself, the kernel would answer from the address that it prefers for the route back."""

    def own(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["127.0.0.1", "127.0.0.77"]

    monkeypatch.setattr("gateway.webrtc.transport.addresses.get_host_addresses", own)
    async with running(host="0.0.0.0") as gateway:
        viewer = LightViewer()
        answer = (await gateway.open(viewer.offer())).answer
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind(("127.0.0.1", 0))
            asking.setblocking(False)
            for host in ("127.0.0.77", "127.0.0.1", "127.0.0.78"):
                asking.sendto(_check(answer, viewer.credentials.ufrag), (host, gateway.plane.local_port))
                reply, where = await asyncio.wait_for(_answer(asking), 5)
                mapped = aioice.stun.parse_message(reply).attributes["XOR-MAPPED-ADDRESS"]
                assert mapped == asking.getsockname()
                # the gateway does not know that this address is the host's, so the kernel chooses
                if host != "127.0.0.78":
                    assert where == (host, gateway.plane.local_port)
        await viewer.close()


async def _answer(asking: socket.socket) -> tuple[bytes, Any]:
    while True:
        try:
            return asking.recvfrom(2048)
        except BlockingIOError:
            await asyncio.sleep(0.005)


async def test_a_port_stays_occupied_while_its_addresses_are_served() -> None:
    async with running(host="0.0.0.0") as gateway:
        viewer = LightViewer()
        await gateway.open(viewer.offer())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                thief.bind(("127.0.0.1", gateway.plane.local_port))
        await viewer.close()
