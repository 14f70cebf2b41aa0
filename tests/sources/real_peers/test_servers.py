"""The client works with real RTSP servers: GStreamer's, and that of the simulated school."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from gateway import tls
from gateway.clock import SystemClock
from gateway.metrics import Metrics
from gateway.models import CameraId, SourceReason, SourceState, SourceStatus, StreamName
from gateway.simulator.rtsp.digest import Algorithm
from gateway.simulator.school import Listening, SimulatedCamera, SimulateOptions, simulate
from gateway.sources.rtsp.tls import Trust
from gateway.sources.source import Source
from tests.gst.camera import PASSWORD, USERNAME, gst_camera
from tests.sources.recording import RecordingSink

pytestmark = pytest.mark.e2e


class Pull:
    """A source that runs on the machine's clock, and everything that it has passed on."""

    def __init__(self, url: str, username: str | None, password: str | None, transport: str, pin: str | None) -> None:
        self.sink = RecordingSink()
        self.statuses: list[SourceStatus] = []
        self.source = Source(
            CameraId("camera"),
            StreamName.MAIN,
            url,
            username,
            password,
            self.sink,
            SystemClock(),
            Metrics(),
            self._status,
            transport=transport,
            trust=Trust(pin),
        )

    def _status(self, status: SourceStatus) -> None:
        self.statuses.append(status)
        self.sink.changed.set()

    async def wait_until(self, done: Callable[[], bool], within: float = 15.0) -> None:
        async with asyncio.timeout(within):
            while not done():
                self.sink.changed.clear()
                await self.sink.changed.wait()


@asynccontextmanager
async def pulled(
    url: str,
    username: str | None = None,
    password: str | None = None,
    transport: str = "auto",
    pin: str | None = None,
) -> AsyncIterator[Pull]:
    pull = Pull(url, username, password, transport, pin)
    task = asyncio.create_task(pull.source.run(), name="source")
    try:
        yield pull
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def assert_plays(pull: Pull, width: int, height: int, notes: tuple[str, ...] = ()) -> None:
    """Check keyframes, parameter sets, a clock on both paths, and a truthful status."""
    sink = pull.sink
    await pull.wait_until(lambda: sum(unit.keyframe for unit in sink.units) >= 2 and bool(sink.reports))
    assert sink.units[0].keyframe
    assert {7, 8, 5} <= {nal[0] & 0x1F for nal in sink.units[0].nals}
    assert sum(unit.lost for unit in sink.units) == 0
    assert all(later.arrival >= earlier.arrival for earlier, later in zip(sink.units, sink.units[1:], strict=False))
    clock = SystemClock()
    report = sink.reports[-1]
    assert abs(report.ntp + (clock.monotonic() - report.arrival) - clock.now()) < 2
    asked = len(sink.samples)
    sink.next_query = 0.0
    await pull.wait_until(lambda: len(sink.samples) >= asked + 3)
    sample = sink.samples[-1]
    assert abs(sample.date - clock.now()) < 3
    assert sample.sent <= sample.received
    status = pull.source.status()
    assert (status.state, status.codec, status.width, status.height) == (SourceState.UP, "H264", width, height)
    assert status.notes == notes


@pytest.mark.parametrize("scheme", ["none", "basic", "digest"])
async def test_gstreamers_server_plays(scheme: str) -> None:
    with gst_camera("--auth", scheme) as camera:
        credentials = () if scheme == "none" else (USERNAME, PASSWORD)
        async with pulled(camera.url, *credentials) as pull:
            await assert_plays(pull, 320, 180)


def has_pictures(pull: Pull, count: int) -> bool:
    return len(pull.sink.units) >= count


async def test_a_second_viewer_of_one_shared_pipeline_does_not_take_the_first_back_to_its_start() -> None:
    with gst_camera() as camera:
        async with pulled(camera.url) as first:
            await first.wait_until(lambda: len(first.sink.units) >= 5)
            for _ in range(5):
                enough = len(first.sink.units) + 3
                async with pulled(camera.url) as second:
                    await second.wait_until(partial(has_pictures, second, 2))
                await first.wait_until(partial(has_pictures, first, enough))
            times = [unit.rtp for unit in first.sink.units]
            assert all(0 < (later - earlier) % 2**32 < 2**31 for earlier, later in pairwise(times))
            assert sum(unit.lost for unit in first.sink.units) == 0
            assert camera.process.poll() is None


OVER_UDP = "The camera does not send over TCP: it is pulled over UDP."
OVER_TCP = "The camera does not send over UDP: it is pulled over TCP."


@pytest.mark.parametrize(
    ("served", "wanted", "chosen", "notes"),
    [
        ("any", "auto", "tcp", ()),
        ("any", "udp", "udp", ()),
        ("udp", "auto", "udp", (OVER_UDP,)),
        ("tcp", "udp", "tcp", (OVER_TCP,)),
    ],
)
async def test_if_the_camera_refuses_a_transport_another_is_requested_and_reported(
    served: str, wanted: str, chosen: str, notes: tuple[str, ...]
) -> None:
    with gst_camera("--protocols", served) as camera:
        async with pulled(camera.url, transport=wanted) as pull:
            await assert_plays(pull, 320, 180, notes)
            assert pull.source.status().transport == chosen


async def test_a_camera_that_refuses_every_allowed_transport_is_unsupported() -> None:
    with gst_camera("--protocols", "udp") as camera:
        async with pulled(camera.url, transport="tcp") as pull:
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.UNSUPPORTED)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Return a camera's own certificate and key in one file, as GStreamer requires."""
    together = tmp_path / "camera.pem"
    together.write_bytes(b"".join(path.read_bytes() for path in tls.self_signed(tmp_path, "camera")))
    return together


def fingerprint(certificate: Path) -> str:
    return x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(hashes.SHA256()).hex()


async def test_gstreamers_server_plays_over_tls_if_its_certificate_is_the_pinned_one(certificate: Path) -> None:
    with gst_camera("--auth", "digest", "--certificate", str(certificate), scheme="rtsps") as camera:
        async with pulled(camera.url, USERNAME, PASSWORD, pin=fingerprint(certificate)) as pull:
            await assert_plays(pull, 320, 180)


async def test_a_camera_with_the_wrong_certificate_is_sent_nothing(certificate: Path) -> None:
    with gst_camera("--certificate", str(certificate), scheme="rtsps") as camera:
        async with pulled(camera.url, USERNAME, PASSWORD, pin="0" * 64) as pull:
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.NOT_TRUSTED)
            assert fingerprint(certificate) in pull.source.status().detail
            assert not pull.sink.samples, "no query was sent, so there was no answer"
        async with pulled(camera.url, USERNAME, PASSWORD) as pull:
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.NOT_TRUSTED)


async def test_a_camera_that_does_not_speak_tls_is_unsupported() -> None:
    with gst_camera(scheme="rtsps") as camera:
        async with pulled(camera.url) as pull:
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.UNSUPPORTED)


async def test_gstreamers_server_refuses_a_wrong_password_and_a_wrong_path() -> None:
    with gst_camera("--auth", "digest") as camera:
        async with pulled(camera.url, USERNAME, "wrong") as pull:
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.PASSWORD_REFUSED)
        async with pulled(camera.url + "2", USERNAME, PASSWORD) as pull:
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.NOT_FOUND)


async def test_a_killed_server_is_reported_lost() -> None:
    with gst_camera() as camera:
        async with pulled(camera.url) as pull:
            await pull.wait_until(lambda: pull.source.status().state is SourceState.UP)
            camera.process.kill()
            await pull.wait_until(lambda: pull.source.status().state is SourceState.DOWN, within=3)
            assert pull.sink.disconnections == 1


@asynccontextmanager
async def school(algorithm: Algorithm) -> AsyncIterator[Listening]:
    listening: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    cameras = (SimulatedCamera("hall", "Hall"),)
    options = SimulateOptions(
        cameras, PASSWORD, algorithm=algorithm, port=0, control_port=0, gop=1.0, ready=listening.set_result
    )
    task = asyncio.create_task(simulate(options), name="school")
    try:
        yield await listening
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("algorithm", Algorithm)
async def test_the_simulated_school_plays(algorithm: Algorithm) -> None:
    async with school(algorithm) as listening:
        url = f"rtsp://{listening.host}:{listening.rtsp_port}/hall/main"
        async with pulled(url, "sightline", PASSWORD) as pull:
            await assert_plays(pull, 640, 360)


async def test_a_delay_that_builds_up_in_the_connection_is_skipped_by_reconnecting() -> None:
    async with school(Algorithm.MD5) as listening, aiohttp.ClientSession() as http:
        url = f"rtsp://{listening.host}:{listening.rtsp_port}/hall/main"
        faults = f"{listening.control_url}/cameras/hall/faults"
        async with pulled(url, "sightline", PASSWORD) as pull:
            await pull.wait_until(lambda: pull.source.status().state is SourceState.UP)
            pull.sink.next_query = 0.0  # like a gateway that wants to know the camera's clock
            (await http.put(faults, json={"passes": 0.25})).raise_for_status()
            await pull.wait_until(lambda: pull.source.status().reason is SourceReason.FELL_BEHIND, within=40)
            (await http.delete(faults)).raise_for_status()
            await pull.wait_until(lambda: pull.source.status().state is SourceState.UP)
            # a school that is drawn live stamps each report with the time of the picture sent with it
            report, clock = pull.sink.reports[-1], SystemClock()
            assert clock.now() - clock.monotonic() - (report.ntp - report.arrival) < 1
