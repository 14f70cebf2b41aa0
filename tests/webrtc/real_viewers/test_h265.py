"""aiortc with a renamed payload type stands in for a viewer that decodes H.265, which it cannot decode itself."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import av
import pytest
from aiortc import RTCSessionDescription

from gateway.clock import SystemClock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.configuration.media_settings import MediaSettings
from gateway.errors import ClientError
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.stream import RelayStream
from gateway.webrtc.interface import OpenedSession, OpenSession
from gateway.webrtc.plane import MediaPlane
from rig.viewer import received_by
from tests.codecs.coded import TICKS, Coded, h265
from tests.webrtc.peers import CAMERA, DESK, Camera, aiortc_viewer, offer_of

LENGTH = 40


class H265Camera:
    """Return a gateway with the main stream in H.265 and the substream in H.264, as many cameras are set."""

    def __init__(self, *, sub: bool) -> None:
        self.clock, self.metrics = SystemClock(), Metrics()
        self.main = CameraStream(CAMERA, StreamName.MAIN, self.clock, self.metrics)
        self.main.connected(StreamInfo("H265", 90_000), self.clock.monotonic())
        self.sub = Camera(self.clock, self.metrics) if sub else None
        self.plane = MediaPlane(MediaSettings(port=0), self._find, self.clock, self.metrics)
        self.pictures = h265(LENGTH, gop=10)

    def _find(self, camera: CameraId, name: StreamName) -> RelayStream | None:
        if name is StreamName.SUB:
            return None if self.sub is None else self.sub.stream
        return self.main if name is StreamName.MAIN else None

    def show(self, picture: Coded) -> None:
        keyframe = any(16 <= nal[0] >> 1 <= 23 for nal in picture.nals)
        self.main.access_unit(AccessUnit(picture.nals, picture.rtp, keyframe, self.clock.monotonic(), codec="H265"))

    async def run(self) -> None:
        for picture in self.pictures:
            self.show(picture)
            if self.sub is not None:
                self.sub.show()
            await asyncio.sleep(TICKS / 90_000)

    async def open(self, offer: str) -> OpenedSession:
        ends_at = self.clock.monotonic() + 60
        return await self.plane.open(OpenSession(CAMERA, StreamName.MAIN, offer, ends_at, DESK))


@asynccontextmanager
async def playing(*, sub: bool = True) -> AsyncIterator[H265Camera]:
    camera = H265Camera(sub=sub)
    async with camera.plane:
        for picture in camera.pictures[:1]:
            camera.show(picture)
        task = asyncio.create_task(camera.run(), name="test camera")
        try:
            yield camera
        finally:
            task.cancel()


def with_h265(offer: str) -> tuple[str, str]:
    """Return the offer with its first H.264 format renamed to H.265, and that payload type."""
    found = re.search(r"a=rtpmap:(\d+) H264/90000\r\n", offer)
    assert found is not None
    kind = found[1]
    offer = offer.replace(found[0], f"a=rtpmap:{kind} H265/90000\r\n")
    return re.sub(rf"a=fmtp:{kind} .*\r\n", "", offer), kind


async def test_a_viewer_that_decodes_h265_is_sent_the_main_stream_as_the_camera_sends_it() -> None:
    async with playing() as camera, aiortc_viewer() as viewer:
        offer, kind = with_h265(await offer_of(viewer))
        opened = await camera.open(offer)
        assert opened.stream is StreamName.MAIN
        assert f"a=rtpmap:{kind} H265/90000" in opened.answer
        packets = received_by(viewer.getTransceivers()[0].receiver.transport)
        plain = opened.answer.replace(" H265/", " H264/")
        await viewer.setRemoteDescription(RTCSessionDescription(plain, "answer"))
        async with asyncio.timeout(15):
            while sum(packet.marker for packet in packets) < 25:  # noqa: ASYNC110 - what aiortc receives tells nobody
                await asyncio.sleep(0.05)
        media = [packet for packet in packets if packet.payload_type == int(kind) and packet.payload]
        depacketizer = H265Depacketizer()
        units = [unit for packet in media for unit in depacketizer.push(packet, 0, 0.0)]
        sent = {picture.nals for picture in camera.pictures}
        assert len(units) >= 20
        assert {unit.nals for unit in units} <= sent
        decoder = av.CodecContext.create("hevc", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        shown = 0
        for unit in units:
            shown += len(decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals))))
        assert shown >= 20


async def test_a_viewer_that_does_not_decode_h265_is_sent_the_substream() -> None:
    async with playing() as camera, aiortc_viewer() as viewer:
        opened = await camera.open(await offer_of(viewer))
        assert opened.stream is StreamName.SUB
        assert "H265" not in opened.answer


async def test_a_viewer_that_can_be_sent_nothing_is_told() -> None:
    async with playing(sub=False) as camera, aiortc_viewer() as viewer:
        with pytest.raises(ClientError) as caught:
            await camera.open(await offer_of(viewer))
        assert caught.value.code == "no_common_codec"
