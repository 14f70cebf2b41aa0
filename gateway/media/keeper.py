"""Keeps one worker process running: starts it, watches it, restarts it if it dies, and calls it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from random import SystemRandom
from typing import Any, Concatenate, ParamSpec, TypeVar

from gateway.clock import Clock
from gateway.errors import ConfigurationError, SightlineError
from gateway.media.codec import RemoteFailure
from gateway.media.known import Known
from gateway.media.link import LinkLost
from gateway.media.messages import FromWorker, Setup, ToWorker
from gateway.media.process import EXITS_WITHIN, Worker
from gateway.metrics import Metrics
from gateway.sources.backoff import backoff

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

STARTS_WITHIN = 60.0
SILENT_TICKS = 5
"""Seconds without a report. They are counted in ticks, so that a pause of the gateway does not count as silence of the
worker."""
STABLE_AFTER = 30.0

Spawn = Callable[[str, FromWorker], AbstractAsyncContextManager[Worker]]


class WorkerKeeper:
    """Keeps the worker process called ``name``. ``known`` receives what it reports.

    Each new process is sent the result of ``setup``. ``lost`` is called when a process has ended.
    """

    def __init__(
        self,
        name: str,
        known: Known,
        setup: Callable[[], Setup],
        lost: Callable[[], None],
        spawn: Spawn,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.stopping = False
        self._name = name
        self._known = known
        self._setup = setup
        self._lost = lost
        self._spawn = spawn
        self._clock = clock
        self._metrics = metrics
        self._worker: Worker | None = None
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def started(self) -> bool:
        """Return True once the first start has succeeded or failed."""
        return self._ready.done()

    @property
    def pid(self) -> int | None:
        """Return the process id of the current worker, or None."""
        return self._worker.pid if self._worker else None

    async def start(self) -> None:
        """Wait until the worker serves for the first time. ``run`` must already be running.

        Raises ConfigurationError, or another SightlineError if the worker could not start.
        """
        await asyncio.shield(self._ready)

    async def run(self) -> None:
        """Keep a worker running until cancelled or stopped."""
        delays = self._delays()
        while not self.stopping:
            began = self._clock.monotonic()
            await self._live()
            if self.stopping or self._ready.exception() is not None:
                return
            self._metrics.worker_restarts.labels(self._name).inc()
            if self._clock.monotonic() - began >= STABLE_AFTER:
                delays = self._delays()
            await self._clock.sleep(next(delays))

    async def stop(self) -> None:
        """Close every session and let the process end."""
        self.stopping = True
        worker = self._worker
        if worker is not None:
            try:
                await self.ask(EXITS_WITHIN, ToWorker.stop)
            except LinkLost:
                return
            await worker.wait(EXITS_WITHIN)

    async def ask(
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
            logger.warning("%s does not answer %s and is being killed", self._name, method.__name__)
            await worker.end()
            raise LinkLost from None

    async def _live(self) -> None:
        """Run one worker from its start to its death."""
        up = self._metrics.worker_up.labels(self._name)
        up.set(0)
        setup = self._setup()
        try:
            async with self._spawn(self._name, self._known) as worker:
                try:
                    async with asyncio.timeout(STARTS_WITHIN):
                        await worker.link.ask(ToWorker.setup, setup)
                    self._worker = worker
                    up.set(1)
                    logger.info("%s serves %d cameras", self._name, len(setup.cameras))
                    if not self._ready.done():
                        self._ready.set_result(None)
                    await self._watch(worker)
                finally:
                    self._worker = None
                    up.set(0)
        except asyncio.CancelledError:
            self.stopping = True
            raise
        except ConfigurationError as error:
            self._did_not_start(error)
        except (LinkLost, RemoteFailure, OSError, TimeoutError) as error:
            self._did_not_start(SightlineError(f"{self._name} did not start ({type(error).__name__}): see its log"))
        finally:
            self._lost()

    async def _watch(self, worker: Worker) -> None:
        """Wait until the worker is gone, or has been silent for too long."""
        async with asyncio.TaskGroup() as group:
            silence = group.create_task(self._wait_silent(), name=f"{self._name}: silence")
            await asyncio.wait([worker.link.lost, silence], return_when=asyncio.FIRST_COMPLETED)
            if silence.done():
                logger.warning("%s has stopped reporting and is being killed", self._name)
                await worker.end()
            silence.cancel()

    async def _wait_silent(self) -> None:
        self._known.silent = 0
        while self._known.silent < SILENT_TICKS:
            await self._clock.sleep(1.0)
            self._known.silent += 1

    def _did_not_start(self, error: SightlineError) -> None:
        """Report a failed start. The first one keeps the gateway from starting; later ones are logged and retried."""
        if self._ready.done():
            logger.error("%s", error)
        else:
            self._ready.set_exception(error)

    def _delays(self) -> Iterator[float]:
        return backoff(SystemRandom().uniform, first=0.2)
