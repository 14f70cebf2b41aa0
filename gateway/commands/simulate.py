"""Runs ``sightline simulate``, which is the simulated school as a process."""

import asyncio
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from gateway.commands.trial import limit_cameras
from gateway.config_loader import load
from gateway.errors import ConfigurationError
from gateway.process.running import until_stopped
from gateway.simulator.school import SimulatedCamera, SimulateOptions, simulate


async def simulate_until_stopped(
    config: Path,
    port: int,
    control_port: int,
    cameras: int | None,
    loop: int,
    gop: float,
    *,
    with_parent: bool,
    say: Callable[[str], None],
) -> None:
    """Serve the configured cameras, and ``loop`` more that play a clip, until a signal arrives.

    With ``with_parent``, stop when standard input ends. Raises ConfigurationError.
    """
    os.environ.setdefault("SIGHTLINE_CAMERA_PASSWORD", "sightline")
    for name in ("SIGHTLINE_LINCOLN_WEBHOOK_SECRET", "SIGHTLINE_OAK_WEBHOOK_SECRET"):
        os.environ.setdefault(name, f"{name}, which the simulator does not use")
    loaded = load(config)
    if cameras is not None:
        loaded = limit_cameras(loaded, cameras)
    configured = [camera for site in loaded.settings.sites for camera in site.cameras]
    first = configured[0]
    drawn = [SimulatedCamera(camera.id, camera.name) for camera in configured]
    looped = [SimulatedCamera(f"loop-{number}", f"Loop {number}", loop=True) for number in range(1, loop + 1)]
    options = SimulateOptions(
        cameras=tuple(drawn + looped),
        port=port,
        control_port=control_port,
        gop=gop,
        username=first.username or "sightline",
        ready=lambda where: say(
            f"The simulated school is ready: rtsp://{where.host}:{where.rtsp_port}, faults: {where.control_url}/cameras"
        ),
        password=first.password.get_secret_value() if first.password else "sightline",
    )

    async def body(stop: asyncio.Event) -> None:
        if with_parent:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), _on_stdin, stop)
        async with asyncio.TaskGroup() as group:
            school = group.create_task(_serve(options), name="school")
            waiting = group.create_task(stop.wait(), name="stop")
            await asyncio.wait({school, waiting}, return_when=asyncio.FIRST_COMPLETED)
            school.cancel()
            waiting.cancel()

    await until_stopped(body)


async def _serve(options: SimulateOptions) -> None:
    try:
        await simulate(options)
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        ports = f"{options.port} (--port) or {options.control_port} (--control-port)"
        raise ConfigurationError([f"port {ports} cannot be used: {error.strerror}"]) from None


def _on_stdin(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()
