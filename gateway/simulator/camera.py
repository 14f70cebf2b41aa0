"""Simulates one camera: its clock, its faults, its watchers, and the pace at which it captures."""

import asyncio
from concurrent.futures import Executor
from math import ceil, floor
from typing import Protocol

from gateway.clock import Clock
from gateway.models import CAMERA_STREAMS, StreamName
from gateway.simulator.faults import Faults
from gateway.simulator.pictures.drawing import View
from gateway.simulator.pictures.encoder import CodedPicture, EncoderSettings, parameter_sets
from gateway.simulator.pictures.renderer import MAIN_FPS, LivePictures, LoopPictures, Pictures, encoder_settings


class Watcher(Protocol):
    """A client that plays one stream. Its methods are synchronous and cheap."""

    def picture(self, picture: CodedPicture) -> None:
        """Receive a picture that the camera sends."""
        ...

    def faults_changed(self) -> None:
        """Note that the camera's faults have changed."""
        ...


class Camera:
    """A camera that captures while somebody is watching. ``run`` is its only task; everything else is called on the
    same loop.

    ``loop`` cameras serve a few seconds that were encoded once. ``sets`` are the parameter sets of each stream.
    """

    def __init__(self, camera_id: str, view: View, *, loop: bool, gop: float, clock: Clock, workers: Executor) -> None:
        self.id = camera_id
        self.view = view
        self.loop = loop
        self.faults = Faults()
        self.sets: dict[StreamName, tuple[bytes, bytes]] = {}
        self._gop = gop
        self._clock = clock
        self._workers = workers
        self._since = clock.now()
        self._frozen_at: float | None = None
        self._watchers: dict[StreamName, set[Watcher]] = {stream: set() for stream in CAMERA_STREAMS}
        self._newcomers: set[StreamName] = set()
        self._watched = asyncio.Event()
        self._pictures: Pictures | None = None

    def now(self) -> float:
        """Return the time on the camera's own clock in seconds since 1970. Some faults make it wrong.

        Like a camera on a wall, it does not change when the machine's clock is set.
        """
        return self._clock.now() + self.faults.clock_offset

    def capture_time(self) -> float:
        """Return the true capture time of the picture that leaves now."""
        return self.faults.capture_time(self._clock.now(), self._since)

    def settings(self, stream: StreamName) -> EncoderSettings:
        """Return how the stream is encoded now."""
        return encoder_settings(stream, self._gop, self.faults)

    def watchers(self, stream: StreamName) -> int:
        """Return how many clients play the stream."""
        return len(self._watchers[stream])

    def watch(self, stream: StreamName, watcher: Watcher) -> None:
        """Deliver the stream's pictures to ``watcher`` from now on. A live camera sends a keyframe at once."""
        self._watchers[stream].add(watcher)
        self._newcomers.add(stream)
        self._watched.set()

    def unwatch(self, stream: StreamName, watcher: Watcher) -> None:
        """Stop delivering to ``watcher``. Do nothing if it is not watching."""
        self._watchers[stream].discard(watcher)
        if not any(self._watchers.values()):
            self._watched.clear()

    async def apply(self, faults: Faults) -> None:
        """Replace the current faults with ``faults``. Call it once, without faults, before anybody asks for a
        description.

        Raises ValueError if the camera cannot have these faults.
        """
        if self.loop and (names := faults.need_live_encoder()):
            raise ValueError(f"a camera that serves a loop cannot have: {', '.join(names)}")
        run = asyncio.get_running_loop().run_in_executor
        coded = {stream: encoder_settings(stream, self._gop, faults) for stream in CAMERA_STREAMS}
        self.sets = {stream: await run(self._workers, parameter_sets, coded[stream]) for stream in CAMERA_STREAMS}
        if not faults.freeze:
            self._frozen_at = None
        elif self._frozen_at is None:
            self._frozen_at = self.capture_time()
        before, self.faults, self._since = self.faults, faults, self._clock.now()
        if faults.of_the_picture() != before.of_the_picture():
            self._pictures = None
        elif isinstance(self._pictures, LivePictures):
            self._pictures.frozen_at = self._frozen_at
        for watcher in [watcher for watchers in self._watchers.values() for watcher in watchers]:
            watcher.faults_changed()

    async def run(self) -> None:
        """Capture forever: one picture per 1/15 s of capture time while there are watchers."""
        run = asyncio.get_running_loop().run_in_executor
        tick = 0
        while True:
            if not self._watched.is_set():
                self._rewind()
                await self._watched.wait()
                tick = ceil(self.capture_time() * MAIN_FPS)
            ahead = tick / MAIN_FPS - self.capture_time()
            if abs(ahead) > 2 / MAIN_FPS:  # the delay changed suddenly, or the machine was too slow
                if ahead > 0:
                    self._rewind()
                tick = floor(self.capture_time() * MAIN_FPS)
            elif ahead > 0:
                await self._clock.sleep(ahead)
                continue
            if (pictures := self._pictures) is None:
                pictures = self._pictures = self._new_pictures()
            wanted = {stream: stream in self._newcomers for stream in CAMERA_STREAMS if self._watchers[stream]}
            self._newcomers.clear()
            for stream, picture in await run(self._workers, pictures.produce, tick, wanted):
                for watcher in tuple(self._watchers[stream]):
                    watcher.picture(picture)
            tick += 1

    def _rewind(self) -> None:
        """Drop a live encoder, whose time can only run forward without long pauses. A loop has no such memory."""
        if not self.loop:
            self._pictures = None

    def _new_pictures(self) -> Pictures:
        settings = {stream: self.settings(stream) for stream in CAMERA_STREAMS}
        if self.loop:
            return LoopPictures(self.view, settings)
        return LivePictures(self.view, settings, self._frozen_at, self.faults.clock_offset, self.faults.noise)
