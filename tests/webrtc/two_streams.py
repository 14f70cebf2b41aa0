"""Provides a camera with two streams and one viewer, on a clock that the test moves."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import aiortc.rtp as rtp

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.nal.recovery import NONE
from gateway.configuration.media_settings import MediaSettings
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.webrtc.interface import OpenedSession, OpenSession, SessionEvent, ViewerProfile
from gateway.webrtc.plane import MediaPlane
from gateway.webrtc.session import Session
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.peers import DESK

CAMERA = CameraId("hall")
STEP = 0.1
GOP = 10


class Camera:
    """Sends one stream. Each call sends a picture of ``size`` bytes. Every tenth picture is a keyframe, the first one
    after ``phase``."""

    def __init__(self, name: StreamName, clock: Clock, size: int, stamp: int, phase: int = 0) -> None:
        self.stream = CameraStream(CAMERA, name, clock, Metrics(), clock_trusted=True, pass_b_frames=False)
        self.stream.connected(StreamInfo("H264", 90_000), clock.monotonic())
        self._clock = clock
        self._size = size
        self._stamp = stamp
        self._codec = "H264"
        self.refers_back = False
        """True to show every second picture before the one sent ahead of it, as B-frames do."""
        self.refreshes = False
        """True to send a recovery point in place of each keyframe."""
        self._pictures = itertools.count(-phase)

    def becomes(self, codec: str, stamp: int | None = None) -> None:
        """Connect again with this codec, and with other timestamps if one is given."""
        self._codec = codec
        self._stamp = self._stamp if stamp is None else stamp
        self.stream.connected(StreamInfo(codec, 90_000), self._clock.monotonic())

    def show(self) -> None:
        number = next(self._pictures)
        keyframe = number % GOP == 0 and not self.refreshes
        recovery = GOP // 2 if number % GOP == 0 and self.refreshes else NONE
        self._stamp = (self._stamp + round(STEP * 90_000)) & 0xFFFFFFFF
        kinds = {"H264": (b"\x65", b"\x41"), "H265": (b"\x26\x01", b"\x02\x01"), "JPEG": (b"\xff", b"\xff")}[
            self._codec
        ]
        unit = kinds[not keyframe] + bytes(self._size)
        turned = 0 if not self.refers_back or number % GOP in (0, 9) else 9000 if number % 2 else -9000
        stamp = (self._stamp + turned) & 0xFFFFFFFF
        now = self._clock.monotonic()
        self.stream.access_unit(AccessUnit((unit,), stamp, keyframe, now, codec=self._codec, recovery=recovery))


class Scene:
    """A gateway on a clock that the test moves, with a camera of two streams and one viewer."""

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
        """Let pictures arrive. With ``lossy``, the viewer reports that a third of them was lost."""
        for step in range(round(seconds / STEP)):
            self.main.show()
            self.sub.show()
            if lossy and step % 10 == 0:
                await self.report_loss()
            for _ in range(4):  # paced packets are sent in real time according to this clock
                await self.clock.advance(STEP / 4)
                await asyncio.sleep(0.003)
            self.viewer.check()

    async def report_loss(self) -> None:
        for _ in range(2):
            self.lost, self.highest = self.lost + 30, self.highest + 100
            told = {"packets_lost": self.lost, "highest_sequence": self.highest, "fraction_lost": 77}
            block = rtp.RtcpReceiverInfo(ssrc=self.session.ssrc, jitter=0, lsr=0, dlsr=0, **told)
            self.viewer.send_rtcp(bytes(rtp.RtcpRrPacket(ssrc=1, reports=[block])))
            await asyncio.sleep(0.01)
            await self.clock.advance(0.025)

    @property
    def session(self) -> Session:
        [view] = self.plane.sessions()
        session = self.plane.session(view.id)
        assert session is not None
        return session

    def carries(self, bps: float) -> None:
        """Set the capacity that the link turns out to have. The main stream has 1.6 Mbit/s."""
        assert self.session.feed is not None
        self.session.feed.link.estimate.found(bps, self.clock.monotonic())

    async def far_too_slow(self) -> None:
        """Make the link carry half of the main stream, which leads to the substream."""
        self.carries(800_000)
        await self.play(0.4)
        assert self.changes[-1] == (StreamName.SUB, "")

    def dates_rightly(self) -> bool:
        """Return True if a page dates the newest picture of the substream correctly with the shift that it was told."""
        point = self.sub.stream.timeline()
        [told] = [event for event in self.events if event.kind == "stream"]
        assert point is not None
        return (point.rtp + told.shift) % 2**32 == int.from_bytes(self.media[-1][4:8], "big")

    @property
    def changes(self) -> list[tuple[StreamName, str]]:
        return [(event.stream, event.waiting) for event in self.events if event.kind == "stream"]

    def pictures(self) -> list[tuple[int, int]]:
        """Return (timestamp, bytes) of each picture received, in order."""
        sizes: dict[int, int] = {}
        for packet in self.media:
            stamp = int.from_bytes(packet[4:8], "big")
            sizes[stamp] = sizes.get(stamp, 0) + len(packet)
        return list(sizes.items())


@asynccontextmanager
async def two_streams() -> AsyncIterator[Scene]:
    scene = Scene(FakeClock())
    async with scene.plane:
        try:
            yield scene
        finally:
            await scene.viewer.close()


def steps_of(scene: Scene) -> set[int]:
    """Return by how many pictures RTP time advances from each picture to the next. Check that no packet is missing."""
    sequences = [int.from_bytes(packet[2:4], "big") for packet in scene.media]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    stamps = [stamp for stamp, _ in scene.pictures()]
    steps = {(after - before) % 2**32 for before, after in pairwise(stamps)}
    pictures = {round(step / 9000): step for step in steps}
    assert all(abs(step - 9000 * count) <= 2 for count, step in pictures.items()), (
        "as captured: every tenth of a second"
    )
    return set(pictures)


class ModernViewer(LightViewer):
    """A viewer that also decodes H.265, as payload type 103."""

    def offer(self) -> str:
        h265 = "a=rtpmap:103 H265/90000\r\n"
        return super().offer().replace("SAVPF 102", "SAVPF 102 103").replace("a=rtpmap:102", h265 + "a=rtpmap:102")


class NewestViewer(LightViewer):
    """A viewer that decodes H.265 and nothing else."""

    def offer(self) -> str:
        return "".join(
            line.replace("H264", "H265") + "\r\n"
            for line in super().offer().splitlines()
            if not line.startswith("a=fmtp")
        )
