"""A worker that dies, hangs or stops reporting is replaced. Its viewers are told, and its old state is discarded."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from gateway.clock import SystemClock
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings, StreamSettings
from gateway.errors import ConfigurationError, NotFound, Unavailable
from gateway.health.picture import Still
from gateway.media import keeper, remote
from gateway.media.events import MediaEvents
from gateway.media.interface import Figure, Points
from gateway.media.link import Link
from gateway.media.messages import FromWorker, Report, Setup, ToWorker
from gateway.media.process import Worker
from gateway.media.remote import RemoteNode
from gateway.metrics import Metrics
from gateway.models import (
    CameraId,
    CloseReason,
    SourceReason,
    SourceState,
    SourceStatus,
    StreamName,
    TimelinePoint,
)
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest, SessionEvent, ViewerProfile
from tests.fakes import FakeClock

HALL = CameraId("hall")
MAIN = (HALL, StreamName.MAIN)
OFFER = OpenSession(HALL, StreamName.MAIN, "v=0", 2000.0, ViewerProfile("patrol", StreamName.SUB, 20e6))
POINT = TimelinePoint(90, 2.5, 0.1, True, "", 3)
UP = SourceStatus(HALL, StreamName.MAIN, SourceState.UP, SourceReason.NONE, "", 1.5)


class FakeWorker:
    """The other end of the link, in this process. ``hangs`` makes it stop answering."""

    def __init__(self, fault: ConfigurationError | None) -> None:
        self.fault = fault
        self.hangs = False
        self.now_at_setup = 0.0
        self.opened = 0
        self.closed: list[tuple[str, CloseReason]] = []
        self.sent = 0.0
        self.at_open: Callable[[str], object] = lambda _: None

    async def setup(self, setup: Setup) -> None:
        assert [camera.id for camera in setup.cameras] == [HALL]
        self.now_at_setup = SystemClock(setup.began_at).now()
        if self.fault is not None:
            raise self.fault

    async def open(self, request: OpenSession) -> OpenedSession:
        await self._answer()
        if request.offer != OFFER.offer:
            raise NotFound("unknown_camera", "There is no such camera.")
        self.opened += 1
        name = f"session-{self.opened}"
        asyncio.get_running_loop().call_soon(self.at_open, name)
        return OpenedSession(name, "v=0", StreamName.MAIN, "etag")

    async def renew(self, session_id: str, ends_at: float) -> bool:
        await self._answer()
        return (session_id, ends_at) == ("session-1", 3000.0)

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        await self._answer()
        return PatchAnswer(None, request.if_match)

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        await self._answer()
        self.closed.append((session_id, reason))
        return True

    async def still(self, camera: CameraId) -> Still | None:
        await self._answer()
        return Still(b"\xff\xd8", 12.5)

    async def figures(self) -> tuple[Figure, ...]:
        await self._answer()
        return (Figure("sightline_packets_out_total", {}, self.sent), Figure("sightline_viewers", {}, 1.0))

    async def stop(self) -> None:
        await self._answer()

    async def _answer(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()


class FakeProcess:
    """A worker that ends when it is killed, together with its end of the link."""

    pid = 4711

    def __init__(self, link: Link) -> None:
        self._link = link

    def kill(self) -> None:
        self._link.abort()

    async def wait(self) -> None:
        await self._link.lost


class Scene:
    """A remote node on a fake clock, whose workers run in this process."""

    def __init__(self, fault: ConfigurationError | None = None) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics()
        self.events = MediaEvents(self.metrics)
        self.told: list[SessionEvent] = []
        self.statuses: list[SourceState] = []
        self.events.session.add(self.told.append)
        self.events.status.add(lambda status: self.statuses.append(status.state))
        self.workers: list[FakeWorker] = []
        self.links: list[Link] = []
        self.fault = fault
        camera = CameraSettings(id=HALL, name="Hall", main=StreamSettings(url="rtsp://10.0.0.1/"))
        self.node = RemoteNode(
            "worker 1", [camera], MediaSettings(), self.events, self.clock, self.metrics, self._spawn
        )
        self.calls: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def _spawn(self, name: str, hears: FromWorker) -> AsyncIterator[Worker]:
        assert name == "worker 1"
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        fake = FakeWorker(self.fault)
        here, there = Link(hears, FromWorker), Link(fake, ToWorker, self._start)
        self.wire, _ = await loop.create_unix_connection(lambda: there, sock=theirs)
        await loop.create_unix_connection(lambda: here, sock=ours)
        self.workers.append(fake)
        self.links.append(there)
        try:
            yield Worker(here, cast(Any, FakeProcess(there)))
        finally:
            here.abort()
            there.abort()
            await there.lost

    def _start(self, work: Any, name: str) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work, name=name)
        self.calls.add(task)
        task.add_done_callback(self.calls.discard)

    async def until(self, holds: Callable[[], object]) -> None:
        """Let everything on the link arrive, and let short delays pass."""
        async with asyncio.timeout(5):
            while not holds():
                await asyncio.sleep(0)
                await self.clock.advance(0.01)

    async def die(self) -> None:
        """End the newest worker as kill -9 would, and let the next one take over."""
        count = len(self.workers)
        self.links[-1].abort()
        await self.until(lambda: len(self.workers) > count and self.node.pid)

    def hang(self) -> None:
        self.workers[-1].hangs = True


@contextlib.asynccontextmanager
async def running(scene: Scene) -> AsyncIterator[Scene]:
    task = asyncio.create_task(scene.node.run())
    try:
        await asyncio.wait_for(scene.node.start(), 5)
        yield scene
    finally:
        tasks = [task, *scene.calls]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with running(Scene()) as scene:
        yield scene


async def test_what_a_worker_reports_can_be_read_at_once_and_reaches_all_listeners(scene: Scene) -> None:
    assert scene.node.status(MAIN).state is SourceState.CONNECTING
    assert scene.node.streams_of(HALL) == (StreamName.MAIN,)
    assert scene.node.points(MAIN) == Points()
    scene.links[-1].tell(FromWorker.status_changed, UP)
    scene.links[-1].tell(FromWorker.timeline, MAIN, Points(None, POINT))
    scene.links[-1].tell(FromWorker.picture, HALL, 7.0)
    await scene.until(lambda: scene.node.unchanged_since(HALL) == 7.0)
    assert scene.node.status(MAIN) == UP
    assert scene.node.points(MAIN).newest == POINT
    assert scene.statuses == [SourceState.UP]
    scene.links[-1].tell(FromWorker.report, Report((UP,), (), (), ()))
    await scene.until(lambda: scene.node.unchanged_since(HALL) is None)


async def test_requests_go_to_the_worker_and_its_refusals_come_back(scene: Scene) -> None:
    opened = await scene.node.open(OFFER)
    assert opened.id == "session-1"
    assert scene.node.holds("session-1")
    assert await scene.node.renew("session-1", 3000.0)
    assert not await scene.node.renew("session-2", 3000.0)
    assert (await scene.node.patch("session-1", PatchRequest("", "etag"))).etag == "etag"
    assert await scene.node.still(HALL) == Still(b"\xff\xd8", 12.5)
    assert await scene.node.close("session-1", CloseReason.REVOKED)
    assert scene.workers[-1].closed == [("session-1", CloseReason.REVOKED)]
    with pytest.raises(NotFound):
        await scene.node.open(OpenSession(HALL, None, "other", 2000.0, ViewerProfile("patrol", StreamName.SUB, 20e6)))


async def test_the_sessions_of_a_dead_worker_are_reported_closed_and_its_cameras_down(scene: Scene) -> None:
    scene.links[-1].tell(FromWorker.report, Report((UP,), ((MAIN, Points(POINT, POINT)),), ((HALL, 3.0),), ()))
    opened = await scene.node.open(OFFER)
    await scene.until(lambda: scene.node.status(MAIN) == UP)
    await scene.die()
    [closed] = scene.told
    assert (closed.kind, closed.id, closed.reason) == ("closed", opened.id, CloseReason.WORKER_LOST)
    assert not scene.node.holds(opened.id)
    status = scene.node.status(MAIN)
    assert (status.state, status.reason) == (SourceState.DOWN, SourceReason.INTERNAL)
    assert scene.node.points(MAIN) == Points(), "no picture may be dated by the reports of a dead process"
    assert scene.node.unchanged_since(HALL) is None
    count = scene.metrics.registry.get_sample_value
    assert count("sightline_sessions_closed_total", {"reason": "worker_lost"}) == 1
    assert count("sightline_worker_restarts_total", {"worker": "worker 1"}) == 1
    assert count("sightline_worker_up", {"worker": "worker 1"}) == 1
    assert (await scene.node.open(OFFER)).id == "session-1", "of the new worker"


async def test_without_a_worker_offers_are_postponed_and_no_session_is_alive(scene: Scene) -> None:
    scene.links[-1].abort()
    await asyncio.wait_for(scene.links[-1].lost, 5)
    while scene.node.pid:  # noqa: ASYNC110  # the node finds out in its own time
        await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await scene.node.open(OFFER)
    with pytest.raises(Unavailable):
        await scene.node.still(HALL)
    assert not await scene.node.renew("session-1", 3000.0)
    assert not await scene.node.close("session-1", CloseReason.REVOKED)


async def test_a_session_that_ends_before_its_answer_arrives_does_not_exist(scene: Scene) -> None:
    """Such a session would stay in the list of viewers forever."""

    def end(session_id: str) -> None:
        event = SessionEvent("closed", session_id, CloseReason.TOKEN_EXPIRED, 1.0, 0, 0, StreamName.MAIN)
        scene.links[-1].tell(FromWorker.session, event)

    scene.workers[-1].at_open = end
    with contextlib.suppress(Unavailable):
        opened = await scene.node.open(OFFER)
        await scene.until(lambda: not scene.node.holds(opened.id))
    assert scene.node.living == 0


async def test_a_worker_that_does_not_end_a_session_in_time_is_killed_with_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "ENDS_WITHIN", 0.01)
    opened = await scene.node.open(OFFER)
    scene.hang()
    await scene.node.close(opened.id, CloseReason.INCIDENT_ENDED)
    assert scene.links[-1].lost.done(), "it is dead when close returns"
    await scene.until(lambda: scene.told)
    assert scene.told[0].reason is CloseReason.WORKER_LOST


async def test_a_worker_that_is_silent_for_some_seconds_is_killed(scene: Scene) -> None:
    for _ in range(2 * keeper.SILENT_TICKS):
        scene.links[-1].tell(FromWorker.report, Report((), (), (), ()))
        await scene.until(lambda: scene.node.silent == 0)
        await scene.clock.advance(1.0)
    assert len(scene.workers) == 1
    await scene.clock.advance(keeper.SILENT_TICKS + 1)
    await scene.until(lambda: len(scene.workers) == 2)


async def test_a_worker_that_sends_an_unknown_message_is_killed(scene: Scene) -> None:
    scene.wire.write(b"GET / HTTP/1.1\r\n\r\n")
    await scene.until(lambda: len(scene.workers) == 2)


async def test_the_counts_of_dead_workers_are_kept(scene: Scene) -> None:
    scene.workers[-1].sent = 40
    await scene.node.figures()
    await scene.die()
    scene.workers[-1].sent = 2
    figures = {figure.name: figure.value for figure in await scene.node.figures()}
    assert figures == {"sightline_packets_out_total": 42, "sightline_viewers": 1}


async def test_a_worker_that_keeps_dying_is_restarted_less_often(scene: Scene) -> None:
    for _ in range(5):
        await scene.die()
    began, count = scene.clock.monotonic(), len(scene.workers)
    scene.links[-1].abort()
    await scene.until(lambda: len(scene.workers) > count)
    assert scene.clock.monotonic() - began > 0.1


async def test_a_worker_started_after_the_clock_was_set_uses_the_gateways_time(scene: Scene) -> None:
    scene.clock.jump(-20 * 3600.0)
    await scene.die()
    assert abs(scene.workers[-1].now_at_setup - scene.clock.now()) < 5


async def test_stopping_ends_the_worker_and_does_not_start_another(scene: Scene) -> None:
    opened = await scene.node.open(OFFER)
    stopping = asyncio.create_task(scene.node.stop())
    await asyncio.sleep(0.01)
    scene.links[-1].abort()  # the worker closes its own end once it has answered
    await asyncio.wait_for(stopping, 5)
    await scene.until(lambda: scene.told)
    assert [(event.id, event.reason) for event in scene.told] == [(opened.id, CloseReason.SHUTDOWN)]
    await scene.clock.advance(60)
    assert len(scene.workers) == 1


async def test_a_worker_that_has_just_died_is_not_replaced_when_the_gateway_stops(scene: Scene) -> None:
    scene.links[-1].abort()
    while scene.node.pid:  # noqa: ASYNC110  # the node finds out in its own time
        await asyncio.sleep(0)
    await scene.node.stop()
    await scene.clock.advance(60)
    assert len(scene.workers) == 1


async def test_a_port_in_use_is_a_configuration_error_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"media\.port"):
        async with running(Scene(ConfigurationError(["media.port: cannot be used"]))):
            pass
