"""A viewer who opens a camera late begins with the right picture, and listeners are told if where to begin changes."""

import pytest

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay import gop
from gateway.relay.camera_stream import NO_KEYFRAME_AFTER, CameraStream
from gateway.rtp.time import VIDEO_CLOCK_RATE
from gateway.webrtc.choice import waits
from tests.fakes import FakeClock

STEP = 0.1


class Camera:
    """Sends ten pictures per second: I is a keyframe, R is a picture at a recovery point, P is any other."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = CameraStream(CameraId("hall"), StreamName.MAIN, self.clock, Metrics())
        self.told: list[tuple[bool, bool]] = []
        self.decodable = 0
        self.stream.on_beginning(lambda _: self.told.append((self.stream.begins, self.stream.history.gave_up)))
        self.stream.on_picture(self._count)
        self.stream.connected(StreamInfo("H264", VIDEO_CLOCK_RATE), self.clock.monotonic())
        self._rtp = 0

    def _count(self, _: object) -> None:
        self.decodable += 1

    def send(self, kinds: str, lost: int = 0) -> None:
        for kind in kinds:
            self.clock.pass_unnoticed(STEP)
            self._rtp += round(STEP * VIDEO_CLOCK_RATE)
            nal = b"\x65" if kind == "I" else b"\x41"
            now, recovery = self.clock.monotonic(), 4 if kind == "R" else -1
            self.stream.access_unit(AccessUnit((nal,), self._rtp, kind == "I", now, lost, "H264", recovery))


@pytest.fixture(autouse=True)
def short_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gop, "GOP_GROUPS", 20)


def test_a_group_too_long_to_begin_with_is_reported_at_once_and_so_is_a_shorter_one() -> None:
    camera = Camera()
    camera.send("I" + "P" * 19)
    assert camera.told == []
    camera.send("P")
    assert camera.told == [(True, True)]
    assert waits(camera.stream.history, begins=camera.stream.begins)
    camera.send("P" * 30 + "I")
    assert camera.told == [(True, True), (True, False)]
    assert not waits(camera.stream.history, begins=camera.stream.begins)


def test_in_a_group_that_is_too_long_a_transcode_begins_at_a_recovery_point() -> None:
    camera = Camera()
    camera.send("I" + "PPPPR" * 4)
    assert camera.told == [(True, True)]
    camera.send("PPPPR" * (1 + round(NO_KEYFRAME_AFTER / STEP / 5)))
    assert camera.told[-1] == (False, True)
    assert not waits(camera.stream.history, begins=camera.stream.begins)
    assert not camera.stream.waiting_for_keyframe, "those who are already watching are sent everything"
    camera.send("I")
    assert camera.told[-1] == (True, False)


def test_a_camera_that_also_sends_keyframes_always_has_a_place_to_begin() -> None:
    camera = Camera()
    camera.send("PPR" + "PPRPPRI" * 20)
    assert camera.told == []


def test_after_a_loss_pictures_can_be_decoded_from_the_next_recovery_point() -> None:
    camera = Camera()
    camera.send("IPP")
    camera.send("P", lost=1)
    camera.send("PP")
    assert camera.decodable == 3
    camera.send("RPP")
    assert camera.decodable == 6
    assert camera.stream.waiting_for_keyframe
    camera.send("I")
    assert not camera.stream.waiting_for_keyframe


def test_after_a_torn_picture_nothing_is_decoded_until_decoding_can_begin_again() -> None:
    camera = Camera()
    camera.send("IPP")
    camera.stream.withdraw()
    camera.send("PPRP")
    assert camera.decodable == 5
