"""Runs the media of some cameras in a worker process, and restarts the process when it dies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from random import SystemRandom
from typing import Any, Concatenate, ParamSpec, TypeVar

from gateway import log
from gateway.clock import Clock, uptime
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import ConfigurationError, SightlineError, Unavailable
from gateway.health.picture import Still
from gateway.media.codec import RemoteFailure
from gateway.media.events import MediaEvents
from gateway.media.interface import Figure
from gateway.media.known import Known
from gateway.media.link import LinkLost
from gateway.media.messages import FromWorker, Setup, ToWorker
from gateway.media.process import EXITS_WITHIN, Worker
from gateway.media.tally import lasting, total
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason
from gateway.sources.backoff import backoff
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

STARTS_WITHIN = 60.0
ANSWERS_WITHIN = 5.0
ENDS_WITHIN = 0.8
"""A session whose grant has ended must be closed within a second, if necessary by killing its whole process."""
SILENT_TICKS = 5
"""Seconds without a report. They are counted in ticks, so that a pause of the gateway does not count as silence of the
worker."""
STABLE_AFTER = 30.0

Spawn = Callable[[str, FromWorker], AbstractAsyncContextManager[Worker]]


class RemoteNode(Known):
    """Implements ``Media`` for a worker process. Reads return what the worker has reported; everything else is a call
    to the worker."""

    def __init__(
        self,
        name: str,
        cameras: Sequence[CameraSettings],
        settings: MediaSettings,
        events: MediaEvents,
        clock: Clock,
        metrics: Metrics,
        spawn: Spawn,
    ) -> None:
        super().__init__(cameras, events, clock, metrics)
        self.name = name
        self._cameras = tuple(cameras)
        self._settings = settings
        self._spawn = spawn
        self._worker: Worker | None = None
        self._stopping = False
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._figures: tuple[Figure, ...] = ()
        self._departed: tuple[Figure, ...] = ()

    # Lifetime

    async def start(self) -> None:
        """Wait until the worker serves for the first time. ``run`` must already be running.

        Raises ConfigurationError, or another SightlineError if the worker could not start.
        """
        await asyncio.shield(self._ready)

    async def run(self) -> None:
        """Keep a worker running until cancelled or stopped."""
        delays = self._delays()
        while not self._stopping:
            began = self._clock.monotonic()
            await self._live()
            if self._stopping or self._ready.exception() is not None:
                return
            self._metrics.worker_restarts.labels(self.name).inc()
            if self._clock.monotonic() - began >= STABLE_AFTER:
                delays = self._delays()
            await self._clock.sleep(next(delays))

    async def stop(self) -> None:
        """Close every session and let the process end."""
        self._stopping = True
        worker = self._worker
        if worker is not None:
            try:
                await self._ask(EXITS_WITHIN, ToWorker.stop)
            except LinkLost:
                return
            await worker.wait(EXITS_WITHIN)

    @property
    def pid(self) -> int | None:
        """Return the process id of the current worker, or None."""
        return self._worker.pid if self._worker else None

    # Sessions

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound, Unavailable."""
        with self.opening() as opened:
            try:
                session = await self._ask(ANSWERS_WITHIN, ToWorker.open, request)
                opened(session)
            except LinkLost:
                raise _starting() from None
        return session

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until gateway time ``ends_at``. Return False if it has already ended."""
        try:
            return await self._ask(ANSWERS_WITHIN, ToWorker.renew, session_id, ends_at)
        except LinkLost:
            return False

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information. Raises NotFound, BadRequest, PreconditionFailed, Unavailable."""
        try:
            return await self._ask(ANSWERS_WITHIN, ToWorker.patch, session_id, request)
        except LinkLost:
            raise _starting() from None

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return. Return False if it had already ended."""
        within = ANSWERS_WITHIN if reason is CloseReason.VIEWER_LEFT else ENDS_WITHIN
        try:
            return await self._ask(within, ToWorker.close, session_id, reason)
        except LinkLost:
            return False

    # Other calls

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture. Raises Unavailable."""
        try:
            return await self._ask(ANSWERS_WITHIN, ToWorker.still, camera)
        except LinkLost:
            raise _starting() from None

    async def figures(self) -> tuple[Figure, ...]:
        """Return what this worker and its predecessors have counted. For one that just died, that is its last known
        count."""
        with suppress(LinkLost):
            self._figures = await self._ask(ANSWERS_WITHIN, ToWorker.figures)
        return total(self._departed, self._figures)

    # Keeping the process

    async def _live(self) -> None:
        """Run one worker from its start to its death."""
        up = self._metrics.worker_up.labels(self.name)
        up.set(0)
        try:
            async with self._spawn(self.name, self) as worker:
                try:
                    async with asyncio.timeout(STARTS_WITHIN):
                        await worker.link.ask(ToWorker.setup, self._setup())
                    self._worker = worker
                    up.set(1)
                    logger.info("%s serves %d cameras", self.name, len(self._cameras))
                    if not self._ready.done():
                        self._ready.set_result(None)
                    await self._watch(worker)
                finally:
                    self._worker = None
                    up.set(0)
        except asyncio.CancelledError:
            self._stopping = True
            raise
        except ConfigurationError as error:
            self._did_not_start(error)
        except (LinkLost, RemoteFailure, OSError, TimeoutError) as error:
            self._did_not_start(SightlineError(f"{self.name} did not start ({type(error).__name__}): see its log"))
        finally:
            self._lost()

    async def _watch(self, worker: Worker) -> None:
        """Wait until the worker is gone, or has been silent for too long."""
        async with asyncio.TaskGroup() as group:
            silence = group.create_task(self._wait_silent(), name=f"{self.name}: silence")
            await asyncio.wait([worker.link.lost, silence], return_when=asyncio.FIRST_COMPLETED)
            if silence.done():
                logger.warning("%s has stopped reporting and is being killed", self.name)
                await worker.end()
            silence.cancel()

    async def _wait_silent(self) -> None:
        self.silent = 0
        while self.silent < SILENT_TICKS:
            await self._clock.sleep(1.0)
            self.silent += 1

    def _did_not_start(self, error: SightlineError) -> None:
        """Report a failed start. The first one keeps the gateway from starting; later ones are logged and retried."""
        if self._ready.done():
            logger.error("%s", error)
        else:
            self._ready.set_exception(error)

    def _lost(self) -> None:
        """Tell everyone who watched that the pictures have ended. Their pages reconnect by themselves."""
        if self._ready.done() and not self._stopping:
            logger.error("%s has ended, and %d sessions with it; it is being restarted", self.name, self.living)
        self._departed, self._figures = total(self._departed, lasting(self._figures)), ()
        self.forget(CloseReason.SHUTDOWN if self._stopping else CloseReason.WORKER_LOST)

    def _setup(self) -> Setup:
        level, as_json = log.configuration()
        return Setup(self._settings, self._cameras, self._clock.now() - uptime(), level, as_json)

    async def _ask(
        self, within: float, method: Callable[Concatenate[Any, P], Awaitable[R]], *arguments: P.args, **named: P.kwargs
    ) -> R:
        """Call the worker. One that does not answer in time is killed. Raises LinkLost, and whatever the method
        raises."""
        worker = self._worker
        if worker is None:
            raise LinkLost
        try:
            async with asyncio.timeout(within):
                return await worker.link.ask(method, *arguments, **named)
        except TimeoutError:
            logger.warning("%s does not answer %s and is being killed", self.name, method.__name__)
            await worker.end()
            raise LinkLost from None

    def _delays(self) -> Iterator[float]:
        return backoff(SystemRandom().uniform, first=0.2)


def _starting() -> Unavailable:
    return Unavailable("starting_again", "The pictures of this camera are starting: try again in a moment.")
