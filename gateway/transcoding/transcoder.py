"""Keeps one camera's transcode running while it is watched: starts a process, feeds it, supervises it and restarts
it."""

import asyncio
import contextlib
import json
import logging
import math
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from random import SystemRandom

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.names import H264
from gateway.errors import Malformed
from gateway.metrics import Metrics
from gateway.process.environment import inherited
from gateway.relay.camera_stream import CameraStream, Picture
from gateway.rtp.time import WRAP
from gateway.sources.backoff import backoff
from gateway.subprocesses.frames import READ_SIZE, Frames, frame
from gateway.subprocesses.values import write
from gateway.transcoding.backlog import Backlog
from gateway.transcoding.coder import Limits
from gateway.transcoding.in_flight import InFlight
from gateway.transcoding.jobs import RESULTS, Result
from gateway.transcoding.stream import TranscodedStream

LINGER = 10.0
"""Seconds for which a transcode continues after its last viewer, so that a reloaded page finds it running."""
ANSWER_TIMEOUT = 10.0
STABLE_AFTER = 30.0
_TICK = 0.5

logger = logging.getLogger(__name__)


def _nobody() -> None:
    """Do nothing: there is no viewer, so none can leave."""


class Transcoder:
    """Runs one camera's transcode. ``places`` bounds how many run at once; ``on_state`` is called when ``state``
    changes."""

    def __init__(
        self,
        source: CameraStream,
        limits: Limits,
        places: asyncio.Semaphore,
        clock: Clock,
        metrics: Metrics,
        on_state: Callable[[], None],
    ) -> None:
        self.stream = TranscodedStream(source, metrics)
        self.state = ""
        self._source = source
        self._limits = limits
        self._places = places
        self._clock = clock
        self._metrics = metrics
        self._on_state = on_state
        self._backlog = Backlog()
        self._dropped = 0
        self._watched = asyncio.Event()
        self._wanted_until = clock.monotonic() + LINGER
        self._news = asyncio.Event()
        self._in_flight = InFlight()
        self._hung = False
        self._leave: Callable[[], None] = _nobody
        source.on_picture(self._take)
        source.on_withdrawn(self._withdraw)
        self.stream.on_watched.add(self._watch)

    async def run(self) -> None:
        """Transcode while somebody is watching, until cancelled."""
        delays = backoff(SystemRandom().uniform)
        while True:
            await self._watched.wait()
            if self._places.locked():
                self._say("The transcode is waiting: as many are running as the settings allow.")
            async with self._places:
                began = self._clock.monotonic()
                self._say("The transcode is starting.")
                trouble = await self._transcode()
            if self._clock.monotonic() - began >= STABLE_AFTER:
                delays = backoff(SystemRandom().uniform)
            if trouble:
                self._metrics.transcode_restarts.labels(self._source.camera_id).inc()
                logger.warning("%s: %s", self._source.camera_id, trouble)
                self._say(trouble)
                await self._clock.sleep(next(delays))
            else:
                self._say("")

    # Events of the camera and its viewers

    def _take(self, picture: Picture) -> None:
        passes = self._source.codec == H264 and self._source.passes and self._source.begins
        if passes and not self._wanted():
            self._backlog.forget()
            return
        self._backlog.take(picture)
        self._news.set()

    def _withdraw(self, _: None) -> None:
        """Withdraw the transcode of a picture that turned out to be torn, whether it is finished or not."""
        self._backlog.forget()
        self._in_flight.withdraw()
        self.stream.withdraw()

    def _watch(self, watched: bool) -> None:
        if watched:
            self._leave = self._source.watchers.add()
            self._wanted_until = math.inf
            self._watched.set()
        else:
            self._leave()
            self._watched.clear()
            self._wanted_until = self._clock.monotonic() + LINGER

    def _say(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._on_state()

    # One process

    async def _transcode(self) -> str:
        """Run one process from its start to its end. Return a description of what went wrong, or an empty string."""
        command = (sys.executable, "-m", "gateway.transcoding.worker", json.dumps(self._limits.as_dict()))
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=READ_SIZE, env=inherited()
        )
        self._hung = False
        self._in_flight.begin()
        self._backlog.begin()
        self._metrics.transcodes.inc()
        try:
            async with asyncio.TaskGroup() as group:
                name = f"transcode {self._source.camera_id}"
                helpers = [
                    group.create_task(self._feed(process), name=f"{name}: feed"),
                    group.create_task(self._oversee(process), name=f"{name}: oversee"),
                ]
                await self._read(process)
                for helper in helpers:
                    helper.cancel()
        finally:
            self._metrics.transcodes.dec()
            self._backlog.end()
            self.stream.end()
            _kill(process)
            await process.wait()
        if self._hung:
            return "The transcode did not answer and is being restarted."
        return "The transcode ended and is being restarted." if self._wanted() else ""

    def _wanted(self) -> bool:
        return self._clock.monotonic() < self._wanted_until

    async def _feed(self, process: Process) -> None:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        with contextlib.suppress(ConnectionError):
            while True:
                self._news.clear()
                while not self._in_flight.full and (waiting := self._backlog.next()) is not None:
                    job, arrival = waiting
                    self._in_flight.give(job.time, arrival, self._clock.monotonic())
                    process.stdin.write(frame(write(job)))
                    await process.stdin.drain()
                self._count_dropped()
                await self._news.wait()

    async def _read(self, process: Process) -> None:
        """Read results until the process ends or sends something else."""
        assert process.stdout is not None  # noqa: S101 - it was asked for
        frames = Frames()
        try:
            while data := await process.stdout.read(READ_SIZE):
                for body in frames.feed(data):
                    self._hear(RESULTS.read(body))
        except Malformed as error:
            logger.warning("%s: cannot read the output of its transcode: %s", self._source.camera_id, error)

    def _hear(self, result: Result) -> None:
        if result.done:
            self._in_flight.done()
            self._news.set()
        # otherwise it was withdrawn in the meantime
        elif (arrival := self._in_flight.arrival(result.time)) is not None:
            now = self._clock.monotonic()
            self._metrics.transcode_seconds.observe(now - arrival)
            self._say("The transcode is running.")
            self.stream.put(AccessUnit(result.nals, result.time % WRAP, result.keyframe, now))

    async def _oversee(self, process: Process) -> None:
        """Kill the process when nobody is watching any more, or when it does not answer."""
        while True:
            await self._clock.sleep(_TICK)
            self._hung = self._in_flight.waits_for(self._clock.monotonic()) > ANSWER_TIMEOUT
            if self._hung or not self._wanted():
                _kill(process)
                return

    def _count_dropped(self) -> None:
        self._metrics.dropped.labels("transcoder").inc(self._backlog.dropped - self._dropped)
        self._dropped = self._backlog.dropped


def _kill(process: Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
