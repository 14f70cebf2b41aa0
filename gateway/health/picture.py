"""A look at one keyframe of each camera now and then: has the content changed, and a still for those who may see one.

Decoding runs in one worker thread, one picture at a time, and never delays the relay: a camera has at most one picture
waiting, the newest, and is looked at no more often than every ``interval`` seconds. A picture that cannot be decoded
is counted, and the next one is looked at as if nothing had been.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import av
import cv2
import numpy as np

from gateway.clock import Clock
from gateway.codecs.access_unit import AccessUnit
from gateway.codecs.decoding import decoder_of, packet_of
from gateway.codecs.names import H264, H265
from gateway.health.likeness import SHAPE, Cells, Unchanged
from gateway.metrics import Metrics
from gateway.models import CameraId

logger = logging.getLogger(__name__)

INTERVAL = 1.5
"""Less than the usual two seconds between keyframes, or else one that comes a little early would not be looked at."""
STILL_WIDTH = 640
JPEG_QUALITY = 75
MAX_PIXELS = 4096 * 2304
MAX_PICTURES = 2  # of one access unit: the two fields of a frame


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG of at most ``STILL_WIDTH`` pixels' width, captured at ``captured_at`` (steady seconds since 1970)."""

    jpeg: bytes
    captured_at: float


class PictureHealth:
    """Told keyframes, tells what they show. ``on_change(camera_id, unchanged_since | None)`` is called on the loop."""

    def __init__(
        self,
        clock: Clock,
        metrics: Metrics,
        on_change: Callable[[CameraId, float | None], None],
        interval: float = INTERVAL,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._on_change = on_change
        self._interval = interval
        self._waiting: dict[CameraId, tuple[AccessUnit, float]] = {}
        self._work = asyncio.Event()
        self._taken: dict[CameraId, float] = {}
        self._unchanged: dict[CameraId, Unchanged] = {}
        self._stills: dict[CameraId, Still] = {}

    def feed(self, camera_id: CameraId, unit: AccessUnit, captured: float) -> None:
        """Offer a keyframe that was captured at ``captured`` (gateway time). Cheap; most are not looked at."""
        if unit.arrival - self._taken.get(camera_id, float("-inf")) < self._interval:
            return
        if camera_id in self._waiting:
            self._metrics.dropped.labels("picture_health").inc()
        self._waiting[camera_id] = (unit, captured)
        self._work.set()

    def unchanged_since(self, camera_id: CameraId) -> float | None:
        """Gateway time since which the content is the same; None where it changes, or is not known."""
        unchanged = self._unchanged.get(camera_id)
        return None if unchanged is None else unchanged.since

    def still(self, camera_id: CameraId) -> Still | None:
        """Return the newest picture that was looked at."""
        return self._stills.get(camera_id)

    async def run(self) -> None:
        """Look at what is offered, until cancelled."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="picture-health") as worker:
            while True:
                await self._work.wait()
                camera_id = next(iter(self._waiting))
                unit, captured = self._waiting.pop(camera_id)
                if not self._waiting:
                    self._work.clear()
                self._taken[camera_id] = unit.arrival
                try:
                    cells, jpeg = await loop.run_in_executor(worker, look, unit)
                    self._learn(camera_id, cells, jpeg, captured)
                except (av.FFmpegError, cv2.error, ValueError) as error:
                    self._metrics.malformed.labels(unit.codec.lower()).inc()
                    logger.debug("%s: a keyframe cannot be decoded: %s", camera_id, error)
                except Exception:
                    self._metrics.task_failures.labels("picture_health").inc()
                    logger.exception("%s: looking at a keyframe failed", camera_id)

    def _learn(self, camera_id: CameraId, cells: Cells, jpeg: bytes, captured: float) -> None:
        age = self._clock.monotonic() - captured
        self._stills[camera_id] = Still(jpeg, self._clock.now() - age)
        unchanged = self._unchanged.setdefault(camera_id, Unchanged())
        before = unchanged.since
        unchanged.feed(cells, captured)
        self._metrics.source_unchanged_seconds.labels(camera_id).set(unchanged.seconds)
        if unchanged.since != before:
            self._on_change(camera_id, unchanged.since)


def look(unit: AccessUnit) -> tuple[Cells, bytes]:
    """Decode one keyframe with a decoder of its own: small grey copy, and JPEG.

    Raises ``av.FFmpegError`` or ``ValueError`` where there is no picture in it.
    """
    decoder = decoder_of(unit.codec, MAX_PIXELS)
    packet = packet_of(unit.codec, _first_pictures(unit))
    frames = [*decoder.decode(packet), *decoder.decode(None)]
    if not frames:
        raise ValueError("no picture in the keyframe")
    frame = frames[0]
    grey = frame.to_ndarray(format="gray")
    cells = cv2.resize(grey, (SHAPE[1], SHAPE[0]), interpolation=cv2.INTER_AREA)
    width = min(frame.width, STILL_WIDTH)
    height = max(1, round(frame.height * width / frame.width))
    _, jpeg = cv2.imencode(
        ".jpg",
        frame.to_ndarray(format="bgr24", width=width, height=height),
        [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY],
    )
    return np.asarray(cells, dtype=np.uint8), jpeg.tobytes()


def _first_pictures(unit: AccessUnit) -> Iterator[bytes]:
    """Yield the NAL units of the first ``MAX_PICTURES``. A camera may pack hundreds into one access unit, small to send
    and slow to decode, while the other cameras would wait for their turn."""
    begun = 0
    for nal in unit.nals:
        begun += _begins_picture(unit.codec, nal)
        if begun > MAX_PICTURES:
            return
        yield nal


def _begins_picture(codec: str, nal: bytes) -> bool:
    """Return True if a NAL unit is a picture's first slice: a single bit says so (ITU-T H.264 7.3.3,
    ``first_mb_in_slice`` of 0; H.265 7.3.6.1, ``first_slice_segment_in_pic_flag``)."""
    if codec == H264:
        return nal[0] & 0x1F in (1, 5) and nal[1:2] >= b"\x80"
    return codec == H265 and nal[0] >> 1 & 0x3F < 32 and nal[2:3] >= b"\x80"
