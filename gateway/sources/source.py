"""Pulls one camera stream, again whenever it ends, and reports its status as it changes."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import SystemRandom
from typing import NoReturn

from gateway.clock import Clock
from gateway.codecs import unused
from gateway.errors import CameraError
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName
from gateway.resolver import Resolver
from gateway.sources.backoff import backoff
from gateway.sources.carriage import Carriage
from gateway.sources.media import SourceSink
from gateway.sources.nvr import Nvr
from gateway.sources.observing import notes
from gateway.sources.observing.lateness import PATIENCE, PATIENCE_WITH_CAMERA, Drops
from gateway.sources.observing.meter import Meter
from gateway.sources.observing.watch import Watch
from gateway.sources.receiving.reception import Reception
from gateway.sources.receiving.sound import SoundSink
from gateway.sources.rtsp.client import RtspClient
from gateway.sources.rtsp.connecting import connected
from gateway.sources.rtsp.protocol.address import Address, Place, Redirected, parse_address, parse_place
from gateway.sources.rtsp.protocol.auth import Challenge
from gateway.sources.rtsp.protocol.requests import ANSWER_TIMEOUT
from gateway.sources.rtsp.protocol.transport import Carrier
from gateway.sources.rtsp.tls import Trust
from gateway.sources.standing import Standing
from gateway.sources.state import SourceEvent

STALLED_AFTER = 3.0
ASKED_AFTER = 2.0
"""Seconds without a packet after which the camera is sent a query. If it answers, the camera itself has stopped, and
not the network."""
STOPPED_AFTER = 10.0
UNUSABLE_AFTER = 60.0
"""Seconds of unusable pictures before a new connection is tried. This is longer than a group of pictures."""
STABLE_AFTER = 30.0
LONG_DELAY = 60.0
MEASURE_INTERVAL = 1.0
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
        self._redirects = tuple(map(parse_place, redirects))
        self._configured: Place | None = None
        self._resolver = resolver or Resolver()
        self._turn = turn
        self._drops = Drops()
        self._uniform = uniform or SystemRandom().uniform
        self._meter = Meter(metrics, camera_id, stream)
        status = SourceStatus(camera_id, stream, SourceState.CONNECTING, SourceReason.NONE, "Connecting.", clock.now())
        self._standing = Standing(self.name, status, clock, on_status, self._meter.state)

    def status(self) -> SourceStatus:
        """Return the stream's current status."""
        return self._standing.status

    def watch(self, watched: bool) -> None:
        """Pass on each packet as it arrives while somebody is watching. See ``Pace.watch``."""
        self._watched = watched
        if self._client is not None:
            self._client.watch(watched)

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
        if error.reason is SourceReason.CLOSED_BY_CAMERA and self._challenge is not None:
            return 0.0  # some cameras hang up after a challenge, and accept the answer on the next connection
        return self._uniform(0.9 * LONG_DELAY, LONG_DELAY) if error.reason in SLOW_REASONS else next(delays)

    async def _attempt(self) -> CameraError:
        """Run one connection to its end, and return why it ended. A bug ends this connection only."""
        try:
            await self._pull()
        except CameraError as error:
            return error
        except Exception:
            logger.exception("%s: the pull ended by a fault of the gateway", self.name)
            self._metrics.task_failures.labels("source").inc()
        return CameraError(SourceReason.INTERNAL, "The gateway failed to handle what this camera sent.")

    async def _pull(self) -> None:
        """Wait for a session of the NVR, if the camera is behind one, then connect. Never returns."""
        address = parse_address(self._url, self._username, self._password, self._redirects)
        self._configured = address.place
        address, self._challenge = replace(address, challenge=self._challenge), None
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
        raise CameraError(SourceReason.NOT_FOUND, "The camera sends us from one address to the next.")

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
                await self._follow(client, address)
            except Redirected as moved:
                return address.follow(moved.location, client.connected_to)
            finally:
                self._client = None
                self._challenge = client.unanswered_challenge
                self._meter.end(client)
                if client.reception is not None:
                    self._watch.disconnected(self._clock.monotonic())

    async def _follow(self, client: RtspClient, address: Address) -> NoReturn:
        """Set the state by the time since the last picture was passed on, and update rates and notes once a second."""
        last = heard = measured = self._clock.monotonic()
        self._carriage.begin()
        self._meter.begin(last)
        passed = received = 0
        while True:
            await client.step()
            now = self._clock.monotonic()
            reception = client.reception
            if reception is None:
                last = heard = now
            elif reception.passed > passed:
                passed, received, last, heard = reception.passed, reception.received, now, now
                if self._standing.status.state is not SourceState.UP:
                    self._describe(client, address, now)
                self._standing.happened(SourceEvent.PICTURE, SourceReason.NONE, "")
            else:
                if reception.received > received:
                    received, heard = reception.received, now
                self._without_picture(client, reception, now - last, now - heard)
            if now - measured >= MEASURE_INTERVAL:
                measured = now
                self._describe(client, address, now)

    def _without_picture(self, client: RtspClient, reception: Reception, waited: float, quiet: float) -> None:
        """Say why no picture was passed on for ``waited`` seconds (no packet for ``quiet`` of them), or give up."""
        answered = self._answers(client, quiet)
        if waited < STALLED_AFTER:
            return
        if quiet < STALLED_AFTER:
            words = unused.in_words(reception.unused)
            if waited >= UNUSABLE_AFTER:
                raise CameraError(SourceReason.UNUSABLE, words)
            self._standing.happened(SourceEvent.UNUSED, SourceReason.UNUSABLE, words)
            return
        if client.carrier is Carrier.UDP and not reception.received:
            raise self._carriage.nothing_arrived()
        reason, words = SourceReason.STREAM_STOPPED, "The camera is connected but has stopped sending pictures."
        if not answered:
            reason, words = SourceReason.TIMED_OUT, "Nothing comes from the camera any more, nor does it answer."
        if quiet >= STOPPED_AFTER:
            raise CameraError(reason, words)
        self._standing.happened(SourceEvent.SILENCE, reason, words)

    def _answers(self, client: RtspClient, quiet: float) -> bool:
        """Return True if the camera has answered since its last packet, ``quiet`` seconds ago. Query it once that is
        long. If it does not answer, the cause may be the network instead of the camera."""
        if quiet < ASKED_AFTER or client.reception is None:
            return False
        now = self._clock.monotonic()
        if client.answer_time(now - quiet, now, 0.0) is None:
            client.ask(now)
        answer = client.answer_time(now - quiet, now, float("inf"))
        return answer is not None and answer < ANSWER_TIMEOUT

    def _drop_to_live(self, client: RtspClient, now: float) -> tuple[str, ...]:
        """If the stream has fallen behind, end the connection if a new one should be live, otherwise say where the
        delay is. To find out, query the camera and wait for its answer."""
        lateness = self._watch.lateness
        since = lateness.late_since
        if since is None or now - since < PATIENCE:
            return ()
        answer = client.answer_time(since, now, lateness.slow_answer)
        client.ask(now)
        if answer is None:
            return ()
        in_connection = lateness.in_connection(answer)
        patient = in_connection or now - since >= PATIENCE_WITH_CAMERA
        if patient and self._drops.allowed(now, in_connection):
            self._drops.dropped(now)
            self._meter.dropped_to_live()
            words = f"The pictures had fallen {lateness.behind:.0f} s behind: connecting again, to be live."
            raise CameraError(SourceReason.FELL_BEHIND, words)
        return (notes.LATE[in_connection],)

    def _describe(self, client: RtspClient, address: Address, now: float) -> None:
        """Update the rates, and the description of the stream's pictures."""
        rates = self._meter.measure(client, self._watch, now)
        status = replace(self._standing.status, fps=rates.fps, bitrate_bps=rates.bitrate_bps, loss=rates.loss)
        if client.reception is not None:
            picture = client.reception.picture
            width, height = (picture.width, picture.height) if picture else (0, 0)
            status = replace(
                status,
                codec=client.reception.codec,
                width=width,
                height=height,
                transport=client.carrier,
                notes=(
                    *client.reception.notes(),
                    *self._trust.notes(address.tls),
                    *(notes.silent(client.playing) if self._sound is not None else ()),
                    *notes.redirected(self._configured, address.place),
                    *self._carriage.notes(client.carrier, client.refused, client.reception, now),
                    *notes.unreported(self._watch.unreported(now)),
                    *self._watch.camera_clock.notes(now),
                    *self._drop_to_live(client, now),
                ),
            )
        self._standing.publish(status)

    def _await_session(self, words: str) -> None:
        self._standing.happened(SourceEvent.WAITING, SourceReason.SESSION_LIMIT, words)

    def _lost(self, error: CameraError) -> None:
        self._standing.publish(replace(self._standing.status, fps=0.0, bitrate_bps=0.0, loss=0.0, notes=()))
        self._standing.happened(SourceEvent.LOST, error.reason, error.detail)
