"""Runs the simulated school in a separate process: the cameras, the RTSP server for them, and the control API."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from aiohttp import web

from gateway.clock import Clock, SystemClock
from gateway.simulator.camera import Camera
from gateway.simulator.control import control_app
from gateway.simulator.faults import Faults
from gateway.simulator.pictures.drawing import View
from gateway.simulator.rtsp.digest import Algorithm
from gateway.simulator.rtsp.server import RtspServer, RtspSettings

CONTROL_HOST = "127.0.0.1"
WORKERS = 4


@dataclass(frozen=True, slots=True)
class SimulatedCamera:
    """Describes a simulated camera. The words of its id and name decide its scene.

    A ``loop`` camera serves a few seconds that were encoded once, without a time code, and says so in the picture and
    in its description.
    """

    id: str
    name: str
    loop: bool = False


@dataclass(frozen=True, slots=True)
class Listening:
    """Says where the school listens: ``rtsp://{host}:{rtsp_port}/{camera}/main`` (or ``/sub``), and the control API at
    ``control_url``."""

    host: str
    rtsp_port: int
    control_url: str


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """Holds the options of a school. With port 0, a free port is used. ``gop`` is the number of seconds between
    keyframes. ``ready`` is called once the school listens."""

    cameras: tuple[SimulatedCamera, ...]
    password: str = field(repr=False)
    username: str = "sightline"
    algorithm: Algorithm = Algorithm.MD5
    host: str = "127.0.0.1"
    port: int = 8554
    control_port: int = 8555
    gop: float = 2.0
    session_timeout: float = 60.0
    nonce_lifetime: float = 300.0
    ready: Callable[[Listening], None] = lambda listening: None
    clock: Clock = field(default_factory=SystemClock)


async def simulate(options: SimulateOptions) -> None:
    """Run the school until cancelled. Raises OSError if a port is not available."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="camera") as workers:
        cameras = {
            spec.id: Camera(
                spec.id,
                View(spec.id, spec.name),
                loop=spec.loop,
                gop=options.gop,
                clock=options.clock,
                workers=workers,
            )
            for spec in options.cameras
        }
        for camera in cameras.values():
            await camera.apply(Faults())
        settings = RtspSettings(
            options.username, options.password, options.algorithm, options.session_timeout, options.nonce_lifetime
        )
        rtsp = RtspServer(cameras, settings, options.clock)
        runner = web.AppRunner(control_app(cameras), access_log=None)
        listener = await loop.create_server(rtsp.connect, options.host, options.port)
        try:
            await runner.setup()
            site = web.TCPSite(runner, CONTROL_HOST, options.control_port)
            await site.start()
            async with asyncio.TaskGroup() as tasks:
                for camera in cameras.values():
                    tasks.create_task(camera.run(), name=f"camera {camera.id}")
                tasks.create_task(rtsp.expire_sessions(), name="expire sessions")
                control_port = runner.addresses[0][1]
                rtsp_port = listener.sockets[0].getsockname()[1]
                options.ready(Listening(options.host, rtsp_port, f"http://{CONTROL_HOST}:{control_port}"))
        finally:
            listener.close()
            rtsp.close()
            await runner.cleanup()
