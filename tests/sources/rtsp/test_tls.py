"""A failed TLS handshake with a camera is explained, and a setting allows the ciphers of old firmware. OpenSSL's server
plays the camera.
"""

import asyncio
import hashlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.errors import CameraError
from gateway.models import SourceReason
from gateway.sources.rtsp import connecting
from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.tls import LEGACY_NOTE, Trust
from tests.sources.recording import RecordingSink

OLD = ["-cipher", "AES256-SHA:DHE-RSA-AES256-SHA:@SECLEVEL=0"]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return directories with ``key`` and ``crt``, by the key's length in bits."""
    made = {}
    for bits in (1024, 2048):
        made[bits] = tmp_path_factory.mktemp(f"rsa-{bits}")
        names = ["-keyout", str(made[bits] / "key"), "-out", str(made[bits] / "crt")]
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            f"rsa:{bits}",
            "-nodes",
            *names,
            "-days",
            "9",
            "-subj",
            "/CN=camera",
        ]
        subprocess.run(command, check=True, capture_output=True)
    return made


@asynccontextmanager
async def camera(certificate: Path, *options: str) -> AsyncIterator[int]:
    """Run OpenSSL's server as a camera that accepts a connection and sends nothing. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = ["-key", str(certificate / "key"), "-cert", str(certificate / "crt")]
    command = ["s_server", "-accept", f"127.0.0.1:{port}", *files, "-tls1_2", *options]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec("openssl", *command, stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    while b"ACCEPT" not in await process.stdout.readline():
        assert process.returncode is None
    try:
        yield port
    finally:
        process.kill()
        await process.wait()


def trust(certificate: Path, legacy: bool = False) -> Trust:
    der = ssl.PEM_cert_to_DER_cert((certificate / "crt").read_text())
    return Trust(hashlib.sha256(der).hexdigest(), legacy)


async def connect(port: int, who: Trust) -> None:
    address = parse_address(f"rtsps://127.0.0.1:{port}/live", None, None)
    async with connecting.connected(address, RecordingSink(), SystemClock(), trust=who) as client:
        await client.step()


async def refused(port: int, who: Trust) -> CameraError:
    with pytest.raises(CameraError) as caught:
        await connect(port, who)
    return caught.value


@pytest.mark.parametrize(
    ("bits", "options"),
    [
        pytest.param(2048, OLD, id="static RSA and DHE with CBC only"),
        pytest.param(2048, ["-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"], id="static RSA only"),
    ],
)
async def test_old_firmware_is_refused_in_words_or_allowed_by_a_setting_with_a_lasting_warning(
    certificates: dict[int, Path], bits: int, options: list[str]
) -> None:
    async with camera(certificates[bits], *options) as port:
        plain, legacy = trust(certificates[bits]), trust(certificates[bits], legacy=True)
        error = await refused(port, plain)
        assert error.reason is SourceReason.UNSUPPORTED
        assert "`tls_legacy: true`" in error.detail
        await connect(port, legacy)
        assert legacy.notes(tls=True) == (LEGACY_NOTE,)
        assert plain.notes(tls=True) == ()


async def test_the_wrong_certificate_is_refused_with_old_ciphers_too(certificates: dict[int, Path]) -> None:
    async with camera(certificates[2048], *OLD) as port:
        error = await refused(port, trust(certificates[1024], legacy=True))
        assert error.reason is SourceReason.NOT_TRUSTED


@asynccontextmanager
async def server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[int]:
    served: list[asyncio.Future[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(done := asyncio.get_running_loop().create_future())
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            done.set_result(None)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        answer(reader, writer)
        with suppress(ConnectionError):
            await reader.read()  # until the other side is gone

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()
        await asyncio.gather(*served)


async def test_a_camera_that_hangs_up_in_the_handshake_is_not_called_unreachable() -> None:
    async with server(lambda _, writer: writer.transport.abort()) as port:
        error = await refused(port, Trust("ab" * 32))
        assert "hung up during the TLS handshake" in error.detail
    async with server(lambda _, writer: writer.close()) as port:
        error = await refused(port, Trust("ab" * 32))
        assert "hung up during the TLS handshake" in error.detail


async def test_a_port_without_tls_is_distinguished_from_an_old_camera() -> None:
    async with server(lambda _, writer: writer.write(b"RTSP/1.0 400 Bad Request\r\n\r\n")) as port:
        error = await refused(port, Trust("ab" * 32))
        assert "does not speak TLS: check the port" in error.detail


async def test_a_port_that_waits_for_data_is_distinguished_from_a_camera_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connecting, "CONNECT_TIMEOUT", 0.3)
    async with server(lambda *_: None) as port:
        error = await refused(port, Trust("ab" * 32))
        assert "accepts the connection, but does not answer with TLS" in error.detail
