"""A camera, or an impostor, tries to use the gateway to reach things that it cannot reach itself."""

from gateway.models import SourceReason, SourceState
from gateway.sources.rtsp.protocol.address import parse_address
from gateway.sources.rtsp.protocol.session import RtspSession
from tests.sources.bench import PASSWORD, Bench
from tests.sources.conftest import bench
from tests.sources.scripted import ScriptedCamera

__all__ = ["bench"]


async def test_a_camera_cannot_make_the_gateway_connect_to_another_port(bench: Bench) -> None:
    async with ScriptedCamera() as inside, ScriptedCamera() as camera:
        camera.location = inside.url
        source = bench.source(camera.url, PASSWORD)
        bench.start()
        await bench.until(lambda: source.status().state is SourceState.DOWN)
        status = source.status()
        assert status.reason is SourceReason.REDIRECT_REFUSED
        assert f"127.0.0.1:{inside.port}" in status.detail
        assert inside.requests == []
        await bench.stop()


async def test_a_camera_cannot_obtain_the_password_with_a_redirect(bench: Bench) -> None:
    async with ScriptedCamera(PASSWORD) as thief, ScriptedCamera() as camera:
        camera.location = thief.url
        source = bench.source(camera.url, PASSWORD, redirects=[f"127.0.0.1:{thief.port}"])
        bench.start()
        await bench.until(lambda: source.status().state is SourceState.DOWN)
        status = source.status()
        assert status.reason is SourceReason.REDIRECT_REFUSED
        assert "in the clear (Basic), which is not sent" in status.detail
        assert thief.requests == ["DESCRIBE"], "one request, without the password"
        await bench.stop()


def test_a_stream_address_of_another_host_is_requested_only_over_the_same_connection() -> None:
    session = RtspSession(parse_address("rtsp://camera/live", None, None), lambda: "cnonce")
    session.start(0.0)
    session.take_output()
    sdp = b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:rtsp://10.9.9.9:22/track1\r\n"
    head = f"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Base: rtsp://inside/\r\nContent-Length: {len(sdp)}\r\n\r\n"
    assert session.receive(head.encode() + sdp, 0.1) == []
    assert session.take_output().startswith(b"SETUP rtsp://10.9.9.9:22/track1 RTSP/1.0\r\n")
