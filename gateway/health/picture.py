"""Checks a keyframe of each camera every few seconds, to see whether the content has changed, and makes still pictures.

Pictures are decoded in one worker thread, one at a time, which never delays the relay. Only the newest picture of each
camera waits. Cameras are checked more often only while their pictures may have stopped changing. A picture that cannot
be decoded is counted, and the next one is checked as usual. A still is made when somebody asks for it, in a few
separate threads, so that a picture that takes long to decode does not delay another camera's still.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import av
import cv2

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit
from gateway.health.decoded_keyframe import cells_of, jpeg_of
from gateway.health.likeness import Cells, Unchanged
from gateway.metrics import Metrics
from gateway.models import CameraId

logger = logging.getLogger(__name__)

UNCHECKED_AFTER = 60.0
"""Seconds without a check after which district IT is told. Longer than nearly all groups of pictures."""
NOT_CHECKED = (
    "The picture is not checked: nobody would be told if it froze. For more than a minute, no picture could be decoded "
    "by itself. Set the camera to one keyframe every two seconds."
)
STILLS_AT_ONCE = 4
"""The number of stills that are made at a time, each of a different camera."""
INTERVAL = 3.5
"""Seconds between checks. This is slightly less than two groups of pictures of the usual length (two seconds), so that
a keyframe that is slightly early is not missed.
"""
DOUBTFUL_INTERVAL = 1.5
"""Seconds between checks while a picture is the same as before, but not yet for long enough to report it."""


@dataclass(frozen=True, slots=True)
class Still:
    """Holds a picture as JPEG. ``captured_at`` is in steady seconds since 1970."""

    jpeg: bytes
    captured_at: float


_Offered = tuple[AccessUnit, float, tuple[AccessUnit, ...]]
"""A picture, its capture time, and the pictures that must be decoded before it."""

_UNDECODABLE = (av.FFmpegError, cv2.error, ValueError)


class PictureHealth:
    """Receives keyframes and reports changes: it calls ``on_change(camera_id, unchanged_since | None)`` on the loop."""

    def __init__(
        self,
        clock: Clock,
        metrics: Metrics,
        on_change: Callable[[CameraId, float | None], None],
    ) -> None:
        self.looks = 0
        """The number of keyframes checked so far."""
        self._clock = clock
        self._metrics = metrics
        self._on_change = on_change
        self._waiting: dict[CameraId, _Offered] = {}
        self._work = asyncio.Event()
        self._taken: dict[CameraId, float] = {}
        self._unchanged: dict[CameraId, Unchanged] = {}
        self._newest: dict[CameraId, _Offered] = {}
        self._checked: dict[CameraId, float] = {}
        self._stills: dict[CameraId, tuple[AccessUnit, Still]] = {}
        self._making: dict[CameraId, asyncio.Lock] = {}
        self._makers = ThreadPoolExecutor(STILLS_AT_ONCE, thread_name_prefix="still")

    def feed(self, camera_id: CameraId, unit: AccessUnit, captured: float, before: tuple[AccessUnit, ...] = ()) -> bool:
        """Offer a keyframe that was captured at ``captured`` (gateway time). ``before`` is as in ``WholePicture``.

        Return True if it will be checked. Most are not.
        """
        self._newest[camera_id] = (unit, captured, before)
        unchanged = self._unchanged.get(camera_id)
        interval = DOUBTFUL_INTERVAL if unchanged is not None and unchanged.doubtful else INTERVAL
        if unit.arrival - self._taken.get(camera_id, float("-inf")) < interval:
            return False
        if camera_id in self._waiting:
            self._metrics.dropped.labels("picture_health").inc()
        self._waiting[camera_id] = (unit, captured, before)
        self._work.set()
        return True

    def unchanged_since(self, camera_id: CameraId) -> float | None:
        """Return the gateway time since which the content is the same, or None if it changes or is not known."""
        unchanged = self._unchanged.get(camera_id)
        return None if unchanged is None else unchanged.since

    def notes(self, camera_id: CameraId, playing_for: float) -> tuple[str, ...]:
        """Return a note for district IT if the camera has been playing for ``playing_for`` seconds without a check."""
        checked = self._clock.monotonic() - self._checked.get(camera_id, float("-inf"))
        return (NOT_CHECKED,) if min(checked, playing_for) > UNCHECKED_AFTER else ()

    async def still(self, camera_id: CameraId) -> Still | None:
        """Return the newest keyframe as a picture, or None if there is none or it cannot be decoded."""
        if camera_id not in self._newest:
            return None
        # Everybody who asks at the same time gets the same picture, and nobody waits for another camera's.
        async with self._making.setdefault(camera_id, asyncio.Lock()):
            unit, captured, before = self._newest[camera_id]
            made, still = self._stills.get(camera_id, (None, None))
            if made is unit:
                return still
            captured_at = self._clock.now() - (self._clock.monotonic() - captured)
            try:
                jpeg = await asyncio.get_running_loop().run_in_executor(self._makers, jpeg_of, unit, before)
                still = Still(jpeg, captured_at)
            except _UNDECODABLE as error:
                self._undecodable(camera_id, unit, error)
                return None
            self._stills[camera_id] = unit, still
            return still

    async def run(self) -> None:
        """Check the keyframes that were offered, until cancelled."""
        loop = asyncio.get_running_loop()
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="picture-health")
        try:
            while True:
                await self._work.wait()
                camera_id = next(iter(self._waiting))
                unit, captured, before = self._waiting.pop(camera_id)
                if not self._waiting:
                    self._work.clear()
                self._taken[camera_id] = unit.arrival
                try:
                    self._learn(camera_id, await loop.run_in_executor(worker, cells_of, unit, before), captured)
                except _UNDECODABLE as error:
                    self._undecodable(camera_id, unit, error)
                except Exception:
                    self._metrics.task_failures.labels("picture_health").inc()
                    logger.exception("%s: checking a keyframe failed", camera_id)
                self.looks += 1
        finally:
            # Do not wait: the loop would stand still until a picture is decoded.
            worker.shutdown(wait=False, cancel_futures=True)

    def _learn(self, camera_id: CameraId, cells: Cells, captured: float) -> None:
        unchanged = self._unchanged.setdefault(camera_id, Unchanged())
        before = unchanged.since
        self._checked[camera_id] = self._clock.monotonic()
        unchanged.feed(cells, captured)
        self._metrics.source_unchanged_seconds.labels(camera_id).set(unchanged.seconds)
        if unchanged.since != before:
            self._on_change(camera_id, unchanged.since)

    def _undecodable(self, camera_id: CameraId, unit: AccessUnit, error: Exception) -> None:
        self._metrics.malformed.labels(unit.codec.lower()).inc()
        logger.debug("%s: a keyframe cannot be decoded: %s", camera_id, error)
