import logging
from itertools import pairwise

import pytest

from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.recovery import WholePicture
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName, TimelinePoint
from gateway.relay import gop
from gateway.relay.camera_stream import CameraStream
from gateway.relay.packet_group import PacketGroup
from gateway.rtp.time import GRID, VIDEO_CLOCK_RATE, WRAP
from gateway.sources.media import ClockSample, SenderReport
from tests.fakes import FakeClock

INFO = StreamInfo("H264", VIDEO_CLOCK_RATE)
KEY = (b"\x67sps", b"\x68pps", b"\x65" + bytes(3000))
DELTA = (b"\x09\xf0", b"\x41" + bytes(800))
STEP = 0.1


class Bench:
    """A stream, and a camera that sends it a picture every 0.1 s."""

    def __init__(self, clock_trusted: bool = False) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics()
        self.stream = CameraStream(CameraId("hall"), StreamName.MAIN, self.clock, self.metrics, clock_trusted)
        self.rtp = WRAP - 20_000
        self.got: list[PacketGroup] = []

    def connect(self, rtp: int | None = None) -> None:
        self.rtp = self.rtp if rtp is None else rtp
        self.stream.connected(INFO, self.clock.monotonic())

    async def send(self, *kinds: str, lost: int = 0) -> None:
        for kind in kinds:
            await self.clock.advance(STEP)
            self.rtp += round(STEP * VIDEO_CLOCK_RATE)
            key = kind == "I"
            now = self.clock.monotonic()
            self.stream.access_unit(AccessUnit(KEY if key else DELTA, self.rtp % WRAP, key, now, lost))

    def report(self, ahead: float = 0.0) -> None:
        self.stream.sender_report(
            SenderReport(self.rtp % WRAP, self.clock.now() + ahead - 0.05, self.clock.monotonic())
        )

    def value(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels) or 0.0


async def test_a_late_viewer_gets_everything_since_the_keyframe_and_then_every_picture() -> None:
    bench = Bench()
    bench.connect()
    await bench.send("I", "P", "I", "P", "P")
    subscription = bench.stream.subscribe(bench.got.append)
    assert [group.keyframe for group in subscription.start_burst] == [True, False, False]
    await bench.send("P", "I")
    assert [group.keyframe for group in bench.got] == [False, True]
    groups = [*subscription.start_burst, *bench.got]
    steps = {(b.rtp - a.rtp) % WRAP for a, b in pairwise(groups)}
    assert steps == {round(STEP * VIDEO_CLOCK_RATE)}
    subscription.close()
    subscription.close()
    await bench.send("P")
    assert len(bench.got) == 2


async def test_a_viewer_is_told_the_time_of_each_picture_even_if_several_were_read_together() -> None:
    bench, told = Bench(), list[TimelinePoint]()
    bench.connect()
    bench.stream.on_timeline(told.append)
    bench.stream.subscribe(bench.got.append)
    await bench.send("I")
    now = bench.clock.monotonic()
    before = told[-1].capture
    for number in (1, 2):
        rtp = (bench.rtp + number * 90_000 // 5) % WRAP
        bench.stream.access_unit(AccessUnit(DELTA, rtp, False, now))
    assert len(told) == 3, "each arrived sooner after its capture than any before it"
    assert told[-1].capture - (told[-1].rtp - told[0].rtp) % WRAP / 90_000 == pytest.approx(before - 0.4)


async def test_a_viewer_before_the_first_keyframe_waits_for_it() -> None:
    bench = Bench()
    assert bench.stream.subscribe(bench.got.append).start_burst == ()
    bench.connect()
    await bench.send("P", "P")
    assert bench.stream.waiting_for_keyframe
    await bench.send("I", "P")
    assert [group.keyframe for group in bench.got] == [True, False]


async def test_after_a_loss_nothing_is_passed_on_until_the_next_keyframe() -> None:
    bench = Bench()
    bench.connect()
    bench.stream.subscribe(bench.got.append)
    await bench.send("I", "P")
    await bench.send("P", lost=2)
    await bench.send("P")
    assert len(bench.got) == 2
    assert bench.value("dropped_total", where="relay_waiting_for_keyframe") == 2
    await bench.send("I", lost=1)
    await bench.send("P")
    assert [group.keyframe for group in bench.got] == [True, False, True, False]


async def test_across_a_reconnect_time_continues_and_the_map_says_so() -> None:
    bench = Bench()
    points: list[TimelinePoint] = []
    bench.stream.on_timeline(points.append)
    bench.stream.subscribe(bench.got.append)
    bench.connect()
    await bench.send("I", "P")
    bench.stream.disconnected(bench.clock.monotonic())
    await bench.clock.advance(8.0)
    assert len(bench.stream.gop()) == 2
    bench.connect(rtp=77)
    await bench.send("P", "I")
    passed = (bench.got[2].rtp - bench.got[1].rtp) % WRAP
    assert 0 <= passed - round((8.0 + 2 * STEP) * VIDEO_CLOCK_RATE) < GRID
    assert passed % GRID != 0, "a page that has not heard of the reconnect would date the pictures with the map before"
    assert [point.epoch for point in points] == [1, 2]
    assert len(bench.stream.gop()) == 1


@pytest.mark.parametrize("seconds", [-10, 10])
async def test_new_viewers_never_get_pictures_from_before_a_leap_with_the_map_from_after_it(
    seconds: int,
) -> None:
    bench = Bench()
    bench.connect()
    await bench.send("I", "P", "P")
    bench.rtp += seconds * VIDEO_CLOCK_RATE  # a recorder that jumps back or ahead within a group
    await bench.send("P", "P")
    assert bench.stream.subscribe(bench.got.append).start_burst == ()
    assert bench.stream.start_timeline() is None
    await bench.send("P", "I", "P")
    assert [group.keyframe for group in bench.got] == [True, False]
    assert len(bench.stream.gop()) == 2
    bench.rtp += seconds * VIDEO_CLOCK_RATE
    await bench.send("I", "P")  # a keyframe that comes first after the leap is as good as any
    assert len(bench.stream.gop()) == 2


async def test_capture_times_are_trusted_once_both_paths_agree() -> None:
    bench = Bench()
    points: list[TimelinePoint] = []
    stop = bench.stream.on_timeline(points.append)
    bench.connect()
    bench.report(ahead=10.0)  # before the first picture
    await bench.send("I", "P", "P")
    assert [point.reason for point in points] == [
        "The age cannot be verified: the camera does not say what its clock reads."
    ]
    assert bench.stream.next_clock_query(bench.clock.monotonic()) <= bench.clock.monotonic()
    for _ in range(100):
        await bench.send("P")
        now = bench.clock.monotonic()
        if bench.stream.next_clock_query(now) <= now:
            bench.stream.clock_sample(ClockSample(float((bench.clock.now() + 10.0) // 1), now, now))
    point = bench.stream.timeline()
    assert point is not None
    assert point.trusted
    assert point.reason == ""
    assert abs(point.capture - (bench.clock.monotonic() - 0.05)) < point.uncertainty + 0.01 < 0.15
    assert bench.value("source_clock_trusted", camera="hall", stream="main") == 1
    assert abs(bench.value("source_clock_offset_seconds", camera="hall", stream="main") - 10.0) < 0.15
    start = bench.stream.start_timeline()
    assert start is not None
    assert start.rtp == bench.stream.gop()[0].rtp
    assert point.capture - start.capture == pytest.approx(102 * STEP)
    told = len(points)
    stop()
    bench.stream.disconnected(bench.clock.monotonic())
    assert len(points) == told


async def test_a_clock_set_to_trusted_is_trusted_from_the_first_report() -> None:
    bench = Bench(clock_trusted=True)
    bench.connect()
    assert bench.stream.timeline() is None
    assert bench.stream.start_timeline() is None
    await bench.send("I")
    bench.report()
    point = bench.stream.timeline()
    assert point is not None
    assert point.trusted
    bench.stream.disconnected(bench.clock.monotonic())
    await bench.clock.advance(60)
    assert bench.stream.timeline() == point  # the picture on screen keeps its date
    bench.connect()
    assert bench.stream.timeline() == point
    await bench.send("I")
    new = bench.stream.timeline()
    assert new is not None
    assert (new.trusted, new.reason) == (False, "No sender report yet.")
    assert bench.stream.next_clock_query(bench.clock.monotonic()) == float("inf")


@pytest.mark.parametrize("slept", [0.0, 3600.0])
async def test_a_trusted_clock_still_dates_pictures_after_a_set_back_gateway_clock_or_a_sleep(
    slept: float,
) -> None:
    bench = Bench(clock_trusted=True)
    bench.connect()
    await bench.send("I")
    bench.report()
    bench.clock.jump(-1200.0)
    bench.clock.skip(slept)
    bench.rtp += round(slept * VIDEO_CLOCK_RATE)
    await bench.send("P", "P")
    if slept:
        bench.report()
    point = bench.stream.timeline()
    assert point is not None
    assert point.trusted
    assert bench.clock.monotonic() - point.capture == pytest.approx(0.05, abs=0.03)


async def test_a_failing_viewer_is_counted_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench()
    bench.connect()

    def fail(group: PacketGroup) -> None:
        raise RuntimeError("full")

    bench.stream.subscribe(fail)
    bench.stream.subscribe(bench.got.append)
    with caplog.at_level(logging.CRITICAL):
        await bench.send("I", "P")
    assert len(bench.got) == 2
    assert bench.value("task_failures_total", task="relay_viewer") == 2


async def test_a_viewer_closed_by_another_viewer_gets_nothing_more() -> None:
    bench = Bench()
    bench.connect()
    await bench.send("I")
    bench.stream.subscribe(lambda group: later.close())
    later = bench.stream.subscribe(bench.got.append)
    await bench.send("P")
    assert bench.got == []


async def test_the_cache_is_limited_and_current_viewers_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gop, "GOP_GROUPS", 3)
    bench = Bench()
    bench.connect()
    bench.stream.subscribe(bench.got.append)
    await bench.send("I", "P", "P", "P", "P")
    assert len(bench.got) == 5
    assert bench.stream.gop() == ()
    assert bench.value("dropped_total", where="relay_cache") == 4
    late: list[PacketGroup] = []
    assert bench.stream.subscribe(late.append).start_burst == ()
    await bench.send("P", "I")
    assert [group.keyframe for group in late] == [True]


async def test_keyframes_are_passed_to_the_picture_check() -> None:
    bench = Bench()
    seen: list[WholePicture] = []
    bench.stream.on_whole(seen.append)
    bench.connect()
    await bench.send("I", "P", "I")
    assert [(whole.unit.keyframe, whole.before) for whole in seen] == [(True, ()), (True, ())]


async def test_units_that_mean_nothing_over_rtp_are_not_sent() -> None:
    bench = Bench()
    bench.connect()
    bench.stream.subscribe(bench.got.append)
    await bench.send("I", "P")
    assert bench.got[1].payloads == (DELTA[1],)
