"""Runs the transcodes of all cameras in a process. Their number is bounded, and a fault in one never affects
another."""

import asyncio
import functools
import logging
from collections.abc import Callable, Iterator, Mapping

from gateway.clock import Clock
from gateway.configuration.media_settings import TranscodingSettings
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.relay.camera_stream import CameraStream
from gateway.transcoding.coder import Limits
from gateway.transcoding.stream import TranscodedStream
from gateway.transcoding.transcoder import Transcoder

AFTER_A_BUG = 60.0

logger = logging.getLogger(__name__)


class Transcoding:
    """The transcodes of all cameras. ``on_state`` is called with a camera when the ``state`` of its transcode
    changes."""

    def __init__(
        self,
        streams: Mapping[tuple[CameraId, StreamName], CameraStream],
        settings: TranscodingSettings,
        clock: Clock,
        metrics: Metrics,
        on_state: Callable[[CameraId], None],
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._transcoders: dict[CameraId, Transcoder] = {}
        if not settings.at_once:
            return
        limits = Limits(settings.height, settings.fps, settings.bitrate)
        places = asyncio.Semaphore(settings.at_once)
        for (camera, name), stream in streams.items():
            if name is StreamName.MAIN:
                tell = functools.partial(on_state, camera)
                self._transcoders[camera] = Transcoder(stream, limits, places, clock, metrics, tell)

    def streams(self) -> Iterator[tuple[tuple[CameraId, StreamName], TranscodedStream]]:
        """Yield the streams that viewers can subscribe to. A subscription starts the transcode."""
        for camera, transcoder in self._transcoders.items():
            yield (camera, StreamName.TRANSCODED), transcoder.stream

    def state(self, camera: CameraId) -> str:
        """Return a description of the state of a camera's transcode, or an empty string if no transcode is needed
        now."""
        transcoder = self._transcoders.get(camera)
        return "" if transcoder is None else transcoder.state

    async def run(self) -> None:
        """Transcode streams that are watched, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for camera, transcoder in self._transcoders.items():
                group.create_task(self._keep(camera, transcoder), name=f"transcode {camera}")

    async def _keep(self, camera: CameraId, transcoder: Transcoder) -> None:
        while True:
            try:
                await transcoder.run()
            except Exception:
                logger.exception("%s: a bug in the gateway ended the transcode", camera)
                self._metrics.task_failures.labels("transcode").inc()
            await self._clock.sleep(AFTER_A_BUG)
