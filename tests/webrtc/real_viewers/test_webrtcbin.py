"""GStreamer's webrtcbin is the viewer: ICE from libnice, DTLS from OpenSSL, SRTP from libsrtp, decoding by FFmpeg."""

import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gst.webrtcbin import said, viewer
from tests.webrtc.peers import FPS, playing_gateway

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs Debian's python3-gi"),
]


@pytest.fixture
async def webrtcbin(request: pytest.FixtureRequest) -> AsyncIterator[Process]:
    async with viewer(*getattr(request, "param", ())) as process:
        yield process


async def test_webrtcbin_plays_what_the_camera_shows(webrtcbin: Process) -> None:
    async with playing_gateway() as gateway:
        opened = await gateway.open((await said(webrtcbin, "offer"))["offer"])
        assert webrtcbin.stdin is not None
        webrtcbin.stdin.write(json.dumps(opened.answer).encode() + b"\n")
        frames = [await said(webrtcbin, "frame") for _ in range(3 * FPS)]
        assert {(frame["width"], frame["height"]) for frame in frames} == {(320, 180)}
        assert len({frame["luma"] for frame in frames}) > FPS
        # the only cipher that it supports
        assert gateway.figure("send_path", cipher="AES128_CM_SHA1_80", batching="gso") == 1


@pytest.mark.parametrize(
    "webrtcbin", [("--bare",), ("--sound-first",), ("--sound-first", "--bare"), ("--sound", "--bare")], indirect=True
)
async def test_webrtcbin_plays_whatever_its_offer_leaves_out_and_whatever_its_order(webrtcbin: Process) -> None:
    async with playing_gateway() as gateway:
        opened = await gateway.open((await said(webrtcbin, "offer"))["offer"])
        assert webrtcbin.stdin is not None
        webrtcbin.stdin.write(json.dumps(opened.answer).encode() + b"\n")
        frames = [await said(webrtcbin, "frame") for _ in range(FPS)]
        assert {(frame["width"], frame["height"]) for frame in frames} == {(320, 180)}
