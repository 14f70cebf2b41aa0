"""Runs the media of some cameras in a separate process, for the gateway at the other end of a socket pair.

``python -m gateway.media.worker FD NAME`` starts it. It lives only as long as the gateway holds its end, since no media
may flow without a living grant and nobody else can end a grant. It ignores signals, so that after Ctrl+C, or when the
service is stopped, the gateway can still make it send its last packets.
"""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from gateway.clock import Clock, SystemClock
from gateway.errors import ConfigurationError, SightlineError
from gateway.health.picture import Still
from gateway.media.events import MediaEvents, StreamKey
from gateway.media.interface import Figure, Points
from gateway.media.link import Link
from gateway.media.messages import FromWorker, Report, Setup, ToWorker
from gateway.media.node import MediaNode
from gateway.media.tally import figures_of
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason
from gateway.process import log
from gateway.process.running import SIGNALS, keep_for_good
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest
from gateway.webrtc.plane import MediaPlane

logger = logging.getLogger(__name__)

REPORT_INTERVAL = 1.0
UNREAD_BYTES = 4 * 1024 * 1024
"""Unread bytes above which no report is sent. The gateway is not reading, and the next report repeats everything."""


class Finished(SightlineError):
    """Ends the root group. It is not a failure."""


class MediaWorker:
    """Answers the calls of ``ToWorker``. ``serve`` runs it on a link until the link is lost or ``stop`` is called."""

    def __init__(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        self._name = name
        self._metrics = Metrics()
        self._setup: asyncio.Future[Setup] = loop.create_future()
        self._started: asyncio.Future[None] = loop.create_future()
        self._stop = asyncio.Event()
        self._stopped = asyncio.Event()
        self._node: MediaNode[MediaPlane] | None = None

    async def serve(self, link: Link) -> None:
        """Serve until the other end is gone or requests a stop. On return, every session has been closed."""
        await _first(self._setup, link.lost)
        if link.lost.done():
            return
        setup = self._setup.result()
        log.configure(setup.log_level, as_json=setup.log_as_json, process=self._name)
        events = MediaEvents(self._metrics)
        clock = SystemClock(setup.began_at)
        node = MediaNode(setup.cameras, setup.media, events, clock, self._metrics, MediaPlane)
        try:
            await node.start()
        except ConfigurationError as error:
            self._started.set_exception(error)
            await link.lost
            return
        self._node = node
        tell_all(link, node)
        keep_for_good()
        self._started.set_result(None)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(node.run(), name="media"),
                group.create_task(self._report(link, node, clock), name="media report"),
            ]
            stop = group.create_task(self._stop.wait(), name="media stop")
            await _first(stop, link.lost)
            await node.stop()
            self._stopped.set()
            for task in (*tasks, stop):
                task.cancel()

    # Incoming calls

    async def setup(self, setup: Setup) -> None:
        """Start the media. Raises ConfigurationError."""
        self._setup.set_result(setup)
        await self._started

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound."""
        return await self._living().open(request)

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until gateway time ``ends_at``, which is the same in all processes."""
        return await self._living().renew(session_id, ends_at)

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information. Raises NotFound, BadRequest, PreconditionFailed."""
        return await self._living().patch(session_id, request)

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return."""
        return await self._living().close(session_id, reason)

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture."""
        return await self._living().still(camera)

    async def figures(self) -> tuple[Figure, ...]:
        """Return what this process has counted."""
        return figures_of(self._metrics.registry.collect())

    async def stop(self) -> None:
        """Close every session."""
        self._stop.set()
        await self._stopped.wait()

    def _living(self) -> MediaNode[MediaPlane]:
        if self._node is None:
            raise RuntimeError("called before setup")
        return self._node

    async def _report(self, link: Link, node: MediaNode[MediaPlane], clock: Clock) -> None:
        while True:
            if link.waiting < UNREAD_BYTES:
                link.tell(FromWorker.report, report_of(node))
            else:
                self._metrics.dropped.labels("worker_report").inc()
            await clock.sleep(REPORT_INTERVAL)


def tell_all(link: Link, node: MediaNode[MediaPlane]) -> None:
    """Notify the gateway of every event as it happens."""

    def timeline(key: StreamKey) -> None:
        link.tell(FromWorker.timeline, key, node.points(key))

    def picture(camera: CameraId) -> None:
        link.tell(FromWorker.picture, camera, node.unchanged_since(camera))

    node.events.session.add(lambda event: link.tell(FromWorker.session, event))
    node.events.status.add(lambda status: link.tell(FromWorker.status_changed, status))
    node.events.timeline.add(timeline)
    node.events.picture.add(picture)


def report_of(node: MediaNode[MediaPlane]) -> Report:
    """Return a report of the current state of everything."""

    def unchanged() -> Iterator[tuple[CameraId, float]]:
        for camera in {camera for camera, _ in node.pulls}:
            since = node.unchanged_since(camera)
            if since is not None:
                yield camera, since

    def points() -> Iterator[tuple[StreamKey, Points]]:
        for key in node.streams:
            yield key, node.points(key)

    statuses = tuple(node.status(key) for key in node.pulls)
    return Report(statuses, tuple(points()), tuple(unchanged()), node.plane.sessions())


async def main(descriptor: int, name: str) -> None:
    """Serve the process that holds the other end of the socket with this file descriptor."""
    try:
        async with asyncio.TaskGroup() as group:
            worker = MediaWorker(name)
            link = Link(worker, ToWorker, lambda work, name: group.create_task(work, name=name))
            gateway = socket.socket(fileno=descriptor)
            await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=gateway)
            await worker.serve(link)
            link.close()
            await link.lost
            finish()
    except* Finished:
        pass


def finish() -> NoReturn:
    """End the task group that awaits this, and everything that still runs in it."""
    raise Finished


async def _first(*awaited: asyncio.Future[Any]) -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)


if __name__ == "__main__":
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)  # not SIG_IGN, which child processes would inherit
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
