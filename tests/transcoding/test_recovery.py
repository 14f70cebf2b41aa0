"""Cameras that send no keyframes: a transcode begins at a recovery point, and shows only whole pictures."""

from collections.abc import Callable, Iterator, Sequence

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.video.codeccontext import VideoCodecContext

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.decoding import decoder_of, packet_of
from gateway.codecs.h265.syntax import H265Depacketizer
from gateway.codecs.recovery import refers_back
from gateway.codecs.registry import depacketizer_of, payloads_of
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream, Picture
from gateway.relay.packet_group import PacketGroup
from gateway.rtp.packet import RtpPacket
from gateway.rtp.time import WRAP
from gateway.transcoding.backlog import Backlog
from gateway.transcoding.coder import Coder, Limits
from gateway.transcoding.jobs import Result
from tests.codecs.coded import TICKS, Coded, coded, drawn, h264, h265, walked
from tests.fakes import FakeClock

Grey = npt.NDArray[np.int16]

PERIOD = 20
BETWEEN = TICKS / 90_000
RECOVERY_POINT_H265 = bytes.fromhex("4e010602048480")
"""After 18 pictures: x265 refreshes gradually, but does not say so."""


def gradual_h264(count: int) -> list[Coded]:
    return h264(count, gop=PERIOD, parameters="intra-refresh=1")


def open_h264(count: int) -> list[Coded]:
    return h264(count, gop=PERIOD, b_frames=2, parameters="open-gop=1")


def gradual_h265(count: int) -> list[Coded]:
    pictures = h265(count, gop=PERIOD, parameters="bframes=0:intra-refresh=1")
    return [
        Coded((*one.nals[:3], RECOVERY_POINT_H265, *one.nals[3:]), one.rtp) if number % PERIOD == 0 else one
        for number, one in enumerate(pictures)
    ]


def open_h265(count: int) -> list[Coded]:
    return h265(count, gop=PERIOD, parameters="bframes=3:b-adapt=0:open-gop=1")


KINDS = {
    "gradual refresh": ("H264", gradual_h264),
    "open groups": ("H264", open_h264),
    "gradual refresh of H.265": ("H265", gradual_h265),
    "open groups of H.265": ("H265", open_h265),
}


class Camera:
    """Sends coded pictures over RTP to a relay stream, and from there to a transcode that runs in the test."""

    def __init__(self, codec: str) -> None:
        self.clock = FakeClock()
        self.stream = CameraStream(CameraId("hall"), StreamName.MAIN, self.clock, Metrics())
        self.info = StreamInfo(codec, 90_000)
        self.depacketizer = depacketizer_of(self.info)
        self.backlog = Backlog()
        self.coder = Coder(Limits(180, 10, 2_000_000))
        self.results: list[Result] = []
        self.numbers: dict[int, int] = {}
        self._sequence = 0
        self.stream.connected(self.info, self.clock.monotonic())
        self.stream.on_picture(self._take)

    def _take(self, picture: Picture) -> None:
        self.numbers[picture.rtp] = picture.unit.rtp // TICKS
        self.backlog.take(picture)

    def send(self, pictures: Sequence[Coded], lost: int | None = None) -> None:
        """Send the pictures. ``lost`` is the number of the picture that is lost on the way."""
        missing = 0
        for number, picture in enumerate(pictures):
            self.clock.pass_unnoticed(BETWEEN)
            payloads = payloads_of(AccessUnit(picture.nals, 0, False, 0.0, codec=self.info.codec))
            if number == lost:
                missing = len(payloads)
                continue
            for payload in payloads:
                self._sequence += 1
                packet = RtpPacket(96, payload is payloads[-1], self._sequence & 0xFFFF, picture.rtp, 7, payload)
                for unit in self.depacketizer.push(packet, missing, self.clock.monotonic()):
                    self.stream.access_unit(unit)
                    self.code()
                missing = 0

    def code(self) -> None:
        while (waiting := self.backlog.next()) is not None:
            self.results += self.coder.code(waiting[0])


def shown(camera: Camera) -> Iterator[tuple[int, Grey]]:
    """Return the pictures that a viewer's decoder shows, each with its number."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    for result in camera.results:
        packet = av.Packet(b"".join(b"\0\0\0\1" + nal for nal in result.nals))
        packet.pts = result.time
        for frame in decoder.decode(packet):
            assert frame.pts is not None
            yield camera.numbers[frame.pts % WRAP], np.asarray(frame.to_ndarray(format="gray"), dtype=np.int16)


def worst(picture: Grey, number: int, draw: Callable[[int, int, int], av.VideoFrame] = drawn) -> float:
    """Return the largest mean difference of any block of 20 by 20 pixels from the drawn picture."""
    difference = np.abs(picture - draw(number, 320, 180).to_ndarray(format="gray").astype(np.int16))
    return float(difference.reshape(9, 20, 16, 20).mean(axis=(1, 3)).max())


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_camera_that_sends_no_keyframes_only_whole_pictures_are_shown(kind: str) -> None:
    codec, coded = KINDS[kind]
    camera = Camera(codec)
    camera.backlog.begin()
    camera.send(coded(4 * PERIOD)[7:])
    found = list(shown(camera))
    assert PERIOD - 1 <= found[0][0] <= 2 * PERIOD, "the first whole picture is shown"
    assert len(found) >= 4 * PERIOD - found[0][0] - 4
    assert {number: worst(picture, number) for number, picture in found if worst(picture, number) > 12} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_after_a_loss_nothing_is_shown_before_the_picture_is_whole_again(kind: str) -> None:
    codec, coded = KINDS[kind]
    pictures = coded(5 * PERIOD)
    camera = Camera(codec)
    camera.backlog.begin()
    camera.send(pictures[7:], lost=2 * PERIOD + 5)
    found = list(shown(camera))
    numbers = [number for number, _ in found]
    lost = 2 * PERIOD + 12
    assert max(number for number in numbers if number < lost) >= lost - 3
    assert min(number for number in numbers if number > lost) >= 3 * PERIOD - 2
    assert {number: worst(picture, number) for number, picture in found if worst(picture, number) > 12} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_transcode_that_starts_shows_the_newest_picture_at_once(kind: str) -> None:
    codec, coded = KINDS[kind]
    pictures = coded(4 * PERIOD)
    camera = Camera(codec)
    camera.send(pictures[7 : 3 * PERIOD + 7])
    camera.backlog.begin()
    camera.code()
    assert camera.results
    found = list(shown(camera))
    assert found[-1][0] >= 3 * PERIOD + 7 - 4
    assert {number: worst(picture, number) for number, picture in found if worst(picture, number) > 12} == {}


def test_a_transcode_can_begin_at_every_recovery_point() -> None:
    """This holds even if the camera's count of pictures starts again, so that the first picture seems to refer to
    nothing.
    """
    refreshing = f"keyint={PERIOD}:scenecut=0:repeat-headers=1:intra-refresh=1:bframes=0:threads=1"
    options = {"preset": "veryfast", "x264-params": refreshing}
    pictures = list(coded("libx264", 18 * PERIOD, options, draw=walked))
    for first in range(PERIOD, 17 * PERIOD, PERIOD):
        camera = Camera("H264")
        camera.backlog.begin()
        camera.send(pictures[first - 3 : first + PERIOD + 10])
        found = list(shown(camera))
        assert found
        wrong = {number: worst(picture, number, walked) for number, picture in found}
        assert {number: error for number, error in wrong.items() if error > 12} == {}


@pytest.mark.parametrize("kind", ["gradual refresh", "open groups"])
def test_viewers_get_the_transcode_once_no_more_keyframes_are_expected(kind: str) -> None:
    codec, coded = KINDS[kind]
    camera = Camera(codec)
    told: list[bool] = []
    camera.stream.on_beginning(lambda _: told.append(camera.stream.begins))
    pictures = coded(5 * PERIOD)
    camera.send(pictures[7 : PERIOD + 10])
    assert camera.stream.begins, "a keyframe may still come"
    camera.send(pictures[PERIOD + 10 :])
    assert told == [False]
    assert camera.stream.waiting_for_keyframe
    assert camera.stream.gop() == ()
    camera.send(pictures[:2])
    assert told == [False, True]
    assert camera.stream.gop()


def test_viewers_of_h265_can_begin_at_an_open_group_and_get_nothing_that_refers_back() -> None:
    camera = Camera("H265")
    groups: list[PacketGroup] = []
    numbers: dict[int, int] = {}
    camera.stream.on_picture(lambda picture: numbers.update({picture.rtp: picture.unit.rtp // TICKS}))
    camera.stream.subscribe(groups.append)
    camera.send(open_h265(5 * PERIOD)[7:], lost=2 * PERIOD + 5)
    assert sum(group.keyframe for group in groups) >= 3
    depacketizer, decoder = H265Depacketizer(), decoder_of("H265", 10**6)
    shown_to_viewers = {}
    for number, group in enumerate(groups):
        for payload in group.payloads:
            packet = RtpPacket(96, payload is group.payloads[-1], number, group.rtp, 7, payload)
            for unit in depacketizer.push(packet, 0, 0.0):
                assert not refers_back(unit)
                coded = packet_of("H265", unit.nals)
                coded.pts = unit.rtp
                for frame in decoder.decode(coded):
                    shown_to_viewers[numbers[frame.pts or 0]] = np.asarray(frame.to_ndarray(format="gray"), np.int16)
    assert len(shown_to_viewers) >= 2 * PERIOD
    assert {number: worst(each, number) for number, each in shown_to_viewers.items() if worst(each, number) > 12} == {}
