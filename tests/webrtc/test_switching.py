"""Main stream and substream of one camera, given in turn to a viewer without a new offer."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import aiortc.rtp as rtp
import pytest

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.configuration.settings import MediaSettings
from gateway.errors import Unplayable
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.webrtc.congestion import stream_selector
from gateway.webrtc.distribution import FRESH
from gateway.webrtc.interface import OpenedSession, OpenSession, SessionEvent, ViewerProfile
from gateway.webrtc.plane import MediaPlane
from gateway.webrtc.transport.route import Address
from gateway.webrtc.transport.udp import MediaPort
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.peers import CAR, DESK

CAMERA = CameraId("hall")
STEP = 0.1
GOP = 10


class Camera:
    """One stream: a picture each time it is told, ``size`` bytes, every tenth a keyframe, the first after ``phase``."""

    def __init__(self, name: StreamName, clock: Clock, size: int, stamp: int, phase: int = 0) -> None:
        self.stream = CameraStream(CAMERA, name, clock, Metrics(), clock_trusted=True)
        self.stream.connected(StreamInfo("H264", 90_000), clock.monotonic())
        self._clock = clock
        self._size = size
        self._stamp = stamp
        self._codec = "H264"
        self._pictures = itertools.count(-phase)

    def becomes(self, codec: str, stamp: int | None = None) -> None:
        """Connect anew with this codec, and with other timestamps if one is given."""
        self._codec = codec
        self._stamp = self._stamp if stamp is None else stamp
        self.stream.connected(StreamInfo(codec, 90_000), self._clock.monotonic())

    def show(self) -> None:
        number = next(self._pictures)
        keyframe = number % GOP == 0
        self._stamp = (self._stamp + round(STEP * 90_000)) & 0xFFFFFFFF
        kinds = {"H264": (b"\x65", b"\x41"), "H265": (b"\x26\x01", b"\x02\x01"), "JPEG": (b"\xff", b"\xff")}[
            self._codec
        ]
        unit = kinds[not keyframe] + bytes(self._size)
        self.stream.access_unit(AccessUnit((unit,), self._stamp, keyframe, self._clock.monotonic(), codec=self._codec))


class Scene:
    """A gateway whose clock moves only when told, with a camera of two streams and one viewer."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.main = Camera(StreamName.MAIN, clock, 20_000, 5_000_000)
        self.sub = Camera(StreamName.SUB, clock, 2_000, 4_000_000_000, phase=5)
        self.streams = {camera.stream.stream: camera.stream for camera in (self.main, self.sub)}
        find = self.streams.get
        self.plane = MediaPlane(MediaSettings(port=0), lambda _, name: find(name), clock, Metrics())
        self.events: list[SessionEvent] = []
        self.media: list[bytes] = []
        self.lost = self.highest = 0
        self.plane.observe(self.events.append)
        self.viewer = LightViewer(self.media.append)

    async def open(self, stream: StreamName | None, viewer: ViewerProfile = DESK) -> OpenedSession:
        ends_at = self.clock.monotonic() + 3600
        opened = await self.plane.open(OpenSession(CAMERA, stream, self.viewer.offer(), ends_at, viewer))
        await asyncio.wait_for(self.viewer.connect(opened.answer), 10)
        async with asyncio.timeout(10):
            while not any(event.kind == "connected" for event in self.events):  # noqa: ASYNC110  # no event is set
                await asyncio.sleep(0.005)
        return opened

    async def play(self, seconds: float, lossy: bool = False) -> None:
        """Let pictures come, and the viewer report that a third was lost if it is so."""
        for step in range(round(seconds / STEP)):
            self.main.show()
            self.sub.show()
            if lossy and step % 10 == 0:
                await self.report_loss()
            for _ in range(4):  # what is paced goes out in real time, by this clock
                await self.clock.advance(STEP / 4)
                await asyncio.sleep(0.003)
            self.viewer.check()

    async def report_loss(self) -> None:
        [session] = self.plane._sessions.values()
        for _ in range(2):
            self.lost, self.highest = self.lost + 30, self.highest + 100
            told = {"packets_lost": self.lost, "highest_sequence": self.highest, "fraction_lost": 77}
            block = rtp.RtcpReceiverInfo(ssrc=session.ssrc, jitter=0, lsr=0, dlsr=0, **told)
            await self.viewer.dtls._send_rtp(bytes(rtp.RtcpRrPacket(ssrc=1, reports=[block])))
            await asyncio.sleep(0.01)
            await self.clock.advance(0.025)

    async def far_too_slow(self) -> None:
        """The link turns out to carry half of the main stream: on to the substream."""
        [session] = self.plane._sessions.values()
        assert session.feed is not None
        session.feed.link.estimate.found(800_000, self.clock.monotonic())
        await self.play(0.4)
        assert self.changes[-1] == (StreamName.SUB, "")

    def dates_rightly(self) -> bool:
        """Whether a page dates the newest picture, of the substream, rightly by the shift that it was told."""
        point = self.sub.stream.timeline()
        [told] = [event for event in self.events if event.kind == "stream"]
        assert point is not None
        return (point.rtp + told.shift) % 2**32 == int.from_bytes(self.media[-1][4:8], "big")

    @property
    def changes(self) -> list[tuple[StreamName, str]]:
        return [(event.stream, event.waiting) for event in self.events if event.kind == "stream"]

    def pictures(self) -> list[tuple[int, int]]:
        """(timestamp, bytes) of each picture that came, in order."""
        sizes: dict[int, int] = {}
        for packet in self.media:
            stamp = int.from_bytes(packet[4:8], "big")
            sizes[stamp] = sizes.get(stamp, 0) + len(packet)
        return list(sizes.items())


@asynccontextmanager
async def _scene() -> AsyncIterator[Scene]:
    scene = Scene(FakeClock())
    async with scene.plane:
        try:
            yield scene
        finally:
            await scene.viewer.close()


def _steps(scene: Scene) -> set[int]:
    """By how many pictures RTP time goes on from each to the next. Every packet came, in one numbering."""
    sequences = [int.from_bytes(packet[2:4], "big") for packet in scene.media]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    stamps = [stamp for stamp, _ in scene.pictures()]
    steps = {(after - before) % 2**32 for before, after in pairwise(stamps)}
    pictures = {round(step / 9000): step for step in steps}
    assert all(abs(step - 9000 * count) <= 2 for count, step in pictures.items()), "as captured: each tenth of a second"
    return set(pictures)


async def test_a_patrol_car_starts_on_the_substream_and_climbs_where_the_link_carries_it() -> None:
    async with _scene() as scene:
        await scene.play(1.7)
        opened = await scene.open(None, CAR)
        assert opened.stream is StreamName.SUB
        await scene.play(2.0)
        assert {size for _, size in scene.pictures()} == {len(scene.media[0]) + len(scene.media[1])}
        await scene.play(stream_selector.FIRST)
        assert scene.changes == [(StreamName.MAIN, "")]
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert scene.pictures()[-1][1] > 20_000
        assert _steps(scene) == {1}


async def test_loss_sends_it_to_the_substream_at_its_next_keyframe_and_back_up_later_without_a_gap() -> None:
    async with _scene() as scene:
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
        assert _steps(scene) <= {1, 2}, "what still waited at the switch is given up"


async def test_on_a_link_far_too_slow_for_the_main_stream_the_substream_begins_at_its_last_keyframe() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(2.3)  # the substream's next keyframe is 7 pictures away, the last one 3 pictures back
        await scene.far_too_slow()
        stamps = [int.from_bytes(packet[4:8], "big") for packet in scene.media]
        [back] = [place for place, (one, next) in enumerate(pairwise(stamps), start=1) if next < one]
        assert 3 <= (stamps[back - 1] - stamps[back]) / 9_000 <= 6, "to the keyframe, from wherever the main stream was"
        assert set(Counter(stamps[back:]).values()) == {2}, "the substream's pictures of two packets alone"
        sequences = [int.from_bytes(packet[2:4], "big") for packet in scene.media]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        assert scene.dates_rightly()


async def test_a_substream_of_another_codec_begins_with_a_later_time_since_browsers_throw_older_pictures_away() -> None:
    async with _scene() as scene:
        await scene.viewer.close()
        scene.viewer = ModernViewer(scene.media.append)
        scene.main.becomes("H265")
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(2.3)
        await scene.far_too_slow()
        assert {packet[1] & 0x7F for packet in scene.media} == {102, 103}
        stamps = [int.from_bytes(packet[4:8], "big") for packet in scene.media]
        assert all(after >= before for before, after in pairwise(stamps))
        assert scene.dates_rightly()


async def test_a_substream_that_stands_still_is_not_begun_at_its_last_keyframe() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.2)
        [session] = scene.plane._sessions.values()
        assert session.feed is not None
        scene.plane._distribution._aim(session, StreamName.SUB, scene.clock.monotonic())
        for _ in range(round((FRESH + 0.2) / STEP)):
            scene.main.show()
            await scene.clock.advance(STEP)
        assert session.target is StreamName.SUB
        session.feed.link.estimate.found(800_000, scene.clock.monotonic())
        await scene.clock.advance(0.5)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN


async def test_a_torn_picture_does_not_look_live_until_the_next_keyframe_and_nobody_begins_with_it() -> None:
    async with _scene() as scene:
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


async def test_what_waits_for_a_slow_link_is_not_sent_past_the_end_of_its_permission() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        [session] = scene.plane._sessions.values()
        assert session.feed is not None
        session.feed.link.estimate.found(1_300_000, scene.clock.monotonic())
        await scene.play(0.3)
        scene.main.show()
        assert session.feed.backlog.bytes
        session.ends_at = scene.clock.monotonic()
        async with asyncio.timeout(10):
            while not any(event.kind == "closed" for event in scene.events):  # noqa: ASYNC110  # no event is set
                await asyncio.sleep(0.005)
        assert scene.events[-1].reason == "token_expired", "before the clock that closes sessions has moved"


async def test_a_page_dates_pictures_rightly_by_the_shift_that_it_is_told() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(None, CAR)
        await scene.play(stream_selector.FIRST + 2.0)
        [changed] = [event for event in scene.events if event.kind == "stream"]
        point = scene.main.stream.timeline()
        assert point is not None
        newest, _ = scene.pictures()[-1]
        assert (point.rtp + changed.shift) % 2**32 == newest


async def test_who_asks_for_the_substream_keeps_it() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        assert (await scene.open(StreamName.SUB)).stream is StreamName.SUB
        await scene.play(stream_selector.FIRST + 3.0)
        assert scene.changes == []
        assert max(size for _, size in scene.pictures()) < 5_000


async def test_a_substream_that_sends_nothing_is_not_switched_to() -> None:
    async with _scene() as scene:
        scene.streams.pop(StreamName.SUB)
        scene.streams[StreamName.SUB] = CameraStream(CAMERA, StreamName.SUB, scene.clock, Metrics())
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(3.0, lossy=True)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert {stream for stream, _ in scene.changes} <= {StreamName.MAIN}


async def test_a_repeat_of_a_picture_from_before_the_switch_is_still_answered() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(2.0)
        await scene.report_loss()
        await scene.play(1.2)
        assert scene.changes[-1] == (StreamName.SUB, "")
        [session] = scene.plane._sessions.values()
        before = list(scene.media)
        wanted = next(packet for packet in reversed(before) if len(packet) == 1168)
        sequence = int.from_bytes(wanted[2:4], "big")
        nack = rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=session.ssrc, lost=[sequence])
        await scene.viewer.dtls._send_rtp(bytes(nack))
        async with asyncio.timeout(5):
            while len(scene.media) == len(before):  # noqa: ASYNC110  # datagrams that arrive set no event
                await asyncio.sleep(0.005)
        assert scene.media[-1] == wanted


@pytest.mark.parametrize("viewer", [DESK, CAR])
async def test_a_session_that_is_closed_while_it_waits_for_the_other_stream_leaves_nothing_behind(
    viewer: ViewerProfile,
) -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        opened = await scene.open(None, viewer)
        await scene.play(stream_selector.FIRST + 0.2 if viewer is CAR else 0.2)
        await scene.report_loss()
        await scene.plane.close(opened.id, CloseReason.VIEWER_LEFT)
        assert scene.plane._distribution._fanouts == {}


async def test_a_viewer_that_takes_no_more_is_sent_less_and_costs_the_other_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with _scene() as scene:
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


async def test_a_camera_that_begins_to_send_h265_leaves_its_viewers_on_its_substream() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.main.becomes("H265")
        before = len(scene.pictures())
        await scene.play(2.0)
        assert [stream for stream, waiting in scene.changes if not waiting] == [StreamName.SUB]
        assert max(size for _, size in scene.pictures()[before:]) < 5_000, (
            "not a packet of what the viewer does not decode"
        )


async def test_a_camera_whose_pictures_begin_to_refer_back_leaves_its_viewers_on_its_substream() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.main.stream._pass_b_frames, scene.main.stream._backward = False, 100
        await scene.play(2.0)
        assert scene.plane.sessions()[0].stream is StreamName.SUB
        assert scene.pictures()[-1][1] < 5_000


async def test_viewers_of_a_camera_that_sends_nothing_agreed_on_any_more_are_closed_so_that_they_offer_anew() -> None:
    async with _scene() as scene:
        scene.streams.pop(StreamName.SUB)
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        scene.main.becomes("H265")
        await scene.play(1.5)
        assert scene.events[-1].reason is CloseReason.CODEC_CHANGED
        assert scene.plane._distribution._fanouts == {}


async def test_a_camera_that_returns_with_the_same_codec_keeps_its_viewers_on_its_stream() -> None:
    async with _scene() as scene:
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.3)
        before = len(scene.pictures())
        scene.main.becomes("H264", stamp=77)
        await scene.play(1.5)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert scene.pictures()[-1][1] > 20_000
        assert len(scene.pictures()) > before
        assert _steps(scene) <= set(range(1, GOP + 1)), "whatever the camera's own numbers are now"


class ModernViewer(LightViewer):
    """One that decodes H.265, too, as payload type 103."""

    def offer(self) -> str:
        h265 = "a=rtpmap:103 H265/90000\r\n"
        return super().offer().replace("SAVPF 102", "SAVPF 102 103").replace("a=rtpmap:102", h265 + "a=rtpmap:102")


async def test_a_camera_that_goes_over_to_h264_is_sent_on_by_the_payload_type_that_was_agreed_on_for_that() -> None:
    async with _scene() as scene:
        await scene.viewer.close()
        scene.viewer = ModernViewer(scene.media.append)
        scene.main.becomes("H265")
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        assert {packet[1] & 0x7F for packet in scene.media} == {103}
        before = len(scene.media)
        scene.main.becomes("H264")
        await scene.play(2.0)
        assert scene.plane.sessions()[0].stream is StreamName.MAIN
        assert {packet[1] & 0x7F for packet in scene.media[before:]} == {102}
        sequences = [int.from_bytes(packet[2:4], "big") for packet in scene.media]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


class NewestViewer(LightViewer):
    """One that decodes H.265 and nothing else."""

    def offer(self) -> str:
        return "".join(
            line.replace("H264", "H265") + "\r\n"
            for line in super().offer().splitlines()
            if not line.startswith("a=fmtp")
        )


@pytest.mark.parametrize("codec", ["H265", "JPEG"])
async def test_a_running_session_goes_over_to_the_transcode_without_a_new_offer_and_without_a_gap(codec: str) -> None:
    async with _scene() as scene:
        scene.streams.pop(StreamName.SUB)
        transcode = Camera(StreamName.TRANSCODED, scene.clock, 5_000, 900, phase=3)
        scene.streams[StreamName.TRANSCODED] = transcode.stream
        await scene.play(1.5)
        await scene.open(StreamName.MAIN)
        await scene.play(1.0)
        scene.main.becomes(codec)
        before = len(scene.pictures())
        fanouts = scene.plane._distribution._fanouts
        await scene.play(1.5)
        assert [name for _, name in fanouts] == [StreamName.TRANSCODED], "which runs for whom it has"
        for _ in range(2 * GOP):
            transcode.show()
            await scene.play(STEP)
        assert scene.changes[-1] == (StreamName.TRANSCODED, "")
        assert scene.plane.sessions()[0].stream is StreamName.TRANSCODED
        assert len(scene.pictures()) > before + GOP
        assert {size // 1000 for _, size in scene.pictures()[before:]} == {5}, "not a packet of another codec"
        _steps(scene)


async def test_a_viewer_without_h264_is_never_offered_a_transcode() -> None:
    async with _scene() as scene:
        await scene.viewer.close()
        scene.viewer = NewestViewer(scene.media.append)
        scene.streams[StreamName.TRANSCODED] = Camera(StreamName.TRANSCODED, scene.clock, 5_000, 900).stream
        with pytest.raises(Unplayable):
            await scene.open(StreamName.MAIN)
        scene.main.becomes("H265")
        await scene.play(1.5)
        opened = await scene.open(StreamName.MAIN)
        assert opened.stream is StreamName.MAIN
        assert "H264" not in opened.answer
        scene.main.becomes("H264")
        await scene.play(1.5)
        assert scene.events[-1].reason is CloseReason.CODEC_CHANGED
        assert scene.plane._distribution._fanouts == {}
