"""The ways to a viewer: by TCP, by IPv6, from the address that was asked, and by new credentials."""

import asyncio
import os
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aioice.stun
import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket

from gateway.codecs.access_unit import StreamInfo
from gateway.configuration.settings import MediaSettings
from gateway.errors import BadRequest, NotFound, PreconditionFailed
from gateway.models import CloseReason
from gateway.sources.reception import Reception
from gateway.webrtc.interface import OpenedSession, PatchRequest, SessionEvent
from gateway.webrtc.session import Session
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.framing import Deframer, frame
from gateway.webrtc.transport.tcp import PATIENCE, WAITING_MEDIA, TcpConnection
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.rtp.packets import PPS, SPS, aggregated, fragments, rtp
from tests.webrtc.peers import Gateway


class FramedSocket:
    """A TCP connection that is used as a UDP socket is."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._deframer = Deframer()
        self._found: list[bytes] = []

    def fileno(self) -> int:
        return self._socket.fileno()

    def getsockname(self) -> Any:
        return self._socket.getsockname()

    def sendto(self, data: bytes, address: object) -> None:
        self._socket.sendall(frame(data))

    def recvfrom(self, size: int) -> tuple[bytes, Any]:
        while not self._found:
            data = self._socket.recv(1 << 16)
            if not data:
                asyncio.get_running_loop().remove_reader(self._socket.fileno())
                raise BlockingIOError
            self._found, sound = self._deframer.feed(data)
            assert sound
        return self._found.pop(0), self._socket.getpeername()

    def close(self) -> None:
        self._socket.close()


class TcpViewer(LightViewer):
    """A light viewer that knows TCP only."""

    def __init__(self, port: int, on_media: Callable[[bytes], None] | None = None) -> None:
        self._port = port
        super().__init__(on_media)

    def _open(self) -> Any:
        opened = FramedSocket(self._port)
        asyncio.get_running_loop().add_reader(opened.fileno(), self._readable)
        return opened


class SixViewer(LightViewer):
    """A light viewer at ::1, for whom the answer's addresses are written otherwise."""

    def _open(self) -> socket.socket:
        opened = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        opened.bind(("::1", 0))
        asyncio.get_running_loop().add_reader(opened.fileno(), self._readable)
        return opened

    def say(self, data: bytes) -> None:
        if self._remote is not None:
            self.socket.sendto(data, ("::1", self._remote[1]))


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # datagrams that arrive set no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Gateway]:
    gateway = Gateway(FakeClock(), MediaSettings(port=0, **settings))
    async with gateway.plane:
        yield gateway


async def play(gateway: Gateway, viewer: LightViewer) -> tuple[OpenedSession, Session]:
    opened = await gateway.open(viewer.offer())
    await asyncio.wait_for(viewer.connect(re.sub(r" ::1? ", " 127.0.0.1 ", opened.answer)), 10)
    gateway.camera.show(2)
    await until(lambda: viewer.packets)
    return opened, gateway.plane._sessions[opened.id]


async def passes(gateway: Gateway, seconds: float) -> None:
    assert isinstance(gateway.clock, FakeClock)
    await gateway.clock.advance(seconds)


def connection_of(session: Session) -> TcpConnection:
    assert session.path.route is not None
    assert isinstance(session.path.route.via, TcpConnection)
    return session.path.route.via


async def test_a_viewer_by_tcp_is_sent_the_same_packets() -> None:
    async with running() as gateway:
        packets: list[bytes] = []
        viewer = TcpViewer(gateway.plane.local_port, packets.append)
        opened, session = await play(gateway, viewer)
        gateway.camera.show(20)
        await until(lambda: len(packets) >= session.packets)
        assert max(map(len, packets)) <= 1200
        assert connection_of(session).proven
        await passes(gateway, 0.2)
        assert gateway.figure("packets_out_total") == len(packets)
        assert gateway.figure("bytes_out_total") == sum(map(len, packets))
        assert await gateway.plane.close(opened.id, CloseReason.INCIDENT_ENDED)
        await until(lambda: gateway.figure("tcp_connections") == 0)
        assert viewer.reports  # the goodbye came before the end of the connection
        await viewer.close()


async def test_nothing_that_waits_in_a_tcp_connection_goes_out_after_the_end_of_its_session() -> None:
    """Not even where the viewer says that the connection is also that of another session, which lives on."""
    async with running() as gateway:
        slow = TcpViewer(gateway.plane.local_port)
        opened, session = await play(gateway, slow)
        slow.stop_checking()
        other = LightViewer()
        also = await gateway.open(other.offer())
        asyncio.get_running_loop().remove_reader(slow.socket.fileno())  # it reads no more
        connection = connection_of(session)
        transport = connection._transport
        assert transport is not None
        while transport.get_write_buffer_size() < WAITING_MEDIA // 2:  # more than the kernel may yet take of it
            gateway.camera.show(1)
            await asyncio.sleep(0)
        ufrag = next(line[12:] for line in also.answer.splitlines() if line.startswith("a=ice-ufrag:"))
        password = next(line[10:] for line in also.answer.splitlines() if line.startswith("a=ice-pwd:"))
        theirs = [(stun.USERNAME, f"{ufrag}:{other.credentials.ufrag}".encode()), (stun.PRIORITY, bytes(4))]
        slow.say(stun.message(stun.BINDING_REQUEST, os.urandom(12), theirs, password))
        await until(lambda: gateway.figure("dropped_total", where="stranger") == 1)
        gateway.camera.show(100)
        assert transport.get_write_buffer_size()
        assert await gateway.plane.close(opened.id, CloseReason.INCIDENT_ENDED)
        await until(lambda: gateway.figure("tcp_connections") == 0)
        assert transport.get_write_buffer_size() == 0
        await other.close()
        slow.socket.close()


async def test_where_tcp_is_off_nothing_listens_and_nothing_is_promised() -> None:
    async with running(tcp=False) as gateway:
        viewer = LightViewer()
        assert " tcp " not in (await gateway.open(viewer.offer())).answer
        with pytest.raises(ConnectionRefusedError):
            FramedSocket(gateway.plane.local_port)
        await viewer.close()


async def test_a_viewer_who_reads_slowly_loses_pictures_and_costs_bounded_memory_and_no_one_else() -> None:
    async with running() as gateway:
        slow, other = TcpViewer(gateway.plane.local_port), LightViewer()
        _, session = await play(gateway, slow)
        await play(gateway, other)
        asyncio.get_running_loop().remove_reader(slow.socket.fileno())
        connection = connection_of(session)
        transport = connection._transport
        assert transport is not None
        before = other.packets
        while transport.get_write_buffer_size() < WAITING_MEDIA // 2:  # more than the kernel may yet take of it
            gateway.camera.show(1)
            await asyncio.sleep(0)
        await passes(gateway, PATIENCE + 0.1)
        waiting, sent = transport.get_write_buffer_size(), session.packets
        gateway.camera.show(30)
        assert session.packets == sent
        assert transport.get_write_buffer_size() <= waiting + 4096  # reports and replies only
        await until(lambda: other.packets > before)
        asyncio.get_running_loop().add_reader(slow.socket.fileno(), slow._readable)
        await until(lambda: transport.get_write_buffer_size() == 0)
        gateway.camera.show(20)
        await until(lambda: session.packets > sent)  # it goes on, at a keyframe
        await slow.close()
        await other.close()


async def test_what_may_wait_for_a_viewer_is_bounded_also_in_bytes() -> None:
    async with running() as gateway:
        slow = TcpViewer(gateway.plane.local_port)
        _, session = await play(gateway, slow)
        asyncio.get_running_loop().remove_reader(slow.socket.fileno())
        connection = connection_of(session)
        assert connection._transport is not None
        took = [connection.send_run(bytes(50_000), 50, 1000, ()) for _ in range(200)]
        assert took[0]
        assert not took[-1]
        assert 0 < connection._transport.get_write_buffer_size() <= WAITING_MEDIA
        await slow.close()


async def test_none_of_what_waits_for_a_slow_viewer_goes_out_after_the_end() -> None:
    async with running() as gateway:
        slow = TcpViewer(gateway.plane.local_port)
        opened, session = await play(gateway, slow)
        asyncio.get_running_loop().remove_reader(slow.socket.fileno())
        connection = connection_of(session)
        while not connection._transport or connection._transport.get_write_buffer_size() < WAITING_MEDIA // 2:
            gateway.camera.show(15)
            await asyncio.sleep(0)
        await gateway.plane.close(opened.id, CloseReason.REVOKED)
        await until(lambda: gateway.figure("tcp_connections") == 0)
        await slow.close()


async def test_a_viewer_whose_tcp_connection_breaks_is_the_same_by_another() -> None:
    async with running() as gateway:
        viewer = TcpViewer(gateway.plane.local_port)
        opened, session = await play(gateway, viewer)
        before = viewer.packets
        viewer.move()
        await until(lambda: session.path.route is None)
        gateway.camera.show(2)  # to nobody
        viewer.check()
        await until(lambda: session.path.route is not None)
        gateway.camera.show(20)
        await until(lambda: viewer.packets > before)
        assert [view.id for view in gateway.plane.sessions()] == [opened.id]
        await viewer.close()


async def test_a_viewer_whose_tcp_connection_breaks_for_good_is_gone_after_the_time_for_consent() -> None:
    async with running() as gateway:
        events: list[SessionEvent] = []
        gateway.plane.observe(events.append)
        viewer = TcpViewer(gateway.plane.local_port)
        _, session = await play(gateway, viewer)
        viewer.stop_checking()
        viewer.socket.close()
        await until(lambda: session.path.route is None)
        await passes(gateway, 13.5)
        assert [event.reason for event in events if event.kind == "closed"] == []
        await passes(gateway, 1.5)
        assert [event.reason for event in events if event.kind == "closed"] == [CloseReason.VIEWER_GONE]


@pytest.mark.parametrize("host", ["::1", "::"])
async def test_a_viewer_by_ipv6_plays(host: str) -> None:
    async with running(host=host) as gateway:
        viewer = SixViewer()
        _, session = await play(gateway, viewer)
        assert session.path.route is not None
        assert session.path.route.host == "::1"
        await viewer.close()


def with_repeats(kind: Any) -> Any:
    """A viewer that takes repeats as a stream of their own (RFC 4588)."""

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
    """Units of 64 KiB in fragments, aggregates of full size, and single units of nearly the size of a datagram."""
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
                await viewer.dtls._send_rtp(bytes(lost))
            await passes(gateway, 0.005)
            await asyncio.sleep(0.002)
        media = [packet for packet in packets if packet[1] & 0x7F == 102]
        assert sum(map(len, packets)) > 65_535 + 20 * 1300
        assert len(packets) - len(set(packets)) + len(packets) - len(media) >= 90, "repeats came, too"
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
    """The kernel alone would answer from the address that it thinks best for the way back."""

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
                if host != "127.0.0.78":  # that one is not known to be the host's: the kernel chooses
                    assert where == (host, gateway.plane.local_port)
        await viewer.close()


async def _answer(asking: socket.socket) -> tuple[bytes, Any]:
    while True:
        try:
            return asking.recvfrom(2048)
        except BlockingIOError:
            await asyncio.sleep(0.005)


async def test_a_port_stays_ours_while_its_addresses_are_served() -> None:
    async with running(host="0.0.0.0") as gateway:
        viewer = LightViewer()
        await gateway.open(viewer.offer())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                thief.bind(("127.0.0.1", gateway.plane.local_port))
        await viewer.close()


# ICE restarts


def _restart(viewer: LightViewer, if_match: str = "*") -> PatchRequest:
    """The viewer makes itself new credentials."""
    viewer.credentials = type(viewer.credentials).fresh()
    lines = [f"a=ice-ufrag:{viewer.credentials.ufrag}", f"a=ice-pwd:{viewer.credentials.password}"]
    return PatchRequest("\r\n".join([*lines, "m=video 9 UDP/TLS/RTP/SAVPF 102", "a=mid:0", ""]), if_match)


def _adopt(viewer: LightViewer, fragment: str | None) -> None:
    assert fragment is not None
    ufrag, password = (re.search(f"a=ice-{name}:(\\S+)", fragment) for name in ("ufrag", "pwd"))
    assert ufrag is not None
    assert password is not None
    viewer.username, viewer.password = f"{ufrag[1]}:{viewer.credentials.ufrag}", password[1]


async def test_after_an_ice_restart_the_same_session_plays_on_by_another_address() -> None:
    async with running() as gateway:
        packets: list[bytes] = []
        viewer = LightViewer(packets.append)
        opened, session = await play(gateway, viewer)
        cipher, before = session.feed, len(packets)
        viewer.stop_checking()
        answer = await gateway.plane.patch(opened.id, _restart(viewer))
        assert answer.etag != opened.etag
        viewer.move()
        _adopt(viewer, answer.fragment)
        viewer.check()
        await until(lambda: session.path.route and session.path.route.address == viewer.socket.getsockname())
        gateway.camera.show(20)
        await until(lambda: len(packets) > before)
        assert session.feed is cipher
        assert [view.id for view in gateway.plane.sessions()] == [opened.id]
        sequences = [int.from_bytes(packet[2:4], "big") for packet in packets]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert gateway.figure("ice_restarts_total") == 1
        await viewer.close()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_was_found_out_of_the_former_way_holds_for_another_port_and_not_for_another_host(
    elsewhere: bool,
) -> None:
    async with running() as gateway:
        viewer = LightViewer()
        _, session = await play(gateway, viewer)
        assert session.feed is not None
        session.feed.link.estimate.refused(gateway.clock.monotonic())
        viewer.check()
        await until(lambda: len(session.path._checks) > 1)
        assert session.feed.link.estimate.ceiling(gateway.clock.monotonic()) is not None
        viewer.move("127.0.0.9" if elsewhere else None)
        viewer.check()
        await until(lambda: session.path.route and session.path.route.address == viewer.socket.getsockname())
        assert (session.feed.link.estimate.ceiling(gateway.clock.monotonic()) is None) == elsewhere
        await viewer.close()


async def test_until_the_new_credentials_are_used_the_former_hold_and_then_no_more() -> None:
    async with running() as gateway:
        viewer = LightViewer()
        opened, session = await play(gateway, viewer)
        viewer.stop_checking()
        former = viewer.username, viewer.password
        await gateway.plane.patch(opened.id, _restart(viewer))  # the answer is lost
        answer = await gateway.plane.patch(opened.id, _restart(viewer))
        new_username = viewer.credentials.ufrag
        await passes(gateway, 1)
        viewer.check()
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        _adopt(viewer, answer.fragment)
        assert viewer.username.endswith(new_username)
        await passes(gateway, 1)
        viewer.check()
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        viewer.username, viewer.password = former
        viewer.check()
        await until(lambda: gateway.figure("dropped_total", where="unsigned") == 1)
        assert len(gateway.plane._intake._by_ufrag) <= 2
        await gateway.plane.close(opened.id, CloseReason.VIEWER_LEFT)
        assert gateway.plane._intake._by_ufrag == {}
        await viewer.close()


async def test_a_patch_says_which_agreement_it_is_about() -> None:
    async with running() as gateway:
        viewer = LightViewer()
        opened, _ = await play(gateway, viewer)
        lines = [f"a=ice-ufrag:{viewer.credentials.ufrag}", f"a=ice-pwd:{viewer.credentials.password}", ""]
        trickle = PatchRequest("\r\n".join(lines), f'"{opened.etag}"')
        answer = await gateway.plane.patch(opened.id, trickle)
        assert (answer.fragment, answer.etag) == (None, opened.etag)
        restarted = await gateway.plane.patch(opened.id, _restart(viewer, f'"{opened.etag}"'))
        assert restarted.fragment is not None
        with pytest.raises(PreconditionFailed):
            await gateway.plane.patch(opened.id, trickle)
        with pytest.raises(BadRequest):
            await gateway.plane.patch(opened.id, PatchRequest("nonsense", "*"))
        with pytest.raises(NotFound):
            await gateway.plane.patch("nobody", _restart(viewer))
        await viewer.close()


async def test_a_viewer_who_nominates_but_once_is_followed_when_the_old_way_has_been_silent() -> None:
    async with running() as gateway:
        viewer = LightViewer()
        _, session = await play(gateway, viewer)
        viewer.stop_checking()
        old = session.path.route
        viewer.move()
        check = stun.message(
            stun.BINDING_REQUEST,
            os.urandom(12),
            [(stun.USERNAME, viewer.username.encode()), (stun.PRIORITY, bytes(4)), (stun.ICE_CONTROLLING, bytes(8))],
            viewer.password,
        )
        await passes(gateway, 1)
        viewer.say(check)
        await until(lambda: session.path.heard_at == gateway.clock.monotonic())
        assert session.path.route == old
        await passes(gateway, 8)
        viewer.say(check)
        await until(lambda: session.path.route != old)
        await viewer.close()
