"""Attackers who send to the media port what they have no right to send."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiortc.rtp import RtcpByePacket

from gateway.models import CloseReason
from gateway.webrtc.session import Session
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.ice_transport import KNOWN_CHECKS, KNOWN_ROUTES
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.peers import Gateway


class Outsider:
    """Another device's socket on the same network. It can send anything, and here it also receives."""

    def __init__(self, gateway: Gateway) -> None:
        self._to = ("127.0.0.1", gateway.plane.local_port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(("127.0.0.1", 0))

    def say(self, datagram: bytes) -> None:
        self._socket.sendto(datagram, self._to)

    def heard(self) -> bytes:
        """Return everything that has arrived."""
        found = b""
        while True:
            try:
                found += self._socket.recv(2048)
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


def the_session(gateway: Gateway) -> Session:
    [view] = gateway.plane.sessions()
    session = gateway.plane.session(view.id)
    assert session is not None
    return session


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # datagrams that arrive set no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def watching() -> AsyncIterator[tuple[Gateway, LightViewer, Outsider, str]]:
    """Yield a gateway, a viewer whose picture is moving, an outsider, and the answer that the viewer got."""
    gateway = Gateway(FakeClock())
    async with gateway.plane:
        viewer, outsider = LightViewer(), Outsider(gateway)
        try:
            opened = await gateway.open(viewer.offer())
            await asyncio.wait_for(viewer.connect(opened.answer), 10)
            gateway.camera.show(1)
            await until(lambda: viewer.packets)
            yield gateway, viewer, outsider, opened.answer
        finally:
            outsider.close()
            await viewer.close()


async def the_picture_stays(gateway: Gateway, viewer: LightViewer, outsider: Outsider) -> None:
    before = viewer.packets
    gateway.camera.show(3)
    await until(lambda: viewer.packets >= before + 3)
    assert outsider.heard() == b""


async def test_an_overheard_check_sent_from_elsewhere_does_not_divert_the_picture() -> None:
    async with watching() as (gateway, viewer, outsider, _):
        check = viewer.check_message()
        viewer.say(check)
        dropped = gateway.figure("dropped_total", where="unsigned")
        outsider.say(check)
        await until(lambda: gateway.figure("dropped_total", where="unsigned") == dropped + 1)
        await the_picture_stays(gateway, viewer, outsider)


async def test_a_check_repeated_from_the_same_place_is_answered_again() -> None:
    async with watching() as (gateway, viewer, outsider, _):
        check = viewer.check_message()
        for _ in range(3):
            viewer.say(check)
        await the_picture_stays(gateway, viewer, outsider)
        assert gateway.figure("dropped_total", where="unsigned") == 0


async def test_a_viewer_who_checks_for_hours_does_not_make_memory_grow() -> None:
    async with watching() as (gateway, viewer, _, _answer):
        session = the_session(gateway)
        for _ in range(KNOWN_CHECKS + 20):
            viewer.check()
            await asyncio.sleep(0)
        await until(lambda: session.path.checks_kept == KNOWN_CHECKS)


async def test_strangers_get_no_answer_so_nothing_can_be_reflected() -> None:
    async with watching() as (gateway, viewer, outsider, answer):
        ufrag = next(line[12:] for line in answer.splitlines() if line.startswith("a=ice-ufrag:"))
        unsigned = stun.message(stun.BINDING_REQUEST, os.urandom(12), [(stun.USERNAME, f"{ufrag}:x".encode())], "guess")
        hello = b"\x16\xfe\xfd" + bytes(10) + b"\x01" + bytes(100)
        for datagram in (unsigned, hello, b"\x80\xc9" + bytes(30), b"\x80\x66" + bytes(30), b"\x40" * 40, b"\0"):
            outsider.say(datagram)
        await the_picture_stays(gateway, viewer, outsider)


async def test_two_viewers_who_use_one_address_in_turn_both_stay_connected() -> None:
    """A viewer may get another's former address from NAT, or forge it. Neither viewer may lose its connection."""
    async with watching() as (gateway, viewer, _, _answer):
        first = gateway.plane.sessions()[0].id
        other = LightViewer()
        opened = await gateway.open(other.offer())
        ufrag = next(line[12:] for line in opened.answer.splitlines() if line.startswith("a=ice-ufrag:"))
        password = next(line[10:] for line in opened.answer.splitlines() if line.startswith("a=ice-pwd:"))
        theirs = [(stun.USERNAME, f"{ufrag}:{other.credentials.ufrag}".encode()), (stun.PRIORITY, bytes(4))]
        known = [gateway.plane.session(session_id) for session_id in (first, opened.id)]

        async def is_heard(session: Session | None) -> None:
            await until(lambda: session is not None and session.path.heard_at == gateway.clock.monotonic())

        viewer.stop_checking()  # otherwise its own check could arrive between two of the test's
        for _ in range(2 * KNOWN_ROUTES):
            assert isinstance(gateway.clock, FakeClock)
            await gateway.clock.advance(0.01)
            viewer.say(stun.message(stun.BINDING_REQUEST, os.urandom(12), theirs, password))
            await is_heard(known[1])
            viewer.check()
            await is_heard(known[0])
        assert await gateway.plane.close(opened.id, CloseReason.VIEWER_LEFT)
        viewer.send_rtcp(bytes(RtcpByePacket(sources=[1])))
        await until(lambda: gateway.plane.session(first) is None)
        await other.close()


async def test_a_forged_datagram_of_any_size_does_not_end_anybodys_picture() -> None:
    """The gateway mistakes a sender who forges a viewer's address for that viewer until a message must be authentic."""
    async with watching() as (gateway, viewer, outsider, _):
        sizes = (2, 12, 1402, 1500, 1501, 2048)
        for size in sizes:
            viewer.say(b"\x80\xc9" + bytes(size - 2))
        await until(lambda: gateway.figure("malformed_total", protocol="rtcp") == len(sizes))
        await the_picture_stays(gateway, viewer, outsider)


async def test_what_a_viewer_sends_inside_dtls_is_discarded_record_by_record() -> None:
    async with watching() as (gateway, viewer, outsider, _):
        session, records = the_session(gateway), 20
        viewer.say(b"".join(viewer.dtls.inside(b"x") for _ in range(records)))
        await until(lambda: session.dtls.thrown_away >= records - 1)  # aiortc itself reads the first
        await the_picture_stays(gateway, viewer, outsider)
