"""Sightline's relay and media plane as a server under test."""

import asyncio

from bench.clip import FPS, film, nal_units
from bench.serving import serve
from gateway.clock import SystemClock
from gateway.metrics import Metrics
from gateway.models import CameraId, Role, StreamName
from gateway.relay.stream import RelayStream
from gateway.settings import MediaSettings
from gateway.sources.media import AccessUnit, StreamInfo
from gateway.webrtc.plane import MediaPlane, OpenSession

CAMERA = CameraId("bench")


async def _play(stream: RelayStream, clock: SystemClock) -> None:
    units = [nal_units(unit) for unit in film()]
    stream.connected(StreamInfo("H264", 90_000), clock.monotonic())
    number, began = 0, clock.monotonic()
    while True:
        place = number % len(units)
        now = clock.monotonic()
        stream.access_unit(AccessUnit(units[place], number * 90_000 // FPS & 0xFFFFFFFF, place == 0, now))
        number += 1
        await asyncio.sleep(max(0.0, began + number / FPS - clock.monotonic()))


async def main() -> None:
    """Serve until standard input closes."""
    clock, metrics = SystemClock(), Metrics()
    stream = RelayStream(CAMERA, StreamName.MAIN, clock, metrics)
    async with MediaPlane(MediaSettings(port=0), lambda camera, name: stream, clock, metrics) as plane:

        async def answer(offer: str) -> str:
            lasting = clock.monotonic() + 600
            return (await plane.open(OpenSession(CAMERA, StreamName.MAIN, offer, lasting, Role.DISPATCHER))).answer

        playing = asyncio.create_task(_play(stream, clock), name="film")
        await serve(answer)
        playing.cancel()


if __name__ == "__main__":
    asyncio.run(main())
