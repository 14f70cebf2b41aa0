"""Runs all media of some cameras in one process: pulls, relay streams, picture health and viewers' sessions."""

import asyncio
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from gateway.clock import Clock
from gateway.codecs.recovery import WholePicture
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings
from gateway.errors import ConfigurationError
from gateway.health.picture import PictureHealth, Still
from gateway.media.events import MediaEvents, StreamKey
from gateway.media.interface import Figure, Points, Sessions
from gateway.metrics import Metrics
from gateway.models import CameraId, CloseReason, SourceState, SourceStatus, StreamName
from gateway.process.resolver import Resolver
from gateway.relay.audio import AudioStream
from gateway.relay.camera_stream import CameraStream
from gateway.relay.stream import RelayStream
from gateway.sources.nvr import Nvr
from gateway.sources.rota import rota
from gateway.sources.rtsp.tls import Trust
from gateway.sources.source import Source
from gateway.sources.supervisor import SourceSupervisor
from gateway.transcoding.service import Transcoding
from gateway.webrtc.choice import Pulled, delivery, waits
from gateway.webrtc.interface import OpenedSession, OpenSession, PatchAnswer, PatchRequest, SessionEvent
from gateway.webrtc.opening import Sounds, Streams


class Plane(Sessions, Protocol):
    """The part of ``MediaPlane`` that this module needs."""

    async def start(self) -> None:
        """Open the media port. Raises OSError, ConfigurationError."""
        ...

    async def stop(self) -> None:
        """Close every session and the port."""
        ...

    def observe(self, callback: Callable[[SessionEvent], None]) -> None:
        """Call ``callback`` with everything that happens to every session."""
        ...


P = TypeVar("P", bound=Plane)


class MediaNode(Generic[P]):
    """Implements ``Media`` in this process. ``plane_of`` creates the plane: ``MediaPlane``, except in tests that send
    no packets."""

    def __init__(
        self,
        cameras: Iterable[CameraSettings],
        settings: MediaSettings,
        events: MediaEvents,
        clock: Clock,
        metrics: Metrics,
        plane_of: Callable[[MediaSettings, Streams, Clock, Metrics, Sounds], P],
    ) -> None:
        self.events = events
        self._clock = clock
        self._settings = settings
        self.streams: dict[StreamKey, RelayStream] = {}
        self.sounds: dict[CameraId, AudioStream] = {}
        self.pulls: dict[StreamKey, Source] = {}
        self.health = PictureHealth(clock, metrics, lambda camera, _since: events.picture.tell(camera))
        cameras = tuple(cameras)
        own: dict[StreamKey, CameraStream] = {}
        resolver = Resolver()
        recorders = nvrs(cameras, settings, clock)
        turn = rota()
        for camera in cameras:
            for key, stream in relay_streams(camera, clock, metrics):
                self.streams[key] = own[key] = stream
                nvr = None if camera.nvr is None else recorders[camera.nvr]
                sound = AudioStream(key[0], metrics) if camera.audio and key[1] is StreamName.MAIN else None
                if sound is not None:
                    self.sounds[key[0]] = sound
                self.pulls[key] = source_of(
                    camera, key, stream, nvr, sound, self._pulled, resolver, next(turn), clock, metrics
                )
                stream.watchers.changed.add(self.pulls[key].watch)
                stream.on_timeline(functools.partial(_told, events, key))
                stream.on_beginning(functools.partial(self._retell, key))
                if key[1] is StreamName.MAIN:
                    # Substreams are not checked: at so few bits, coding alone makes a still scene differ from picture
                    # to picture.
                    stream.on_whole(functools.partial(_feed, self.health, key[0], stream))
        self._transcoding = Transcoding(own, settings.transcoding, clock, metrics, self._transcoded)
        for key, transcoded in self._transcoding.streams():
            self.streams[key] = transcoded
            transcoded.on_timeline(functools.partial(_told, events, key))
        self.plane: P = plane_of(
            settings, lambda camera, name: self.streams.get((camera, name)), clock, metrics, self.sounds.get
        )
        self.plane.observe(events.session.tell)
        self._sources = SourceSupervisor(self.pulls.values(), clock, metrics)

    async def start(self) -> None:
        """Open the media port. The same task must call ``stop``. Raises ConfigurationError."""
        try:
            await self.plane.start()
        except OSError as error:
            where = f"{self._settings.host}:{self._settings.port}"
            raise ConfigurationError([f"media.port: {where} (UDP) cannot be used: {error.strerror}"]) from None

    async def run(self) -> None:
        """Pull cameras and check their pictures until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sources.run(), name="sources")
            group.create_task(self.health.run(), name="health")
            group.create_task(self._transcoding.run(), name="transcoding")

    async def stop(self) -> None:
        """Close every session, send the last packets and close the port. No more is read from cameras from here on."""
        self._sources.hush()
        await self.plane.stop()

    async def open(self, request: OpenSession) -> OpenedSession:
        """Answer an offer. Raises BadRequest, NotFound."""
        return await self.plane.open(request)

    async def renew(self, session_id: str, ends_at: float) -> bool:
        """Keep a session open until gateway time ``ends_at``. Return False if it has already ended."""
        return await self.plane.renew(session_id, ends_at)

    async def patch(self, session_id: str, request: PatchRequest) -> PatchAnswer:
        """Apply a viewer's ICE information. Raises NotFound, BadRequest, PreconditionFailed."""
        return await self.plane.patch(session_id, request)

    async def close(self, session_id: str, reason: CloseReason) -> bool:
        """End a session. Its last packet has been sent on return. Return False if it had already ended."""
        return await self.plane.close(session_id, reason)

    def streams_of(self, camera: CameraId) -> tuple[StreamName, ...]:
        """Return the names of a camera's streams that are pulled."""
        return tuple(name for name in StreamName if (camera, name) in self.pulls)

    def status(self, key: StreamKey) -> SourceStatus:
        """Return the status of a pull. Raises KeyError."""
        return self._complete(self.pulls[key].status())

    def _complete(self, status: SourceStatus) -> SourceStatus:
        """Add the age of the newest picture, what viewers of the camera get, and the state of its transcode."""
        camera = status.camera_id
        found = {name: self.streams[camera, name] for name in StreamName if (camera, name) in self.streams}
        words = delivery({name: Pulled(stream.codec, stream.passes, stream.begins) for name, stream in found.items()})
        sound = self.sounds.get(camera)
        heard = f"Its sound ({sound.codec}) is relayed." if sound is not None and sound.codec else ""
        status = replace(status, delivery=" ".join(filter(None, (words, self._transcoding.state(camera), heard))))
        stream = found[status.stream]
        notes = *status.notes, *waits(stream.history, begins=stream.begins)
        if status.stream is StreamName.MAIN and status.state is SourceState.UP:
            notes = *notes, *self.health.notes(camera, self._clock.now() - status.since)
        status = replace(status, notes=notes)
        point = stream.timeline()
        if point is None:
            return status
        age = max(0.0, self._clock.monotonic() - point.capture)
        return replace(status, age=age, age_uncertainty=point.uncertainty if point.trusted else None)

    def _pulled(self, status: SourceStatus) -> None:
        self.events.status.tell(self._complete(status))

    def _retell(self, key: StreamKey, _: None) -> None:
        self.events.status.tell(self.status(key))

    def _transcoded(self, camera: CameraId) -> None:
        self.events.status.tell(self.status((camera, StreamName.MAIN)))

    def points(self, key: StreamKey) -> Points:
        """Return the current map between a stream's RTP time and capture time."""
        stream = self.streams.get(key)
        return Points() if stream is None else Points(stream.start_timeline(), stream.timeline())

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Return the gateway time since which the picture's content has not changed, or None."""
        return self.health.unchanged_since(camera)

    async def still(self, camera: CameraId) -> Still | None:
        """Return the newest checked picture."""
        return await self.health.still(camera)

    async def figures(self) -> tuple[Figure, ...]:
        """Return nothing: everything is counted in this process."""
        return ()


def relay_streams(camera: CameraSettings, clock: Clock, metrics: Metrics) -> Iterator[tuple[StreamKey, CameraStream]]:
    """Yield a relay stream for each stream of a camera."""
    for name in [StreamName.MAIN, StreamName.SUB] if camera.sub else [StreamName.MAIN]:
        key = (CameraId(camera.id), name)
        yield key, CameraStream(*key, clock, metrics, camera.clock == "trusted", camera.b_frames == "report")


def source_of(
    camera: CameraSettings,
    key: StreamKey,
    stream: CameraStream,
    nvr: Nvr | None,
    sound: AudioStream | None,
    on_status: Callable[[SourceStatus], None],
    resolver: Resolver,
    turn: float,
    clock: Clock,
    metrics: Metrics,
) -> Source:
    """Return the pull that feeds a relay stream."""
    reached = camera.sub if key[1] is StreamName.SUB and camera.sub is not None else camera.main
    password = camera.password.get_secret_value() if camera.password else None
    return Source(
        *key,
        reached.url,
        camera.username,
        password,
        stream,
        clock,
        metrics,
        on_status,
        transport=camera.transport,
        trust=Trust(camera.tls_fingerprint, camera.tls_legacy),
        nvr=nvr,
        sound=sound,
        redirects=camera.redirects,
        resolver=resolver,
        turn=turn,
    )


def nvrs(cameras: Iterable[CameraSettings], settings: MediaSettings, clock: Clock) -> dict[str, Nvr]:
    """Return the recorders that serve any of the cameras, by name."""
    served = Counter(camera.nvr for camera in cameras if camera.nvr is not None)
    return {name: Nvr(name, settings.nvrs.get(name), count, clock) for name, count in served.items()}


def _told(events: MediaEvents, key: StreamKey, _point: object) -> None:
    events.timeline.tell(key)


def _feed(health: PictureHealth, camera: CameraId, stream: RelayStream, whole: WholePicture) -> None:
    """Give a picture to picture health, with the best known capture time."""
    point = stream.timeline()
    health.feed(camera, whole.unit, whole.unit.arrival if point is None else point.capture, whole.before)
