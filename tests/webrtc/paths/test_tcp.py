"""A viewer over TCP gets the same packets. Waiting data is bounded, and nothing follows the end."""

import asyncio
import os

import pytest

from gateway.models import CloseReason
from gateway.webrtc.interface import SessionEvent
from gateway.webrtc.transport import stun
from gateway.webrtc.transport.tcp import PATIENCE, WAITING_MEDIA
from rig.viewer import LightViewer
from tests.webrtc.paths.ways import FramedSocket, TcpViewer, connection_of, passes, play, running, until


async def test_a_viewer_over_tcp_is_sent_the_same_packets() -> None:
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
        assert viewer.reports  # the goodbye arrived before the connection ended
        await viewer.close()


async def test_nothing_waiting_in_a_tcp_connection_is_sent_after_its_session_ends() -> None:
    """This holds even if the viewer says that the connection also belongs to another, open session."""
    async with running() as gateway:
        slow = TcpViewer(gateway.plane.local_port)
        opened, session = await play(gateway, slow)
        slow.stop_checking()
        other = LightViewer()
        also = await gateway.open(other.offer())
        slow.stop_reading()
        connection = connection_of(session)
        while connection.waiting < WAITING_MEDIA // 2:  # more than the kernel can still buffer
            gateway.camera.show(1)
            await asyncio.sleep(0)
        ufrag = next(line[12:] for line in also.answer.splitlines() if line.startswith("a=ice-ufrag:"))
        password = next(line[10:] for line in also.answer.splitlines() if line.startswith("a=ice-pwd:"))
        theirs = [(stun.USERNAME, f"{ufrag}:{other.credentials.ufrag}".encode()), (stun.PRIORITY, bytes(4))]
        slow.say(stun.message(stun.BINDING_REQUEST, os.urandom(12), theirs, password))
        await until(lambda: gateway.figure("dropped_total", where="stranger") == 1)
        gateway.camera.show(100)
        assert connection.waiting
        assert await gateway.plane.close(opened.id, CloseReason.INCIDENT_ENDED)
        await until(lambda: gateway.figure("tcp_connections") == 0)
        assert connection.waiting == 0
        await other.close()
        slow.socket.close()


async def test_if_tcp_is_off_nothing_listens_and_nothing_is_offered() -> None:
    async with running(tcp=False) as gateway:
        viewer = LightViewer()
        assert " tcp " not in (await gateway.open(viewer.offer())).answer
        with pytest.raises(ConnectionRefusedError):
            FramedSocket(gateway.plane.local_port)
        await viewer.close()


async def test_a_viewer_who_reads_slowly_loses_pictures_but_uses_limited_memory_and_affects_nobody_else() -> None:
    async with running() as gateway:
        slow, other = TcpViewer(gateway.plane.local_port), LightViewer()
        _, session = await play(gateway, slow)
        await play(gateway, other)
        slow.stop_reading()
        connection = connection_of(session)
        before = other.packets
        while connection.waiting < WAITING_MEDIA // 2:  # more than the kernel can still buffer
            gateway.camera.show(1)
            await asyncio.sleep(0)
        await passes(gateway, PATIENCE + 0.1)
        waiting, sent = connection.waiting, session.packets
        gateway.camera.show(30)
        assert session.packets == sent
        assert connection.waiting <= waiting + 4096  # only reports and replies
        await until(lambda: other.packets > before)
        slow.read_on()
        await until(lambda: connection.waiting == 0)
        gateway.camera.show(20)
        await until(lambda: session.packets > sent)  # it continues at a keyframe
        await slow.close()
        await other.close()


async def test_data_waiting_for_a_viewer_is_also_limited_in_bytes() -> None:
    async with running() as gateway:
        slow = TcpViewer(gateway.plane.local_port)
        _, session = await play(gateway, slow)
        slow.stop_reading()
        connection = connection_of(session)
        took = [connection.send_run(bytes(50_000), 50, 1000, ()) for _ in range(200)]
        assert took[0]
        assert not took[-1]
        assert 0 < connection.waiting <= WAITING_MEDIA
        await slow.close()


async def test_nothing_waiting_for_a_slow_viewer_is_sent_after_the_end() -> None:
    async with running() as gateway:
        slow = TcpViewer(gateway.plane.local_port)
        opened, session = await play(gateway, slow)
        slow.stop_reading()
        connection = connection_of(session)
        while connection.waiting < WAITING_MEDIA // 2:
            gateway.camera.show(15)
            await asyncio.sleep(0)
        await gateway.plane.close(opened.id, CloseReason.REVOKED)
        await until(lambda: gateway.figure("tcp_connections") == 0)
        await slow.close()


async def test_a_viewer_whose_tcp_connection_breaks_continues_over_another() -> None:
    async with running() as gateway:
        viewer = TcpViewer(gateway.plane.local_port)
        opened, session = await play(gateway, viewer)
        before = viewer.packets
        viewer.move()
        await until(lambda: session.path.route is None)
        gateway.camera.show(2)  # nobody receives these
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
