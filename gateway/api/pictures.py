"""Collects what pages need to know about every camera's picture: connection, clock, content and still."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.api.ages import age_state
from gateway.clock import Clock
from gateway.configuration.age_settings import AgeSettings
from gateway.health.picture import Still
from gateway.media.events import StreamKey
from gateway.media.interface import Media, Points
from gateway.models import Camera, CameraId
from gateway.sources.state import advice


@dataclass(frozen=True, slots=True)
class Pictures:
    """Gives the API a read-only view of the media."""

    media: Media
    clock: Clock
    limits: AgeSettings

    def points(self, key: StreamKey) -> Points:
        """Return how RTP time maps to capture time, at a new viewer's first picture and at the newest picture."""
        return self.media.points(key)

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Return the gateway time since which the picture's content has not changed, or None."""
        return self.media.unchanged_since(camera)

    async def still(self, camera: CameraId) -> Still | None:
        """Return the latest still picture, or None. Raises Unavailable."""
        return await self.media.still(camera)

    def on_discontinuity(self, callback: Callable[[StreamKey], None]) -> Callable[[], None]:
        """Call ``callback`` whenever a stream's time map becomes invalid, until the returned function is called."""
        return self.media.events.timeline.add(callback)

    def age_states(self, camera: CameraId) -> tuple[str, ...]:
        """Return the ``age_state`` of each stream of a camera."""
        names = self.media.streams_of(camera)
        return tuple(age_state(self.media.status((camera, name)), self.limits) for name in names)

    def status(self, camera: Camera, viewers: int) -> dict[str, Any]:
        """Return a camera's ``CameraStatus`` of docs/protocol.md."""
        since = self.unchanged_since(camera.id)
        return {
            "id": camera.id,
            "name": camera.name,
            "site": camera.site_id,
            "streams": {name.value: self._source((camera.id, name)) for name in self.media.streams_of(camera.id)},
            "unchanged_since_at": None if since is None else since - self.clock.monotonic() + self.clock.now(),
            "viewers": viewers,
        }

    def _source(self, key: StreamKey) -> dict[str, Any]:
        status = self.media.status(key)
        point = self.points(key).newest
        return {
            "state": status.state,
            "reason": status.reason,
            "detail": status.detail,
            "advice": advice(status.reason),
            "since_at": status.since,
            "fps": round(status.fps, 1),
            "bitrate_bps": round(status.bitrate_bps),
            "loss": round(status.loss, 4),
            "reconnects": status.reconnects,
            "transport": status.transport,
            "codec": status.codec,
            "width": status.width,
            "height": status.height,
            "clock": "trusted" if point is not None and point.trusted else "untrusted",
            "clock_reason": point.reason if point is not None else "no picture yet",
            "notes": list(status.notes),
            "delivery": status.delivery,
            "age": None if status.age is None else round(status.age, 2),
            "age_state": age_state(status, self.limits),
        }
