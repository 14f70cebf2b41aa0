"""What is known of each camera's picture, gathered for the pages: pull state, clock, content, still."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.clock import Clock
from gateway.models import Camera, CameraId, SourceStatus, StreamName, TimelinePoint
from gateway.relay.stream import RelayStream
from gateway.sources.health import PictureHealth, Still
from gateway.sources.state import advice

StreamKey = tuple[CameraId, StreamName]


@dataclass(frozen=True, slots=True)
class Pictures:
    """Read-only view over relay streams, pulls and picture health."""

    streams: Mapping[StreamKey, RelayStream]
    statuses: Callable[[StreamKey], SourceStatus]
    health: PictureHealth
    clock: Clock

    def stream(self, camera: CameraId, name: StreamName) -> RelayStream | None:
        """The relay stream, or None where the camera has no such one."""
        return self.streams.get((camera, name))

    def point(self, key: StreamKey) -> TimelinePoint | None:
        """The newest map from RTP time to capture time."""
        stream = self.streams.get(key)
        return stream.timeline() if stream else None

    def unchanged_since(self, camera: CameraId) -> float | None:
        """Gateway time since when the picture's content has not changed, or None."""
        return self.health.unchanged_since(camera)

    def still(self, camera: CameraId) -> Still | None:
        """The latest still picture."""
        return self.health.still(camera)

    def on_discontinuity(self, callback: Callable[[CameraId, StreamName], None]) -> Callable[[], None]:
        """Hear at once when the map of any stream changes its meaning. Returns what ends it."""
        ends = [stream.on_timeline(functools.partial(_told, callback, key)) for key, stream in self.streams.items()]

        def stop() -> None:
            for end in ends:
                end()

        return stop

    def status(self, camera: Camera, viewers: int) -> dict[str, Any]:
        """``CameraStatus`` of docs/protocol.md."""
        since = self.unchanged_since(camera.id)
        return {
            "id": camera.id,
            "name": camera.name,
            "site": camera.site_id,
            "streams": {
                name.value: self._source((camera.id, name)) for name in StreamName if (camera.id, name) in self.streams
            },
            "unchanged_since_at": None if since is None else since - self.clock.monotonic() + self.clock.now(),
            "viewers": viewers,
        }

    def _source(self, key: StreamKey) -> dict[str, Any]:
        status = self.statuses(key)
        point = self.point(key)
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
            "codec": status.codec,
            "width": status.width,
            "height": status.height,
            "clock": "trusted" if point is not None and point.trusted else "untrusted",
            "clock_reason": point.reason if point is not None else "no picture yet",
            "notes": list(status.notes),
        }


def _told(callback: Callable[[CameraId, StreamName], None], key: StreamKey, _point: TimelinePoint) -> None:
    callback(*key)
