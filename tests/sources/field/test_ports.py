"""Whatever answers at a camera's port is named, and a camera with old firmware plays over TLS with a warning."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gateway import tls
from gateway.models import SourceReason, SourceState
from gateway.sources.rtsp.tls import LEGACY_NOTE, Trust
from tests.sources.bench import Bench
from tests.sources.scripted import ScriptedCamera


@asynccontextmanager
async def answering(greeting: bytes, answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Run a server that greets, answers the first request, and then waits. Yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            writer.write(greeting)
            if await reader.read(1000):
                writer.write(answer)
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture
def old_tls(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    """Return a context that speaks only what old firmware speaks, and its certificate's fingerprint."""
    certificate, key = tls.self_signed(tmp_path, "camera")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA:AES256-SHA:@SECLEVEL=0")
    return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


SPOKEN = {
    "a web server": (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks HTTP, not RTSP"),
    "SSH": (b"SSH-2.0-dropbear\r\n", b"", "speaks SSH, not RTSP"),
    "TLS": (b"", b"\x15\x03\x01\0\2\2\x46", "speaks TLS: use an rtsps:// address"),
    "nothing that is known": (b"", b"\xff\xfe" * 40_000, "is not RTSP"),
}


@pytest.mark.parametrize("kind", SPOKEN)
async def test_a_port_that_speaks_something_else_is_named(bench: Bench, kind: str) -> None:
    greeting, answer, words = SPOKEN[kind]
    async with answering(greeting, answer) as port:
        source = bench.source(f"rtsp://127.0.0.1:{port}/live")
        bench.start()
        await bench.until(lambda: source.status().state is SourceState.DOWN)
        assert words in source.status().detail
        assert source.status().reason in (SourceReason.UNSUPPORTED, SourceReason.MALFORMED)
        await bench.stop()


async def test_a_silent_port_is_reported_as_not_answering(bench: Bench) -> None:
    async with answering(b"", b"") as port:
        source = bench.source(f"rtsp://127.0.0.1:{port}/live")
        bench.start()
        await bench.until(lambda: source.status().state is SourceState.DOWN)
        assert source.status().reason is SourceReason.TIMED_OUT
        assert "does not answer DESCRIBE" in source.status().detail
        await bench.stop()


async def test_a_web_server_behind_tls_is_named(bench: Bench, old_tls: tuple[ssl.SSLContext, str]) -> None:
    context, fingerprint = old_tls
    async with answering(b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", context) as port:
        source = bench.source(f"rtsps://127.0.0.1:{port}/live", trust=Trust(fingerprint, legacy=True))
        bench.start()
        await bench.until(lambda: source.status().state is SourceState.DOWN)
        assert "speaks HTTP, not RTSP" in source.status().detail
        await bench.stop()


async def test_an_rtsp_server_without_tls_is_reported_if_tls_is_configured(bench: Bench) -> None:
    async with answering(b"", b"RTSP/1.0 400 Bad Request\r\n\r\n") as port:
        source = bench.source(f"rtsps://127.0.0.1:{port}/live", trust=Trust("ab" * 32))
        bench.start()
        await bench.until(lambda: source.status().state is SourceState.DOWN)
        assert "does not speak TLS: check the port" in source.status().detail
        await bench.stop()


async def test_a_camera_with_old_firmware_plays_if_the_configuration_allows_it_with_a_lasting_warning(
    bench: Bench, old_tls: tuple[ssl.SSLContext, str]
) -> None:
    context, fingerprint = old_tls
    async with ScriptedCamera(context=context) as camera:
        refused = bench.source(camera.url, trust=Trust(fingerprint))
        allowed = bench.source(camera.url, trust=Trust(fingerprint, legacy=True))
        bench.start()
        await bench.until(lambda: refused.status().state is SourceState.DOWN, each=camera.picture)
        assert "`tls_legacy: true`" in refused.status().detail
        await bench.until(lambda: allowed.status().state is SourceState.UP, each=camera.picture)
        for _ in range(100):
            camera.picture()
            await bench.clock.advance(0.1)
        assert allowed.status().state is SourceState.UP
        assert LEGACY_NOTE in allowed.status().notes
        await bench.stop()
