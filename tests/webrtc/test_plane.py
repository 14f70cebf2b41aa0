"""The media plane opens sessions, sends pictures, acts on feedback, and survives garbage and bugs."""

import asyncio
import socket
from typing import Any

import aiortc.rtp as rtp
import pytest

from gateway.configuration.media_settings import MediaSettings
from gateway.errors import BadRequest, ConfigurationError, NotFound
from gateway.models import CameraId, CloseReason, StreamName
from gateway.webrtc.interface import OpenSession
from gateway.webrtc.states import State
from gateway.webrtc.transport import udp
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.one_viewer import one_viewer
from tests.webrtc.peers import CAR, DESK, Gateway, aiortc_viewer, offer_of, play, playing_gateway


async def test_aiortc_decodes_what_the_camera_shows() -> None:
    async with playing_gateway() as gateway, aiortc_viewer() as viewer:
        gateway.camera.show(20)
        await play(viewer, gateway)
        track = viewer.getReceivers()[0].track
        pictures: list[Any] = [await asyncio.wait_for(track.recv(), 10) for _ in range(20)]
        assert {(picture.width, picture.height) for picture in pictures} == {(320, 180)}
    assert gateway.figure("sessions_closed_total", reason=CloseReason.VIEWER_LEFT) == 1


async def test_a_late_viewer_starts_at_the_last_keyframe_and_continues() -> None:
    async with one_viewer() as scene:
        scene.gateway.camera.show(20)  # a keyframe every 15 pictures
        gop = scene.gateway.camera.stream.gop()
        await scene.connect()
        await scene.until(lambda: len(scene.media) >= sum(len(group.payloads) for group in gop))
        await scene.show(3)
        stamps = [int.from_bytes(packet[4:8], "big") for packet in scene.media]
        assert list(dict.fromkeys(stamps)) == [group.rtp for group in scene.gateway.camera.stream.gop()]
        first = scene.sequences()[0]
        assert first < 1 << 15
        assert scene.sequences() == list(range(first, first + len(scene.media)))
        assert max(map(len, scene.media)) <= 1200
        assert [event.kind for event in scene.events] == ["connected", "first_packet"]


async def test_without_a_keyframe_the_viewer_is_connected_and_waits() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        assert scene.gateway.plane.sessions()[0].state is State.PLAYING
        assert scene.media == []
        await scene.show(2)
        assert len({packet[4:8] for packet in scene.media}) == 2


async def test_media_follows_the_viewer_to_another_address_after_an_authentic_check() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        await scene.show(2)
        before = len(scene.media)
        scene.viewer.stop_checking()
        scene.viewer.move()
        session = scene.session
        remote = session.path.route
        scene.viewer.check(password="guessed")
        await scene.until(lambda: scene.gateway.figure("dropped_total", where="unsigned") == 1)
        assert session.path.route == remote
        scene.viewer.check()
        await scene.until(lambda: session.path.route != remote)
        assert session.path.route is not None
        assert session.path.route.address == scene.viewer.socket.getsockname()
        scene.gateway.camera.show(2)
        await scene.until(lambda: len(scene.media) > before)


async def test_feedback_is_acted_on() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        await scene.show(3)
        session = scene.session
        before = list(scene.media)
        lost = scene.sequences()[1:3]
        scene.viewer.send_rtcp(
            bytes(rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=session.ssrc, lost=lost))
        )
        await scene.until(lambda: len(scene.media) == len(before) + 2)
        assert scene.media[-2:] == before[1:3]
        await scene.clock.advance(1.5)
        lost_picture = bytes(rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=1, media_ssrc=session.ssrc))
        scene.viewer.send_rtcp(lost_picture)
        scene.viewer.send_rtcp(lost_picture)
        await scene.until(lambda: len(scene.media) == 2 * len(before) + 2)
        assert [packet[4:8] for packet in scene.media[-len(before) :]] == [packet[4:8] for packet in before]
        assert scene.sequences()[-len(before)] == (scene.sequences()[len(before) - 1] + 1) & 0xFFFF
        scene.viewer.send_rtcp(bytes(rtp.RtcpByePacket(sources=[1])))
        await scene.until(lambda: scene.closed)
        assert scene.closed == [CloseReason.VIEWER_LEFT]
        assert len(scene.media) == 2 * len(before) + 2  # the second request within a second was ignored


async def test_garbage_is_counted_and_the_viewer_keeps_playing() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        rubbish = (b"", b"\0\1\0\0", b"\x80\xc9\0\1" + bytes(40), b"\xff", b"\x80\x60", b"\x16" + bytes(20))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for datagram in rubbish:
                scene.viewer.say(datagram)
                stranger.sendto(datagram, ("127.0.0.1", scene.gateway.plane.local_port))
            await scene.until(lambda: scene.gateway.figure("dropped_total", where="stranger") == 5)
        await scene.show(2)
        assert scene.media
        assert scene.closed == []
        assert scene.gateway.figure("malformed_total", protocol="stun") == 2
        assert scene.gateway.figure("malformed_total", protocol="rtcp") == 1
        assert scene.gateway.figure("malformed_total", protocol="media") == 2
        assert scene.gateway.figure("dropped_total", where="stranger") == 5


async def test_a_bug_in_one_session_ends_only_that_session() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        other = LightViewer()
        opened = await scene.gateway.open(other.offer())
        await asyncio.wait_for(other.connect(opened.answer), 10)
        await scene.until(lambda: len(scene.events) >= 2)
        victim = scene.gateway.plane.session(opened.id)
        assert victim is not None
        assert victim.feed is not None
        victim.feed.deliver = None  # type: ignore[method-assign, assignment]  # any call fails
        await scene.show(2)
        assert scene.media
        assert scene.closed == [CloseReason.INTERNAL_ERROR]
        assert scene.gateway.figure("task_failures_total", task="media session") == 1
        await other.close()


async def test_the_figures_say_what_was_sent() -> None:
    async with one_viewer() as scene:
        await scene.connect()
        await scene.show(5)
        await scene.clock.advance(0.2)
        figure = scene.gateway.figure
        assert figure("viewers", role=DESK.label) == 1
        assert figure("packets_out_total") == len(scene.media)
        assert figure("bytes_out_total") == sum(map(len, scene.media)) == scene.gateway.plane.sessions()[0].bytes
        assert figure("send_path", cipher="AEAD_AES_256_GCM", batching="gso") == 1
        assert figure("relay_seconds_count") >= 5
        assert figure("offer_to_first_packet_seconds_count") == 1
    assert scene.closed == [CloseReason.SHUTDOWN]
    assert figure("viewers", role=DESK.label) == 0


@pytest.mark.parametrize("batching", ["gso", "single"])
async def test_at_the_start_the_gateway_finds_out_and_reports_if_the_system_sends_in_batches(
    monkeypatch: pytest.MonkeyPatch, batching: str
) -> None:
    if batching == "single":  # as on systems other than Linux
        monkeypatch.setattr(udp, "UDP_SEGMENT", 9999)
        monkeypatch.delattr(socket, "SOCK_NONBLOCK")
        monkeypatch.delattr(socket, "SOCK_CLOEXEC")
    gateway = Gateway(FakeClock())
    async with gateway.plane:
        assert gateway.figure("send_path", cipher="none", batching=batching) == 1


@pytest.mark.parametrize("batching", [True, False])
async def test_a_viewer_without_gcm_and_a_network_without_batches_are_served_and_reported(
    monkeypatch: pytest.MonkeyPatch, batching: bool
) -> None:
    if not batching:
        monkeypatch.setattr(udp, "UDP_SEGMENT", 9999)  # as on a system that does not know it
    async with one_viewer() as scene:
        scene.viewer.dtls.knows_only("SRTP_AES128_CM_SHA1_80")
        await scene.connect()
        await scene.show(5)
        await scene.clock.advance(0.2)
        way = {"cipher": "AES128_CM_SHA1_80", "batching": "gso" if batching else "single"}
        assert scene.gateway.figure("send_path", **way) == 1
        assert scene.sequences() == list(range(scene.sequences()[0], scene.sequences()[0] + len(scene.media)))
        opened = [scene.viewer.dtls.unprotect(packet)[12:] for packet in scene.media]
        sent = [payload for group in scene.gateway.camera.stream.gop() for payload in group.payloads]
        assert opened == sent


async def test_a_broken_offer_opens_nothing() -> None:
    async with one_viewer() as scene:
        with pytest.raises(BadRequest):
            await scene.gateway.open("hello")
        assert scene.gateway.plane.sessions() == ()


async def test_an_unknown_camera_is_not_found_and_a_missing_substream_is_replaced() -> None:
    async with one_viewer() as scene, aiortc_viewer() as viewer:
        offer = await offer_of(viewer)
        with pytest.raises(NotFound):
            await scene.gateway.plane.open(
                OpenSession(CameraId("none"), StreamName.MAIN, offer, scene.clock.monotonic() + 9, CAR)
            )
        opened = await scene.gateway.plane.open(
            OpenSession(CameraId("hall"), StreamName.SUB, offer, scene.clock.monotonic() + 9, CAR)
        )
        assert opened.stream is StreamName.MAIN


async def test_an_invalid_advertised_address_is_refused_at_the_start() -> None:
    gateway = Gateway(FakeClock(), MediaSettings(port=0, advertise=("203.0.113.5:99999",)))
    with pytest.raises(ConfigurationError, match="media: advertise: '203"):
        await gateway.plane.start()
