"""A viewer is switched between main stream and substream as its link allows, without a new offer."""

import asyncio
from collections import Counter
from itertools import pairwise

import aiortc.rtp as rtp
import pytest

from gateway.metrics import Metrics
from gateway.models import CloseReason, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.webrtc.congestion import stream_selector
from gateway.webrtc.distribution import FRESH
from gateway.webrtc.interface import OpenSession, ViewerProfile
from gateway.webrtc.transport.route import Address
from gateway.webrtc.transport.udp import MediaPort
from rig.viewer import LightViewer
from tests.webrtc.peers import CAR, DESK
from tests.webrtc.two_streams import CAMERA, GOP, STEP, steps_of, two_streams


async def test_a_patrol_car_starts_on_the_substream_and_climbs_if_the_link_carries_it() -> None:
    async with two_streams() as scene:
        await scene.play(1.7)
        opened = await scene.open(None, CAR)
        assert opened.stream is StreamName.SUB
        await scene.play(2.0)
        assert {size for _, size in scene.pictures()} == {len(scene.media[0]) + len(scene.media[1])}
        await scene.play(stream_selector.FIRST)
        assert scene.changes == [(StreamName.MAIN, "")]
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert scene.pictures()[-1][1] > 20_000
        assert steps_of(scene) == {1}


async def test_after_losses_a_viewer_gets_the_substream_and_later_the_main_stream_without_a_gap() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(3.0)
        await scene.report_loss()
        await scene.play(1.5)
        assert scene.changes[-1] == (StreamName.SUB, "")
        assert scene.pictures()[-1][1] < 5_000
        await scene.play(stream_selector.FIRST + 3.0)
        assert scene.changes[-1] == (StreamName.MAIN, "")
        assert scene.pictures()[-1][1] > 20_000
        assert steps_of(scene) <= {1, 2}, "what was still waiting at the switch is dropped"


async def test_on_a_link_far_too_slow_for_the_main_stream_the_substream_begins_at_its_last_keyframe() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(2.3)  # the substream's next keyframe is 7 pictures away, and its last one 3 pictures back
        await scene.far_too_slow()
        stamps = [int.from_bytes(packet[4:8], "big") for packet in scene.media]
        [back] = [place for place, (one, next) in enumerate(pairwise(stamps), start=1) if next < one]
        assert 3 <= (stamps[back - 1] - stamps[back]) / 9_000 <= 6, "to the keyframe, from wherever the main stream was"
        assert set(Counter(stamps[back:]).values()) == {2}, "only the substream's pictures, which have two packets each"
        sequences = [int.from_bytes(packet[2:4], "big") for packet in scene.media]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert scene.dates_rightly()


async def test_a_stalled_substream_is_not_started_at_its_last_keyframe() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.2)
        scene.carries(1_300_000)
        for _ in range(round((FRESH + 0.2) / STEP)):
            scene.main.show()
            await scene.clock.advance(STEP)
        assert scene.session.place.awaited is StreamName.SUB
        scene.carries(800_000)
        await scene.clock.advance(0.5)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN


async def test_a_torn_picture_does_not_look_live_until_the_next_keyframe_and_nobody_begins_with_it() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(0.2)
        before = len(scene.changes)
        scene.main.stream.withdraw()
        assert scene.changes[before:] == [(StreamName.MAIN, "keyframe")], "the page is told at once"
        assert scene.main.stream.gop() == ()
        await scene.play(GOP * STEP)
        assert scene.changes[before + 1 :] == [(StreamName.MAIN, "")]
        assert scene.main.stream.gop()


async def test_packets_waiting_for_a_slow_link_are_not_sent_after_permission_ends() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.carries(1_300_000)
        await scene.play(0.3)
        scene.main.show()
        assert scene.session.feed is not None
        assert scene.session.feed.pacer.bytes
        await scene.plane.renew(scene.session.id, scene.clock.monotonic())
        async with asyncio.timeout(10):
            while not any(event.kind == "closed" for event in scene.events):  # noqa: ASYNC110  # no event is set
                await asyncio.sleep(0.005)
        assert scene.events[-1].reason == "token_expired", "before the timer that closes sessions has run"


async def test_a_page_dates_pictures_correctly_with_the_shift_that_it_is_told() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(None, CAR)
        await scene.play(stream_selector.FIRST + 2.0)
        [changed] = [event for event in scene.events if event.kind == "stream"]
        point = scene.main.stream.timeline()
        assert point is not None
        newest, _ = scene.pictures()[-1]
        assert (point.rtp + changed.shift) % 2**32 == newest


async def test_a_viewer_who_asks_for_the_substream_keeps_it() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        assert (await scene.open(StreamName.SUB)).stream is StreamName.SUB
        await scene.play(stream_selector.FIRST + 3.0)
        assert scene.changes == []
        assert max(size for _, size in scene.pictures()) < 5_000


async def test_a_substream_that_sends_nothing_is_not_switched_to() -> None:
    async with two_streams() as scene:
        scene.streams.pop(StreamName.SUB)
        scene.streams[StreamName.SUB] = CameraStream(CAMERA, StreamName.SUB, scene.clock, Metrics())
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(3.0, lossy=True)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert {stream for stream, _ in scene.changes} <= {StreamName.MAIN}


async def test_a_repeat_of_a_picture_from_before_the_switch_is_still_answered() -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(2.0)
        await scene.report_loss()
        await scene.play(1.2)
        assert scene.changes[-1] == (StreamName.SUB, "")
        before = list(scene.media)
        wanted = next(packet for packet in reversed(before) if len(packet) == 1168)
        sequence = int.from_bytes(wanted[2:4], "big")
        nack = rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=scene.session.ssrc, lost=[sequence])
        scene.viewer.send_rtcp(bytes(nack))
        async with asyncio.timeout(5):
            while len(scene.media) == len(before):  # noqa: ASYNC110  # datagrams that arrive set no event
                await asyncio.sleep(0.005)
        assert scene.media[-1] == wanted


@pytest.mark.parametrize("viewer", [DESK, CAR])
async def test_a_session_closed_while_waiting_for_the_other_stream_leaves_nothing_behind(
    viewer: ViewerProfile,
) -> None:
    async with two_streams() as scene:
        await scene.play(1.5)
        opened = await scene.open(None, viewer)
        await scene.play(stream_selector.FIRST + 0.2 if viewer is CAR else 0.2)
        await scene.report_loss()
        await scene.plane.close(opened.id, CloseReason.VIEWER_LEFT)
        assert scene.plane.watched == frozenset()


async def test_a_viewer_whose_socket_is_full_is_sent_less_and_does_not_affect_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with two_streams() as scene:
        await scene.play(1.7)
        await scene.open(StreamName.MAIN)
        media: list[bytes] = []
        other = LightViewer(media.append)
        request = OpenSession(CAMERA, StreamName.MAIN, other.offer(), scene.clock.monotonic() + 3600, DESK)
        await asyncio.wait_for(other.connect((await scene.plane.open(request)).answer), 10)
        await scene.play(1.0)
        send_run, slow = MediaPort.send_run, scene.viewer.socket.getsockname()

        def full(port: MediaPort, packets: bytes, count: int, size: int, address: Address) -> bool:
            return (address != slow or count < 5) and send_run(port, packets, count, size, address)

        monkeypatch.setattr(MediaPort, "send_run", full)
        await scene.play(3.0)
        other.check()
        assert [view.stream for view in scene.plane.sessions()] == [StreamName.SUB, StreamName.MAIN]
        assert scene.pictures()[-1][1] < 5_000
        sequences = [int.from_bytes(packet[2:4], "big") for packet in media]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert len({packet[4:8] for packet in media}) >= 40
        await other.close()
