"""Pulls one camera stream, again whenever it ends, and reports every change of its status."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from random import SystemRandom

from gateway.clock import Clock
from gateway.errors import CameraError
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName
from gateway.process.resolver import Resolver
from gateway.sources.backoff import backoff
from gateway.sources.carriage import Carriage
from gateway.sources.following import Follower
from gateway.sources.media import SourceSink
from gateway.sources.nvr import Nvr
from gateway.sources.observing import notes
from gateway.sources.observing.meter import Meter
from gateway.sources.observing.watch import Watch
from gateway.sources.receiving.sound import SoundSink
from gateway.sources.rtsp.client import RtspClient
from gateway.sources.rtsp.connecting import connected
from gateway.sources.rtsp.protocol.address import Address, Place, Redirected, parse_address, parse_place
from gateway.sources.rtsp.protocol.auth import Challenge
from gateway.sources.rtsp.tls import Trust
from gateway.sources.standing import Standing
from gateway.sources.state import SourceEvent

STABLE_AFTER = 30.0
LONG_DELAY = 60.0
MAX_REDIRECTS = 5
# Retrying these soon does not help: a refused password would lock the account, a bug would fill the log.
SLOW_REASONS = frozenset({SourceReason.PASSWORD_REFUSED, SourceReason.INTERNAL})

logger = logging.getLogger(__name__)


class Source:
    """One stream of one camera.

    ``on_status`` is called when state, reason, picture or notes change; the rates in between are read from ``status``.
    ``transport`` is a key of ``WISHES``. ``trust`` defines how the camera proves its identity. ``redirects`` are the
    places, ``host:port``, to which the camera may redirect. All sources share one ``resolver``. ``turn`` is one of
    ``rota``.
    """

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
        trust: Trust | None = None,
        nvr: Nvr | None = None,
        sound: SoundSink | None = None,
        redirects: Iterable[str] = (),
        resolver: Resolver | None = None,
        turn: float = 0.0,
    ) -> None:
        self.name = f"{camera_id}/{stream}"
        self._url, self._username, self._password = url, username, password
        self._watch = Watch(sink, clock)
        self._clock = clock
        self._metrics = metrics
        self._carriage = Carriage(transport)
        self._watched = False
        self._client: RtspClient | None = None
        self._trust = trust or Trust()
        self._nvr = nvr
        self._sound = sound
        self._sub = stream is StreamName.SUB
        self._challenge: Challenge | None = None
        self._answered: Challenge | None = None  # the one that the current connection began with
        self._redirects = tuple(map(parse_place, redirects))
        self._configured: Place | None = None
        self._resolver = resolver or Resolver()
        self._turn = turn
        self._uniform = uniform or SystemRandom().uniform
        self._meter = Meter(metrics, camera_id, stream)
        status = SourceStatus(camera_id, stream, SourceState.CONNECTING, SourceReason.NONE, "Connecting.", clock.now())
        self._standing = Standing(self.name, status, clock, on_status, self._meter.state)
        self._follower = Follower(self._watch, self._carriage, self._standing, self._meter, clock)

    def status(self) -> SourceStatus:
        """Return the stream's current status."""
        return self._standing.status

    def watch(self, watched: bool) -> None:
        """Pass on each packet as it arrives while somebody is watching. See ``Pace.watch``."""
        self._watched = watched
        if self._client is not None:
            self._client.watch(watched)

    def hush(self) -> None:
        """Accept no more pictures. Call this shortly before ``run`` is cancelled."""
        if self._client is not None:
            self._client.hush()

    async def run(self) -> None:
        """Pull the stream again and again until cancelled."""
        delays = backoff(self._uniform)
        while True:
            began = self._clock.monotonic()
            error = await self._attempt()
            self._lost(error)
            if self._clock.monotonic() - began >= STABLE_AFTER:
                delays = backoff(self._uniform)
            await self._clock.sleep(self._pause(error, delays))
            self._meter.reconnect()
            self._standing.reconnecting()

    def _pause(self, error: CameraError, delays: Iterator[float]) -> float:
        if error.reason is SourceReason.FELL_BEHIND:
            return 0.0  # ``Drops`` limits how often this happens
        if error.reason is SourceReason.CLOSED_BY_CAMERA and self._challenge is not None and self._answered is None:
            return 0.0  # some cameras hang up after a challenge, and accept the answer on the next connection
        return self._uniform(0.9 * LONG_DELAY, LONG_DELAY) if error.reason in SLOW_REASONS else next(delays)

    async def _attempt(self) -> CameraError:
        """Run one connection to its end, and return why it ended. A bug ends this connection only."""
        try:
            await self._pull()
        except CameraError as error:
            return error
        except Exception:
            logger.exception("%s: the pull ended because of a bug in the gateway", self.name)
            self._metrics.task_failures.labels("source").inc()
        return CameraError(SourceReason.INTERNAL, "The gateway failed to handle what this camera sent.")

    async def _pull(self) -> None:
        """Wait for a session of the NVR, if the camera is behind one, then connect. Never returns."""
        address = parse_address(self._url, self._username, self._password, self._redirects)
        self._configured = address.place
        self._answered, self._challenge = self._challenge, None
        address = replace(address, challenge=self._answered)
        if self._nvr is None:
            await self._pull_from(address)
            return
        async with self._nvr.session(self._sub, self._await_session):
            try:
                await self._pull_from(address)
            except CameraError as error:
                if error.reason is SourceReason.SESSION_LIMIT:
                    self._nvr.refused()
                raise

    async def _pull_from(self, address: Address) -> None:
        """Connect to the camera, and follow its redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            address = await self._connect(address)
        raise CameraError(
            SourceReason.NOT_FOUND, "The camera keeps redirecting the gateway from one address to another."
        )

    async def _connect(self, address: Address) -> Address:
        """Connect and follow the stream until it fails. If the camera redirects us, return the new address."""
        async with connected(
            address,
            self._watch,
            self._clock,
            self._carriage.carriers,
            self._trust,
            self._sound,
            self._resolver,
            self._turn,
        ) as client:
            self._client = client
            client.watch(self._watched)
            try:
                await self._follower.follow(client, partial(self._about, client, address))
            except Redirected as moved:
                return address.follow(moved.location, client.connected_to)
            except CameraError as error:
                if error.reason is SourceReason.CLOSED_BY_CAMERA and client.incoming.playing is None:
                    self._carriage.hung_up(client.refused)
                raise
            finally:
                self._client = None
                self._challenge = client.unanswered_challenge
                self._meter.end(client.incoming)
                if client.incoming.reception is not None:
                    self._watch.disconnected(self._clock.monotonic())

    def _about(self, client: RtspClient, address: Address) -> tuple[str, ...]:
        """Return notes for district IT about how the stream is reached."""
        return (
            *self._trust.notes(address.tls),
            *(notes.silent(client.incoming.playing) if self._sound is not None else ()),
            *notes.redirected(self._configured, address.place),
        )

    def _await_session(self, words: str) -> None:
        self._standing.happened(SourceEvent.WAITING, SourceReason.SESSION_LIMIT, words)

    def _lost(self, error: CameraError) -> None:
        self._standing.publish(replace(self._standing.status, fps=0.0, bitrate_bps=0.0, loss=0.0, notes=()))
        self._standing.happened(SourceEvent.LOST, error.reason, error.detail)
