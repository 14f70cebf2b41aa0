"""Cameras of the simulated school, pulled by a supervisor."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.metrics import Metrics
from gateway.models import CameraId, SourceState, SourceStatus, StreamName
from gateway.sources.nvr import Nvr
from gateway.sources.receiving.sound import SoundSink
from gateway.sources.rtsp.tls import Trust
from gateway.sources.source import Source
from gateway.sources.supervisor import SourceSupervisor
from tests.fakes import FakeClock
from tests.sources.recording import RecordingSink
from tests.sources.scripted import ScriptedCamera

PASSWORD = "correct horse"


class Bench:
    """One source against one camera, on a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.metrics = Metrics()
        self.sink = RecordingSink()
        self.statuses: list[SourceStatus] = []
        self.sources: list[Source] = []
        self._task: asyncio.Task[None] | None = None

    def source(
        self,
        url: str,
        password: str | None = None,
        *,
        sink: RecordingSink | None = None,
        nvr: Nvr | None = None,
        transport: str = "auto",
        redirects: Sequence[str] = (),
        trust: Trust | None = None,
        sound: SoundSink | None = None,
    ) -> Source:
        source = Source(
            CameraId(f"camera-{len(self.sources)}"),
            StreamName.MAIN,
            url,
            None if password is None else "police",
            password,
            sink or self.sink,
            self.clock,
            self.metrics,
            self.statuses.append,
            uniform=lambda low, high: high,
            nvr=nvr,
            transport=transport,
            redirects=redirects,
            trust=trust,
            sound=sound,
        )
        self.sources.append(source)
        return source

    def start(self) -> SourceSupervisor:
        supervisor = SourceSupervisor(self.sources, self.clock, self.metrics)
        self._task = asyncio.get_running_loop().create_task(supervisor.run(), name="supervisor")
        return supervisor

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def until(
        self, done: Callable[[], bool], within: float = 30.0, each: Callable[[], None] = lambda: None
    ) -> float:
        """Let gateway time pass until ``done``. Return how much passed. ``each`` runs every tenth of a second."""
        began = self.clock.monotonic()
        while not done():
            assert self.clock.monotonic() - began < within, f"not within {within} s: {self.sources[0].status()}"
            each()
            await self.clock.advance(0.1)
        return self.clock.monotonic() - began

    async def up(self, camera: ScriptedCamera) -> None:
        await self.until(lambda: self.sources[0].status().state is SourceState.UP, each=camera.picture)

    def value(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"sightline_{name}", labels)
