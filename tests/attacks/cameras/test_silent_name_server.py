"""A name server that receives every query and answers none, as if somebody were dropping its answers."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.clock import SystemClock
from gateway.configuration.media_settings import MediaSettings
from gateway.configuration.site_settings import CameraSettings, StreamSettings
from gateway.media.events import MediaEvents
from gateway.media.node import MediaNode
from gateway.metrics import Metrics
from gateway.models import CameraId, StreamName
from gateway.webrtc.interface import OpenSession, ViewerProfile
from gateway.webrtc.plane import MediaPlane
from rig.viewer import LightViewer

CAMERAS = 30
PROMPTLY = 1.0
"""Seconds. A look-up that blocked anything would block it for ever."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Return the names that are being looked up. No look-up is answered until the test has ended."""
    names: list[str] = []
    ended = threading.Event()
    answered = socket.getaddrinfo

    def silent(host: Any, *more: Any, **named: Any) -> Any:
        if not str(host).endswith(".example"):
            return answered(host, *more, **named)
        names.append(str(host))
        ended.wait()
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    yield names
    ended.set()


async def test_a_silent_name_server_does_not_delay_pages_or_pictures(asked: list[str], tmp_path: Path) -> None:
    cameras = [
        CameraSettings(id=f"camera-{n}", name="Hall", main=StreamSettings(url=f"rtsp://camera-{n}.example/main"))
        for n in range(CAMERAS)
    ]
    settings = MediaSettings(port=0, advertise=("gateway.example",))
    clock, metrics = SystemClock(), Metrics()
    (tmp_path / "page.js").write_text("")
    app = web.Application()
    app.add_routes([web.static("/assets", tmp_path)])
    node = MediaNode(cameras, settings, MediaEvents(metrics), clock, metrics, MediaPlane)
    await node.start()
    pulling = asyncio.create_task(node.run())
    viewer = LightViewer(lambda packet: None)
    try:
        async with asyncio.timeout(20):
            while len(asked) < 8:  # noqa: ASYNC110 - they are asked for in threads
                await asyncio.sleep(0.005)
        async with TestClient(TestServer(app)) as client, asyncio.timeout(PROMPTLY):
            assert (await client.get("/assets/page.js")).status == 200
        async with asyncio.timeout(PROMPTLY):
            request = OpenSession(
                CameraId("camera-1"), StreamName.MAIN, viewer.offer(), clock.monotonic() + 60, ViewerProfile("patrol")
            )
            opened = await node.open(request)
        assert " gateway.example " in opened.answer
        async with asyncio.timeout(PROMPTLY):
            await asyncio.gather(*(asyncio.to_thread(lambda: None) for _ in range(40)))
    finally:
        await viewer.close()
        pulling.cancel()
        await asyncio.gather(pulling, return_exceptions=True)
        await node.stop()
