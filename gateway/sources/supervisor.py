"""Keeps every camera stream pulled: one named task each, tried again for ever, and a fault in one never another's."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import SystemRandom

from gateway.clock import Clock
from gateway.errors import CameraError
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName
from gateway.sources.backoff import backoff
from gateway.sources.media import SourceSink
from gateway.sources.meter import Meter
from gateway.sources.rtsp.address import parse_address
from gateway.sources.rtsp.client import RtspClient, connected
from gateway.sources.rtsp.transport import WISHES
from gateway.sources.state import FAULTY, TRANSITIONS, SourceEvent

STALLED_AFTER = 3.0
STOPPED_AFTER = 10.0
STABLE_AFTER = 30.0
LONG_DELAY = 60.0
MEASURE_INTERVAL = 1.0
# These are no better a second later: a refused password would lock the account, a bug would fill the log.
SLOW_REASONS = frozenset({SourceReason.PASSWORD_REFUSED, SourceReason.INTERNAL})

logger = logging.getLogger(__name__)


class Source:
    """One stream of one camera. ``on_status`` is called when state, reason, picture or notes change; the rates in
    between are read from ``status``."""

    def __init__(
        self,
        camera_id: CameraId,
        stream: StreamName,
        url: str,
        username: str | None,
        password: str | None,
        sink: SourceSink,
        clock: Clock,
        metrics: Metrics,
        on_status: Callable[[SourceStatus], None],
        uniform: Callable[[float, float], float] | None = None,
        *,
        transport: str = "auto",
    ) -> None:
        self.name = f"{camera_id}/{stream}"
        self._url, self._username, self._password = url, username, password
        self._sink = sink
        self._clock = clock
        self._metrics = metrics
        self._on_status = on_status
        self._carriers = WISHES[transport]
        self._uniform = uniform or SystemRandom().uniform
        self._meter = Meter(metrics, camera_id, stream)
        self._lost_at = clock.monotonic()
        self._status = SourceStatus(
            camera_id, stream, SourceState.CONNECTING, SourceReason.NONE, "Connecting.", clock.now()
        )
        self._meter.state(self._status.state)

    def status(self) -> SourceStatus:
        """How the stream stands."""
        return self._status

    async def run(self) -> None:
        """Pull, and pull again, until cancelled."""
        delays = backoff(self._uniform)
        while True:
            began = self._clock.monotonic()
            error = await self._attempt()
            self._lost(error)
            if self._clock.monotonic() - began >= STABLE_AFTER:
                delays = backoff(self._uniform)
            slow = error.reason in SLOW_REASONS
            await self._clock.sleep(self._uniform(0.9 * LONG_DELAY, LONG_DELAY) if slow else next(delays))
            self._meter.reconnect()
            self._status = replace(self._status, reconnects=self._status.reconnects + 1)

    async def _attempt(self) -> CameraError:
        """One connection, to its end; why it ended. A bug ends this connection only."""
        try:
            await self._pull()
        except CameraError as error:
            return error
        except Exception:
            logger.exception("%s: the pull ended by a fault of the gateway", self.name)
            self._metrics.task_failures.labels("source").inc()
        return CameraError(SourceReason.INTERNAL, "The gateway failed on what this camera sent.")

    async def _pull(self) -> None:
        """Connect and follow the stream until it fails; it never returns."""
        address = parse_address(self._url, self._username, self._password)
        async with connected(address, self._sink, self._clock, self._carriers) as client:
            try:
                await self._follow(client)
            finally:
                self._meter.end(client)
                if client.reception is not None:
                    self._sink.disconnected(self._clock.monotonic())

    async def _follow(self, client: RtspClient) -> None:
        """State by the time since the last picture; rates and notes once a second."""
        last = measured = self._clock.monotonic()
        self._meter.begin(last)
        units = 0
        while True:
            await client.step()
            now = self._clock.monotonic()
            reception = client.reception
            if reception is None:
                last = now
            elif reception.units > units:
                units, last = reception.units, now
                if self._status.state is not SourceState.UP:
                    self._describe(client, now)
                self._happened(SourceEvent.PICTURE, SourceReason.NONE, "")
            elif now - last >= STOPPED_AFTER:
                raise CameraError(SourceReason.STREAM_STOPPED, "The camera is connected but sends no pictures.")
            elif now - last >= STALLED_AFTER:
                words = "The camera is connected but has stopped sending pictures."
                self._happened(SourceEvent.SILENCE, SourceReason.STREAM_STOPPED, words)
            if now - measured >= MEASURE_INTERVAL:
                measured = now
                self._describe(client, now)

    def _describe(self, client: RtspClient, now: float) -> None:
        """Take the rates, and what the stream says of its pictures."""
        rates = self._meter.measure(client, now)
        status = replace(self._status, fps=rates.fps, bitrate_bps=rates.bitrate_bps, loss=rates.loss)
        if client.reception is not None:
            picture = client.reception.picture
            width, height = (picture.width, picture.height) if picture else (0, 0)
            status = replace(
                status,
                codec="H264",
                width=width,
                height=height,
                transport=client.carrier,
                notes=client.reception.notes(),
            )
        self._publish(status)

    def _lost(self, error: CameraError) -> None:
        self._publish(replace(self._status, fps=0.0, bitrate_bps=0.0, loss=0.0, notes=()))
        self._happened(SourceEvent.LOST, error.reason, error.detail)

    def _happened(self, event: SourceEvent, reason: SourceReason, detail: str) -> None:
        """Move the state on; say once in the log that the stream is lost, and once that it is back."""
        before = self._status
        state = TRANSITIONS[before.state, event]
        if (state, reason, detail) == (before.state, before.reason, before.detail):
            return
        if before.state is SourceState.DOWN and event is SourceEvent.SILENCE:
            return
        since = self._clock.now() if state is not before.state else before.since
        self._meter.state(state)
        if state in FAULTY and before.state not in FAULTY:
            self._lost_at = self._clock.monotonic()
            logger.warning("%s: lost: %s (%s)", self.name, detail, reason)
        elif state is SourceState.UP and before.state in FAULTY:
            logger.info("%s: back after %.0f s", self.name, self._clock.monotonic() - self._lost_at)
        self._publish(replace(before, state=state, reason=reason, detail=detail, since=since))

    def _publish(self, status: SourceStatus) -> None:
        before, self._status = self._status, status
        if replace(before, fps=0.0, bitrate_bps=0.0, loss=0.0) != replace(status, fps=0.0, bitrate_bps=0.0, loss=0.0):
            self._on_status(status)


class SourceSupervisor:
    """All streams of all cameras."""

    def __init__(self, sources: Iterable[Source], clock: Clock, metrics: Metrics) -> None:
        self.sources = tuple(sources)
        self._clock = clock
        self._metrics = metrics

    async def run(self) -> None:
        """Pull all of them until cancelled."""
        async with asyncio.TaskGroup() as group:
            for source in self.sources:
                group.create_task(self._keep(source), name=f"source {source.name}")

    def statuses(self) -> tuple[SourceStatus, ...]:
        """How every stream stands."""
        return tuple(source.status() for source in self.sources)

    async def _keep(self, source: Source) -> None:
        """Run one source; a bug outside its pulls (say, in ``on_status``) ends its run, and it begins anew later."""
        while True:
            try:
                await source.run()
            except Exception:
                logger.exception("%s: ended by a fault of the gateway", source.name)
                self._metrics.task_failures.labels("source").inc()
            await self._clock.sleep(LONG_DELAY)
