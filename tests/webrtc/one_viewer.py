"""Provides a gateway on a clock that the test moves, with one light viewer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.configuration.media_settings import MediaSettings
from gateway.models import CloseReason
from gateway.webrtc.interface import OpenedSession, SessionEvent
from gateway.webrtc.session import Session
from rig.viewer import LightViewer
from tests.fakes import FakeClock
from tests.webrtc.peers import Gateway


class Scene:
    """A gateway on a clock that the test moves, and one light viewer."""

    def __init__(self, gateway: Gateway, clock: FakeClock, viewer: LightViewer) -> None:
        self.gateway = gateway
        self.clock = clock
        self.viewer = viewer
        self.media: list[bytes] = []
        self.events: list[SessionEvent] = []

    async def open(self, lasts: float = 60.0) -> OpenedSession:
        return await self.gateway.open(self.viewer.offer(), lasts)

    async def connect(self, lasts: float = 60.0) -> OpenedSession:
        opened = await self.open(lasts)
        await asyncio.wait_for(self.viewer.connect(opened.answer), 10)
        await self.until(lambda: any(event.kind == "connected" for event in self.events))
        return opened

    async def until(self, holds: Any) -> None:
        """Let real packets travel until ``holds`` returns True."""
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110  # datagrams that arrive set no event
                await asyncio.sleep(0.005)

    async def show(self, frames: int = 1) -> None:
        """Show pictures, and wait until everything sent for them has arrived."""
        self.gateway.camera.show(frames)
        await self.until(lambda: len(self.media) >= self.sent)

    @property
    def sent(self) -> int:
        return max((view.packets for view in self.gateway.plane.sessions()), default=0)

    @property
    def session(self) -> Session:
        session = self.gateway.plane.session(self.events[0].id)
        assert session is not None
        return session

    @property
    def closed(self) -> list[CloseReason | None]:
        return [event.reason for event in self.events if event.kind == "closed"]

    def sequences(self) -> list[int]:
        return [int.from_bytes(packet[2:4], "big") for packet in self.media]


@asynccontextmanager
async def one_viewer(settings: MediaSettings | None = None) -> AsyncIterator[Scene]:
    """Run a gateway with one viewer, who has not connected yet."""
    clock = FakeClock()
    gateway = Gateway(clock, settings)
    media: list[bytes] = []
    async with gateway.plane:
        viewer = LightViewer(media.append)
        scene = Scene(gateway, clock, viewer)
        scene.media = media
        gateway.plane.observe(scene.events.append)
        try:
            yield scene
        finally:
            await viewer.close()
