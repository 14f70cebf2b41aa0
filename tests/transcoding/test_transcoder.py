"""Tests a camera's transcode with its real process: what viewers get, and what happens when the process dies."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import av
import pytest

from gateway.clock import SystemClock
from gateway.codecs.access_unit import AccessUnit, StreamInfo
from gateway.codecs.h264.syntax import H264Depacketizer
from gateway.configuration.media_settings import TranscodingSettings
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.relay.packet_group import PacketGroup
from gateway.rtp.packet import RtpPacket
from gateway.rtp.time import unwrap
from gateway.subprocesses.frames import frame
from gateway.subprocesses.values import write
from gateway.transcoding import transcoder as module
from gateway.transcoding.in_flight import MAX_ARRIVALS, InFlight
from gateway.transcoding.jobs import Result
from gateway.transcoding.service import Transcoding
from gateway.transcoding.stream import TranscodedStream
from tests.codecs.coded import TICKS, Coded, h264, h265, jpeg

CAMERA = CameraId("hall")
LIVE = TICKS / 90_000


class House:
    """A camera's main stream, its transcode, and a viewer of the transcode."""

    def __init__(self, settings: TranscodingSettings, pass_b_frames: bool = True) -> None:
        self.clock = SystemClock()
        self.metrics = Metrics()
        self.source = CameraStream(CAMERA, StreamName.MAIN, self.clock, self.metrics, pass_b_frames=pass_b_frames)
        self.changed = asyncio.Event()
        self.states: list[str] = []
        key = (CAMERA, StreamName.MAIN)
        self.service = Transcoding({key: self.source}, settings, self.clock, self.metrics, self._state)
        self.got: list[PacketGroup] = []
        self._sent = 0

    def _state(self, camera: CameraId) -> None:
        self.states.append(self.service.state(camera))
        self.changed.set()

    @property
    def stream(self) -> TranscodedStream:
        ((_, stream),) = self.service.streams()
        return stream

    def deliver(self, group: PacketGroup) -> None:
        self.got.append(group)
        self.changed.set()

    def connect(self, codec: str) -> None:
        self.source.connected(StreamInfo(codec, 90_000), self.clock.monotonic())

    def send(self, picture: Coded, codec: str) -> None:
        keys = {"H264": lambda nal: nal[0] & 0x1F == 5, "H265": lambda nal: 16 <= nal[0] >> 1 <= 23}
        keyframe = codec == "JPEG" or any(map(keys[codec], picture.nals))
        unit = AccessUnit(picture.nals, picture.rtp, keyframe, self.clock.monotonic(), codec=codec)
        self.source.access_unit(unit)

    async def play(self, pictures: Sequence[Coded], codec: str, every: float = LIVE) -> None:
        """Send a picture every ``every`` seconds, by default as often as a camera. A later call continues from
        there."""
        try:
            for picture in pictures:
                self.send(Coded(picture.nals, picture.rtp + self._sent * TICKS), codec)
                await asyncio.sleep(every)
        finally:
            self._sent += len(pictures)

    @asynccontextmanager
    async def playing(self, pictures: Sequence[Coded], codec: str) -> AsyncIterator[None]:
        """Repeat the pictures while the block lasts, so that there is something to encode however slowly a process
        starts.
        """

        async def round_and_round() -> None:
            while True:
                await self.play(pictures, codec)

        async with asyncio.TaskGroup() as group:
            camera = group.create_task(round_and_round())
            yield
            camera.cancel()

    async def wait_until(self, done: Callable[[], bool], within: float = 15.0) -> None:
        async with asyncio.timeout(within):
            while not done():
                self.changed.clear()
                await self.changed.wait()

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels) or 0.0


SMALL = TranscodingSettings(height=120, fps=10, bitrate=300_000)


@asynccontextmanager
async def house(settings: TranscodingSettings = SMALL, pass_b_frames: bool = True) -> AsyncIterator[House]:
    running = House(settings, pass_b_frames)
    task = asyncio.create_task(running.service.run(), name="transcoding")
    try:
        yield running
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def decoded(groups: Sequence[PacketGroup]) -> list[tuple[int, int]]:
    """Return the sizes of the pictures that a browser's decoder finds in the packets sent to it."""
    depacketizer, decoder = H264Depacketizer(), av.CodecContext.create("h264", "r")
    frames = []
    for number, group in enumerate(groups):
        for payload in group.payloads:
            packet = RtpPacket(96, payload is group.payloads[-1], number, group.rtp, 7, payload)
            for unit in depacketizer.push(packet, 0, 0.0):
                frames += decoder.decode(av.Packet(b"".join(b"\0\0\0\1" + nal for nal in unit.nals)))
    return [(frame.width, frame.height) for frame in [*frames, *decoder.decode(None)]]


def workers() -> set[int]:
    """Return the process ids of the transcodes that this process has started."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(child) for child in children if b"transcoding.worker" in Path(f"/proc/{child}/cmdline").read_bytes()}


@pytest.mark.parametrize("codec", ["H265", "JPEG"])
async def test_a_viewer_gets_h264_with_the_cameras_times(codec: str) -> None:
    pictures = h265(30) if codec == "H265" else jpeg(30)
    async with house() as home:
        home.connect(codec)
        times: list[int] = []
        home.source.on_picture(lambda picture: times.append(picture.rtp))
        await home.play(pictures[:5], codec)
        home.stream.subscribe(home.deliver)
        async with home.playing(pictures, codec):
            await home.wait_until(lambda: len(home.got) >= 10)
        assert home.got[0].keyframe
        assert {group.rtp for group in home.got} <= set(times)
        assert [unwrap(group.rtp, 0) for group in home.got] == sorted(unwrap(group.rtp, 0) for group in home.got)
        assert set(decoded(home.got)) == {(214, 120)}
        assert home.service.state(CAMERA) == "The transcode is running."


async def test_nothing_runs_without_viewers_and_all_share_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER", 0.2)
    pictures = jpeg(40)
    async with house() as home:
        home.connect("JPEG")
        await home.play(pictures[:3], "JPEG")
        assert workers() == set()
        first, second = (home.stream.subscribe(home.deliver) for _ in range(2))
        await home.play(pictures[3:20], "JPEG")
        await home.wait_until(lambda: bool(home.got))
        assert len(workers()) == 1
        assert home.stream.gop()
        first.close()
        first.close()
        await home.play(pictures[20:30], "JPEG")
        assert len(workers()) == 1
        second.close()
        await home.wait_until(lambda: home.states[-1] == "")
        assert workers() == set()
        assert home.stream.gop() == ()
        assert home.count("transcode_restarts_total", camera=CAMERA) == 0


async def test_a_transcode_that_dies_is_reported_and_restarted() -> None:
    async with house() as home:
        home.connect("H265")
        home.stream.subscribe(home.deliver)
        async with home.playing(h265(30), "H265"):
            await home.wait_until(lambda: len(home.got) > 2)
            (worker,) = workers()
            os.kill(worker, signal.SIGKILL)
            await home.wait_until(lambda: "The transcode ended and is being restarted." in home.states)
            assert home.stream.gop() == ()
            home.got.clear()
            await home.wait_until(lambda: len(home.got) > 2)
            assert home.got[0].keyframe
            assert home.count("transcode_restarts_total", camera=CAMERA) == 1


async def test_a_transcode_that_hangs_is_reported_and_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with house() as home:
        home.connect("JPEG")
        home.stream.subscribe(home.deliver)
        async with home.playing(jpeg(40), "JPEG"):
            await home.wait_until(lambda: len(home.got) > 2)
            (worker,) = workers()
            os.kill(worker, signal.SIGSTOP)
            monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.5)
            await home.wait_until(lambda: "The transcode did not answer and is being restarted." in home.states)
            monkeypatch.undo()  # the next process may take its time to start
            home.got.clear()
            await home.wait_until(lambda: len(home.got) > 2)
            assert worker not in workers()


@pytest.mark.parametrize("said", [b"\xff" * 8, frame(b"\xc1"), frame(write(Result(True, False, 0)))])
async def test_a_transcode_that_sends_an_invalid_answer_is_killed_and_restarted(
    said: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that has been taken over can send anything, and must not be believed."""
    script = tmp_path / "hostile"
    script.write_text(f"#!{sys.executable}\nimport os, time\nos.write(1, {said!r})\ntime.sleep(60)\n")
    script.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(script))
    async with house() as home:
        home.connect("JPEG")
        home.stream.subscribe(home.deliver)
        await home.wait_until(lambda: "The transcode ended and is being restarted." in home.states)
        assert home.count("transcode_restarts_total", camera=CAMERA) >= 1
        assert home.count("task_failures_total", task="transcode") == 0
        assert home.got == []


async def test_the_transcode_of_a_torn_picture_is_neither_begun_with_nor_sent_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    in_flight, give, done = 0, InFlight.give, InFlight.done

    def given(jobs: InFlight, time: int, arrival: float, now: float) -> None:
        nonlocal in_flight
        in_flight += 1
        give(jobs, time, arrival, now)

    def is_done(jobs: InFlight) -> None:
        nonlocal in_flight
        in_flight -= 1
        done(jobs)

    monkeypatch.setattr(InFlight, "give", given)
    monkeypatch.setattr(InFlight, "done", is_done)
    async with house() as home:
        home.connect("H265")
        home.stream.subscribe(home.deliver)
        async with home.playing(h265(10), "H265"):
            await home.wait_until(lambda: len(home.got) > 2)
        assert home.stream.gop()
        (worker,) = workers()
        os.kill(worker, signal.SIGSTOP)
        await home.play(h265(3)[1:], "H265")
        assert in_flight
        home.source.withdraw()
        os.kill(worker, signal.SIGCONT)
        home.got.clear()
        assert home.stream.gop() == ()
        made_of_whole_ones: set[int] = set()
        home.source.on_picture(lambda picture: made_of_whole_ones.add(picture.rtp))
        async with home.playing(h265(10), "H265"):
            await home.wait_until(lambda: len(home.got) > 2)
        assert {group.rtp for group in home.got} <= made_of_whole_ones


async def test_b_frames_are_transcoded_if_the_camera_is_configured_so() -> None:
    pictures = h264(50, gop=10, b_frames=2)
    async with house(pass_b_frames=False) as home:
        home.connect("H264")
        assert home.source.passes
        await home.play(pictures[:12], "H264")
        assert not home.source.passes
        home.stream.subscribe(home.deliver)
        async with home.playing(pictures, "H264"):
            await home.wait_until(lambda: len(home.got) >= 8)
        rtp = [unwrap(group.rtp, 0) for group in home.got]
        assert rtp == sorted(rtp)
        assert set(decoded(home.got)) == {(214, 120)}


async def test_only_so_many_transcodes_run_at_once() -> None:
    clock, metrics = SystemClock(), Metrics()
    keys = [(CameraId(name), StreamName.MAIN) for name in ("one", "two")]
    sources = {key: CameraStream(*key, clock, metrics) for key in keys}
    limits = SMALL.model_copy(update={"at_once": 1})
    changed = asyncio.Event()
    service = Transcoding(sources, limits, clock, metrics, lambda _camera: changed.set())
    task = asyncio.create_task(service.run())
    for _, stream in service.streams():
        stream.subscribe(lambda _group: None)
    async with asyncio.timeout(10):
        while not any("is waiting" in service.state(camera) for camera, _ in keys):
            changed.clear()
            await changed.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert workers() == set()


async def test_no_transcode_is_offered_if_none_may_run() -> None:
    home = House(TranscodingSettings(at_once=0))
    assert list(home.service.streams()) == []
    assert home.service.state(CAMERA) == ""


async def test_pictures_without_any_result_do_not_end_a_transcode(monkeypatch: pytest.MonkeyPatch) -> None:
    finished, finish = 0, InFlight.done

    def counted(jobs: InFlight) -> None:
        nonlocal finished
        finished += 1
        finish(jobs)

    monkeypatch.setattr(InFlight, "done", counted)
    rubbish = [Coded((b"\xff\xd8" + bytes(40),), picture.rtp) for picture in jpeg(30)]
    async with house() as home:
        home.connect("JPEG")
        home.stream.subscribe(home.deliver)
        async with asyncio.timeout(30):
            while finished <= MAX_ARRIVALS + 30:
                await home.play(rubbish, "JPEG", every=0.01)
        assert home.got == []
        assert home.count("transcode_restarts_total", camera=CAMERA) == 0
