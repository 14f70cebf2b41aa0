import asyncio
import itertools
import logging
import socket
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from gateway.codecs.access_unit import AccessUnit
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName
from gateway.sources.nvr import Nvr
from gateway.sources.observing import notes
from gateway.sources.observing.lateness import PATIENCE_WITH_CAMERA, Drops
from gateway.sources.rtsp.messages import encode_frame
from gateway.sources.source import LONG_DELAY, MAX_REDIRECTS, STALLED_AFTER, UNUSABLE_AFTER, Source
from gateway.sources.supervisor import SourceSupervisor
from tests.fakes import FakeClock
from tests.rtp.packets import IDR, NEXT, aggregated, fragments, rtp
from tests.sources.recording import RecordingSink
from tests.sources.scripted import ScriptedCamera

PASSWORD = "correct horse"


class Bench:
    """One source against one camera, on a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics()
        self.sink = RecordingSink()
        self.statuses: list[SourceStatus] = []
        self.sources: list[Source] = []
        self._task: asyncio.Task[None] | None = None

    def source(
        self,
        url: str,
        password: str | None = None,
        *,
        sink: RecordingSink | None = None,
        nvr: Nvr | None = None,
        transport: str = "auto",
        redirects: Sequence[str] = (),
    ) -> Source:
        source = Source(
            CameraId(f"camera-{len(self.sources)}"),
            StreamName.MAIN,
            url,
            None if password is None else "police",
            password,
            sink or self.sink,
            self.clock,
            self.metrics,
            self.statuses.append,
            uniform=lambda low, high: high,
            nvr=nvr,
            transport=transport,
            redirects=redirects,
        )
        self.sources.append(source)
        return source

    def start(self) -> SourceSupervisor:
        supervisor = SourceSupervisor(self.sources, self.clock, self.metrics)
        self._task = asyncio.get_running_loop().create_task(supervisor.run(), name="supervisor")
        return supervisor

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def until(
        self, done: Callable[[], bool], within: float = 30.0, each: Callable[[], None] = lambda: None
    ) -> float:
        """Let gateway time pass until ``done``; returns how much did. ``each`` runs every tenth of a second."""
        began = self.clock.monotonic()
        while not done():
            assert self.clock.monotonic() - began < within, f"not within {within} s: {self.sources[0].status()}"
            each()
            await self.clock.advance(0.1)
        return self.clock.monotonic() - began

    async def up(self, camera: ScriptedCamera) -> None:
        await self.until(lambda: self.sources[0].status().state is SourceState.UP, each=camera.picture)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.stop()


@pytest.fixture
async def camera() -> AsyncIterator[ScriptedCamera]:
    async with ScriptedCamera() as camera:
        yield camera


async def test_a_camera_comes_up_and_is_told_goodbye_at_the_end(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().fps > 9, each=camera.picture)
    status = source.status()
    assert (status.reason, status.codec, status.width, status.height) == (SourceReason.NONE, "H264", 640, 360)
    assert status.fps < 11
    labels = {"camera": "camera-0", "stream": "main"}
    assert bench.value("source_state", **labels, state="up") == 1
    assert bench.value("source_state", **labels, state="connecting") == 0
    assert (bench.value("source_packets_total", **labels) or 0) > 5
    await bench.stop()
    await bench.until(lambda: "TEARDOWN" in camera.requests)
    assert (len(bench.sink.connections), bench.sink.disconnections) == (1, 1)


async def test_reports_keep_alives_and_clock_samples_flow(bench: Bench, camera: ScriptedCamera) -> None:
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    samples = len(bench.sink.samples)
    bench.sink.next_query = bench.clock.monotonic()
    took = await bench.until(lambda: len(bench.sink.samples) >= samples + 5, each=camera.picture)
    assert took >= 0.2, "questions keep their distance"
    bench.sink.next_query = float("inf")
    before = camera.requests.count("OPTIONS")
    await bench.until(lambda: camera.requests.count("OPTIONS") > before, within=12, each=camera.picture)
    assert any(frame[1] == 201 for frame in camera.frames)


async def test_a_camera_that_is_down_at_start_is_shown_within_seconds_of_its_return(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    camera = ScriptedCamera()
    async with camera:
        pass
    caplog.set_level(logging.INFO)
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reconnects >= 8, within=60)
    assert (source.status().state, source.status().reason) == (SourceState.DOWN, SourceReason.UNREACHABLE)
    async with camera:
        took = await bench.until(lambda: source.status().state is SourceState.UP, within=7, each=camera.picture)
        assert took < 7
        await bench.stop()
    assert [("lost" in text, "back" in text) for text in caplog.messages] == [(True, False), (False, True)]
    assert bench.value("source_reconnects_total", camera="camera-0", stream="main") == source.status().reconnects


async def test_a_refused_password_is_tried_once_a_minute_and_never_shown(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with ScriptedCamera(PASSWORD) as camera:
        source = bench.source(camera.url.replace("//", "//police:wrong%20horse@"))
        bench.start()
        await bench.until(lambda: source.status().reason is SourceReason.PASSWORD_REFUSED)
        tried = len(camera.requests)
        await bench.clock.advance(LONG_DELAY - 5)
        assert len(camera.requests) == tried == 2
        await bench.until(lambda: len(camera.requests) > tried, within=10)
        await bench.stop()
    shown = caplog.text + repr(bench.statuses) + repr(source.status())
    assert "wrong" not in shown


async def test_a_password_is_accepted(bench: Bench) -> None:
    async with ScriptedCamera(PASSWORD) as camera:
        bench.source(camera.url, PASSWORD)
        bench.start()
        await bench.up(camera)
        await bench.stop()


NOT_USABLE: dict[str, tuple[Callable[[int], bytes], str]] = {
    "no keyframe": (lambda number: rtp(number, 9000 * number, NEXT, marker=True), "wait for a keyframe"),
    "gradual refresh": (
        lambda number: rtp(number, 9000 * number, aggregated(b"\x06\x06\x01\x84\x80", NEXT), marker=True),
        "refreshes its picture gradually",
    ),
    "no parameter sets": (lambda number: rtp(number, 9000 * number, IDR, marker=True), "parameter sets"),
    "packets lost": (
        lambda number: rtp(3 * number, 9000 * number, fragments(IDR, 9)[-1], marker=True),
        "lost on the way",
    ),
    "of a kind that is not taken": (lambda number: rtp(number, 9000 * number, b"\x79\0\0\0"), "kind that is not taken"),
    "another payload type": (lambda number: rtp(number, 9000 * number, IDR, marker=True, kind=97), "payload type"),
    "no RTP": (lambda number: bytes(20), "as RTP"),
    "no picture that ends": (lambda number: rtp(number, 0, b"\x06\x05\x01a\x80"), "comes to its end"),
}


@pytest.mark.parametrize("kind", NOT_USABLE)
async def test_a_camera_whose_pictures_are_thrown_away_is_not_up_and_says_why(
    bench: Bench, camera: ScriptedCamera, kind: str
) -> None:
    packet, words = NOT_USABLE[kind]
    numbers = itertools.count(1)
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)

    def send() -> None:
        camera.send(encode_frame(0, packet(next(numbers))))

    await bench.until(lambda: source.status().state is SourceState.STALLED, within=5, each=send)
    status = source.status()
    assert status.reason is SourceReason.UNUSABLE
    assert words in status.detail
    assert not any(one.state is SourceState.UP for one in bench.statuses)
    assert status.fps == 0
    said = len(bench.statuses)
    await bench.until(lambda: source.status().state is SourceState.DOWN, within=UNUSABLE_AFTER, each=send)
    assert source.status().reason is SourceReason.UNUSABLE
    assert len(bench.statuses) < said + 8, "the words do not change with every picture"


async def test_a_camera_that_was_up_is_not_while_its_pictures_are_thrown_away(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    numbers = itertools.count(3000, 2)

    def torn() -> None:
        number = next(numbers)
        camera.send(encode_frame(0, rtp(number, 9000 * number, NEXT, marker=True)))

    took = await bench.until(lambda: source.status().state is SourceState.STALLED, each=torn)
    assert took < STALLED_AFTER + 0.5
    assert "lost on the way" in source.status().detail
    await bench.up(camera)


async def test_jpeg_pictures_that_are_too_large_are_not_up_and_say_so(bench: Bench, camera: ScriptedCamera) -> None:
    camera.description = b"v=0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: "PLAY" in camera.requests)
    numbers = itertools.count(1)

    def send() -> None:
        number = next(numbers)
        header = bytes((0, 0, 0, 0, 1, 90, 0, 0)) + b"data"
        camera.send(encode_frame(0, rtp(number, 9000 * number, header, marker=True, kind=26)))

    await bench.until(lambda: source.status().state is SourceState.STALLED, within=5, each=send)
    assert source.status().reason is SourceReason.UNUSABLE
    assert "2040 pixels" in source.status().detail


async def test_a_source_that_was_down_says_what_keeps_it_down_now(bench: Bench, camera: ScriptedCamera) -> None:
    camera.status = 404
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reason is SourceReason.NOT_FOUND)
    camera.status = 200
    numbers = itertools.count(1)

    def send() -> None:
        number = next(numbers)
        camera.send(encode_frame(0, rtp(number, 9000 * number, NEXT, marker=True)))

    await bench.until(lambda: source.status().reason is SourceReason.UNUSABLE, each=send)
    assert source.status().state is SourceState.STALLED


async def test_a_stream_that_stops_is_stalled_and_then_pulled_again(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    took = await bench.until(lambda: source.status().state is SourceState.STALLED)
    assert 2.5 < took < 3.6
    assert source.status().reason is SourceReason.STREAM_STOPPED
    took += await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert 9.5 < took < 10.8
    await bench.up(camera)
    assert source.status().reason is SourceReason.NONE
    assert (len(bench.sink.connections), bench.sink.disconnections) == (2, 1)


async def test_a_camera_that_hangs_up_is_pulled_again_at_once(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    camera.hang_up()
    await bench.until(lambda: source.status().reason is SourceReason.CLOSED_BY_CAMERA, within=1)
    await bench.up(camera)


async def test_rubbish_from_one_camera_is_counted_and_harms_no_other(bench: Bench, camera: ScriptedCamera) -> None:
    async with ScriptedCamera() as other:
        source = bench.source(camera.url)
        neighbour = bench.source(other.url, sink=RecordingSink())
        bench.start()
        await bench.up(camera)
        await bench.until(lambda: neighbour.status().state is SourceState.UP, each=other.picture)
        camera.send(encode_frame(0, b"rubbish") + encode_frame(1, b"rubbish") + b"\xff\xff" + encode_frame(9, b""))
        names = ("rtp", "rtcp", "rtsp")
        await bench.until(
            lambda: all(bench.value("malformed_total", protocol=name) for name in names), each=camera.picture
        )
        assert source.status().state is SourceState.UP
        camera.send(b"\xff" * 70000)
        await bench.until(lambda: source.status().reason is SourceReason.MALFORMED, each=other.picture)
        assert neighbour.status().state is SourceState.UP
        await bench.stop()


class BrokenSink(RecordingSink):
    def access_unit(self, unit: AccessUnit) -> None:
        raise ZeroDivisionError


async def test_a_bug_ends_one_run_with_a_traceback_and_never_anothers(
    bench: Bench, camera: ScriptedCamera, caplog: pytest.LogCaptureFixture
) -> None:
    async with ScriptedCamera() as other:
        source = bench.source(camera.url, sink=BrokenSink())
        neighbour = bench.source(other.url)
        supervisor = bench.start()

        def pictures() -> None:
            camera.picture()
            other.picture()

        await bench.until(lambda: source.status().reason is SourceReason.INTERNAL, each=pictures)
        await bench.until(lambda: neighbour.status().state is SourceState.UP, each=pictures)
        assert [status.state for status in supervisor.statuses()] == [SourceState.DOWN, SourceState.UP]
        assert bench.value("task_failures_total", task="source") == 1
        assert "ZeroDivisionError" in caplog.text
        await bench.stop()


async def test_the_camera_refuses_with_a_reason(bench: Bench, camera: ScriptedCamera) -> None:
    camera.status = 404
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reason is SourceReason.NOT_FOUND)


async def test_a_redirect_to_a_place_that_is_named_is_followed_and_said(bench: Bench, camera: ScriptedCamera) -> None:
    async with ScriptedCamera() as door:
        door.location = camera.url.replace("127.0.0.1", "localhost")
        source = bench.source(door.url, redirects=[f"localhost:{camera.port}"])
        bench.start()
        await bench.up(camera)
        await bench.until(lambda: bool(source.status().width), each=camera.picture)
        assert f"The camera sent us on to localhost:{camera.port}." in source.status().notes
        await bench.stop()


async def test_a_redirect_within_the_camera_is_followed_by_whatever_name(bench: Bench, camera: ScriptedCamera) -> None:
    async def sent_on_once() -> None:
        await bench.until(lambda: "DESCRIBE" in camera.requests)
        camera.location = None
        await bench.up(camera)

    camera.location = camera.url.replace("/live", "/other")
    source = bench.source(camera.url.replace("127.0.0.1", "localhost"))
    bench.start()
    await sent_on_once()
    assert source.status().reconnects == 0


async def test_redirects_in_a_circle_end(bench: Bench, camera: ScriptedCamera) -> None:
    camera.location = camera.url
    source = bench.source(camera.url)
    bench.start()
    await bench.until(lambda: source.status().reason is SourceReason.NOT_FOUND)
    assert len(camera.requests) == MAX_REDIRECTS + 1


async def test_streams_of_a_recorder_never_have_more_sessions_than_it_serves(
    bench: Bench, camera: ScriptedCamera
) -> None:
    nvr = Nvr("north", 2, 3, bench.clock)
    for _ in range(3):
        bench.source(camera.url, nvr=nvr)
    bench.start()
    await bench.until(lambda: [s.status().state for s in bench.sources].count(SourceState.UP) == 2, each=camera.picture)
    await bench.until(lambda: bench.sources[2].status().reason is SourceReason.SESSION_LIMIT, each=camera.picture)
    last = bench.sources[2].status()
    assert (last.state, last.detail) == (
        SourceState.CONNECTING,
        "Waiting for a free session of NVR north (2 of 2 in use).",
    )
    camera.hang_up()
    await bench.until(lambda: bench.sources[2].status().state is SourceState.UP, each=camera.picture)
    assert camera.most == 2


async def test_a_recorder_that_refuses_is_asked_for_one_more_in_turn_only(bench: Bench, camera: ScriptedCamera) -> None:
    camera.sessions = 2
    nvr = Nvr("north", None, 4, bench.clock)
    for _ in range(4):
        bench.source(camera.url, nvr=nvr)
    bench.start()
    await bench.until(lambda: len(camera.order) == 2, each=camera.picture)
    began = camera.requests.count("SETUP")
    for _ in range(600):
        camera.picture()
        await bench.clock.advance(0.1)
    assert camera.requests.count("SETUP") - began <= 6, "two that wait do not knock each few seconds"
    waiting = [s.status() for s in bench.sources if s.status().state is not SourceState.UP]
    assert len(waiting) == 2
    assert {status.reason for status in waiting} == {SourceReason.SESSION_LIMIT}
    camera.sessions = 4
    await bench.until(
        lambda: all(s.status().state is SourceState.UP for s in bench.sources), within=60, each=camera.picture
    )


async def fall_behind(bench: Bench, camera: ScriptedCamera, *, until: Callable[[], bool]) -> float:
    """The link passes half of what the camera sends; what it sends waits in the connection."""
    camera.held = True
    tick = 0

    def each() -> None:
        nonlocal tick
        tick += 1
        camera.picture()
        if tick % 2:
            camera.release(1)

    return await bench.until(until, within=120, each=each)


async def test_a_stream_that_has_fallen_behind_is_dropped_to_live(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    took = await fall_behind(bench, camera, until=lambda: source.status().reason is SourceReason.FELL_BEHIND)
    assert 6 < took < 15
    labels = {"camera": "camera-0", "stream": "main"}
    assert bench.value("source_dropped_to_live_total", **labels) == 1
    camera.recover()
    await bench.until(lambda: source.status().state is SourceState.UP, within=1.5, each=camera.picture)
    await bench.until(lambda: source.status().fps > 9, each=camera.picture)
    assert bench.value("source_behind_seconds", **labels) == pytest.approx(0, abs=0.1)
    assert not set(notes.LATE.values()) & set(source.status().notes)


async def test_a_link_that_stays_too_slow_is_not_dropped_over_and_over(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    for _ in range(3):
        await fall_behind(bench, camera, until=lambda: source.status().reason is SourceReason.FELL_BEHIND)
        camera.recover()
        await bench.up(camera)
    dropped = bench.clock.monotonic()
    await fall_behind(bench, camera, until=lambda: notes.LATE[True] in source.status().notes)
    await fall_behind(bench, camera, until=lambda: source.status().reason is SourceReason.FELL_BEHIND)
    assert bench.clock.monotonic() - dropped > 2 * Drops.FIRST


async def test_a_camera_that_is_late_itself_is_said_to_be_and_connected_anew_but_seldom(
    bench: Bench, camera: ScriptedCamera
) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    took = await bench.until(
        lambda: notes.LATE[False] in source.status().notes, each=lambda: camera.picture(ticks=4500)
    )
    late = lambda: source.status().reason is SourceReason.FELL_BEHIND  # noqa: E731 - used as a condition below
    took += await bench.until(late, within=100, each=lambda: camera.picture(ticks=4500))
    assert took > PATIENCE_WITH_CAMERA
    dropped = bench.value("source_dropped_to_live_total", camera="camera-0", stream="main")
    for _ in range(2000):
        camera.picture(ticks=4500)
        await bench.clock.advance(0.1)
    assert bench.value("source_dropped_to_live_total", camera="camera-0", stream="main") == dropped == 1


async def test_a_camera_clock_that_is_wrong_or_jumps_is_noted(bench: Bench, camera: ScriptedCamera) -> None:
    bench.clock.jump(1_700_000_000 - bench.clock.wall())
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    camera.date = "Tue, 14 Nov 2023 23:13:30 GMT"
    bench.sink.next_query = bench.clock.monotonic()
    await bench.until(lambda: len(source.status().notes) == 2, each=camera.picture)
    wrong, jumped = source.status().notes
    assert "1 h ahead of UTC" in wrong
    assert "set ahead by 60 min" in jumped
    assert bench.value("source_clock_jumps_total", camera="camera-0", stream="main") == 1


async def test_over_udp_order_is_restored_and_loss_is_counted(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().transport == "udp", each=camera.picture)
    labels = {"camera": "camera-0", "stream": "main"}
    units = len(bench.sink.units)
    first, second, third = (camera.packet() for _ in range(3))
    for packet in (third, first, first, second):
        camera.datagram(packet)
    await bench.until(lambda: len(bench.sink.units) >= units + 3, each=lambda: None)
    assert sum(unit.lost for unit in bench.sink.units) == 0
    times = [unit.rtp for unit in bench.sink.units]
    assert times == sorted(times)
    camera.packet()
    await bench.until(lambda: bool(source.status().loss), each=camera.picture)
    assert sum(unit.lost for unit in bench.sink.units) == 1
    assert bench.value("source_packets_lost_total", **labels) == 1
    assert bench.value("source_packets_late_total", **labels) == 1
    assert "The camera does not send over TCP: it is pulled over UDP." in source.status().notes


async def test_over_udp_a_strangers_datagrams_are_counted_and_dropped(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    units = len(bench.sink.units)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.9", 0))
        stranger.sendto(camera.packet(), ("127.0.0.1", camera.client_port))
    await bench.until(lambda: bench.value("dropped_total", where="source_stranger") == 1)
    assert len(bench.sink.units) == units


@pytest.mark.parametrize("transport", ["auto", "udp"])
async def test_a_camera_whose_datagrams_are_blocked_is_pulled_over_tcp(
    bench: Bench, camera: ScriptedCamera, transport: str
) -> None:
    camera.udp = transport == "auto"  # it refuses TCP, this time
    source = bench.source(camera.url, transport=transport)
    bench.start()
    await bench.until(lambda: camera.client_port > 0)
    silent = await bench.until(lambda: source.status().state is SourceState.DOWN)
    assert silent < 4.0, "nobody waits for a camera whose way is blocked"
    assert source.status().reason is SourceReason.STREAM_STOPPED
    assert "No datagram" in source.status().detail
    camera.udp = False
    await bench.up(camera)
    await bench.until(lambda: source.status().transport == "tcp", each=camera.picture)
    assert "The camera's datagrams do not arrive here: it is pulled over TCP." in source.status().notes


async def test_silence_after_datagrams_that_came_is_the_cameras(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: source.status().state is SourceState.STALLED)
    assert source.status().transport == "udp"
    await bench.up(camera)
    assert source.status().reconnects == 0


async def test_over_udp_the_session_is_kept_alive(bench: Bench, camera: ScriptedCamera) -> None:
    camera.udp = True
    bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    before = camera.requests.count("OPTIONS")
    await bench.until(lambda: camera.requests.count("OPTIONS") > before, within=12, each=camera.picture)
    assert not camera.frames, "nothing is interleaved"


async def test_a_camera_that_is_late_is_not_asked_over_and_over(bench: Bench, camera: ScriptedCamera) -> None:
    source = bench.source(camera.url)
    bench.start()
    await bench.up(camera)
    await bench.until(lambda: notes.LATE[False] in source.status().notes, each=lambda: camera.picture(ticks=4500))
    before = camera.requests.count("OPTIONS")
    for _ in range(100):
        camera.picture(ticks=4500)
        await bench.clock.advance(0.1)
    assert 5 <= camera.requests.count("OPTIONS") - before <= 11, "once a second"
