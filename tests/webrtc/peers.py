"""Shared parts of these tests: a drawn clip, a camera that plays it, and viewers built with other software."""

import asyncio
import functools
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from gateway.clock import Clock, SystemClock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.configuration.media_settings import MediaSettings
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.stream import RelayStream
from gateway.webrtc.interface import OpenedSession, OpenSession, ViewerProfile
from gateway.webrtc.plane import MediaPlane

CAMERA = CameraId("hall")
DESK = ViewerProfile("dispatcher")
CAR = ViewerProfile("patrol", StreamName.SUB, 20e6)
FPS = 15


@functools.cache
def clip(frames: int = 45, gop: int = 15) -> tuple[tuple[bytes, ...], ...]:
    """Return the NAL units of each access unit of a short H.264 film (320x180, constrained baseline).

    Every ``gop``-th unit is a keyframe.
    """
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 320, 180, "yuv420p"
    encoder.time_base = Fraction(1, FPS)
    encoder.framerate = Fraction(FPS)
    encoder.gop_size = gop
    encoder.bit_rate = 300_000
    encoder.profile = "Baseline"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "x264-params": "repeat-headers=1:scenecut=0"}
    units = []
    for number in range(frames):
        picture = np.zeros((180, 320, 3), np.uint8)
        picture[:, :, number % 3] = 40 + np.arange(320) // 2
        picture[60:120, 5 * number : 5 * number + 40] = 255
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame.pts = number
        units += [bytes(packet) for packet in encoder.encode(frame)]
    return tuple(_nals(unit) for unit in units)


def _nals(unit: bytes) -> tuple[bytes, ...]:
    pieces = unit.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return tuple(piece for piece in pieces if piece)


class Camera:
    """A camera that plays the clip into a relay stream again and again."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self.stream = CameraStream(CAMERA, StreamName.MAIN, clock, metrics)
        self._clock = clock
        self._frames = itertools.count()
        self.stream.connected(StreamInfo("H264", 90_000), clock.monotonic())

    def show(self, frames: int = 1) -> None:
        """Let this many pictures arrive now."""
        for number in itertools.islice(self._frames, frames):
            nals = clip()[number % len(clip())]
            keyframe = any(nal[0] & 31 == 5 for nal in nals)
            stamp = number * 90_000 // FPS
            self.stream.access_unit(AccessUnit(nals, stamp & 0xFFFFFFFF, keyframe, self._clock.monotonic()))

    async def run(self) -> None:
        """Play in real time."""
        while True:
            self.show()
            await asyncio.sleep(1 / FPS)


class Gateway:
    """Runs a media plane with one camera."""

    def __init__(self, clock: Clock, settings: MediaSettings | None = None) -> None:
        self.clock = clock
        self.metrics = Metrics()
        self.camera = Camera(clock, self.metrics)
        self.plane = MediaPlane(settings or MediaSettings(port=0), self._find, clock, self.metrics)

    def _find(self, camera: CameraId, stream: StreamName) -> RelayStream | None:
        return self.camera.stream if (camera, stream) == (CAMERA, StreamName.MAIN) else None

    async def open(self, offer: str, lasts: float = 60.0) -> OpenedSession:
        """Open a session for a viewer at a desk."""
        ends_at = self.clock.monotonic() + lasts
        return await self.plane.open(OpenSession(CAMERA, StreamName.MAIN, offer, ends_at, DESK))

    def figure(self, name: str, **labels: str) -> float:
        """Return a metric's value, 0 if it has none yet."""
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels) or 0.0


@asynccontextmanager
async def playing_gateway(settings: MediaSettings | None = None) -> AsyncIterator[Gateway]:
    """Run a gateway in real time, with a camera that is playing."""
    gateway = Gateway(SystemClock(), settings)
    async with gateway.plane:
        camera = asyncio.create_task(gateway.camera.run(), name="test camera")
        try:
            yield gateway
        finally:
            camera.cancel()


@asynccontextmanager
async def aiortc_viewer() -> AsyncIterator[RTCPeerConnection]:
    """Yield a peer connection that wants to receive one video."""
    viewer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    viewer.addTransceiver("video", direction="recvonly")
    try:
        yield viewer
    finally:
        await viewer.close()


async def offer_of(viewer: RTCPeerConnection) -> str:
    """Return the viewer's offer with all candidates."""
    await viewer.setLocalDescription(await viewer.createOffer())
    return str(viewer.localDescription.sdp)


async def play(viewer: RTCPeerConnection, gateway: Gateway, lasts: float = 60.0) -> OpenedSession:
    """Open a session for the viewer."""
    opened = await gateway.open(await offer_of(viewer), lasts)
    await viewer.setRemoteDescription(RTCSessionDescription(opened.answer, "answer"))
    return opened
