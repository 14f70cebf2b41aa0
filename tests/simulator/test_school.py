"""The whole school runs on real sockets. FFmpeg plays its cameras, and the control API sets their faults."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import av
import numpy as np
import pytest

from gateway.clock import SystemClock
from gateway.simulator.pictures import timecode
from gateway.simulator.school import Listening, SimulatedCamera, SimulateOptions, simulate

CAMERAS = (SimulatedCamera("hall", "Hall"), SimulatedCamera("loop-1", "Loop 1", loop=True))


@asynccontextmanager
async def school() -> AsyncIterator[Listening]:
    ready: asyncio.Future[Listening] = asyncio.get_running_loop().create_future()
    options = SimulateOptions(CAMERAS, password="secret", port=0, control_port=0, ready=ready.set_result)
    task = asyncio.create_task(simulate(options))
    try:
        yield await asyncio.wait_for(ready, 10)
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()


def play(url: str, pictures: int) -> tuple[list[tuple[float, int | None]], tuple[int, int]]:
    """Play the first pictures with FFmpeg's own client. Return (gateway time at decoding, time code) of each, and their
    size."""
    seen: list[tuple[float, int | None]] = []
    with av.open(url, options={"rtsp_transport": "tcp", "analyzeduration": "200000"}, timeout=10) as container:
        for frame in container.decode(video=0):
            image = np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8)
            seen.append((SystemClock().now(), timecode.read(image)))
            if len(seen) == pictures:
                break
        return seen, (frame.width, frame.height)


async def test_ffmpeg_plays_live_and_looped_cameras() -> None:
    async with school() as where:
        base = f"rtsp://sightline:secret@{where.host}:{where.rtsp_port}"
        main, sub, loop = await asyncio.gather(
            asyncio.to_thread(play, f"{base}/hall/main", 10),
            asyncio.to_thread(play, f"{base}/hall/sub", 10),
            asyncio.to_thread(play, f"{base}/loop-1/sub", 10),
        )
    assert main[1] == (640, 360)
    assert sub[1] == loop[1] == (320, 180)
    for seen, _ in (main, sub):
        assert all(code is not None and 0 < now * 1000 - code < 10_000 for now, code in seen)
    assert {code for _, code in loop[0]} == {None}


async def test_ffmpeg_is_refused_with_a_wrong_password() -> None:
    async with school() as where:
        with pytest.raises(av.error.HTTPUnauthorizedError):
            await asyncio.to_thread(play, f"rtsp://sightline:wrong@{where.host}:{where.rtsp_port}/hall/main", 1)


async def test_the_control_api_sets_shows_and_ends_faults() -> None:
    async with school() as where, aiohttp.ClientSession(where.control_url) as http:
        async with http.put("/cameras/hall/faults", json={"delay": 3, "no_date": True}) as answer:
            assert answer.status == 200
            assert await answer.json() == {"delay": 3.0, "no_date": True}
        async with http.get("/cameras") as answer:
            hall, loop = (await answer.json())["cameras"]
        assert hall == {
            "id": "hall",
            "name": "Hall",
            "loop": False,
            "watchers": {"main": 0, "sub": 0},
            "faults": {"delay": 3.0, "no_date": True},
        }
        assert loop["loop"]
        async with http.delete("/cameras/hall/faults") as answer:
            assert answer.status == 204
        async with http.get("/cameras") as answer:
            assert (await answer.json())["cameras"][0]["faults"] == {}


@pytest.mark.parametrize(
    ("camera", "document", "status", "words"),
    [
        ("hall", {"delya": 3}, 400, "delya"),
        ("hall", {"delay": "soon"}, 400, "delay"),
        ("loop-1", {"freeze": True}, 400, "freeze"),
        ("nowhere", {}, 404, "no such camera"),
    ],
)
async def test_an_impossible_request_gets_a_problem_document(
    camera: str, document: dict[str, object], status: int, words: str
) -> None:
    async with (
        school() as where,
        aiohttp.ClientSession(where.control_url) as http,
        http.put(f"/cameras/{camera}/faults", json=document) as answer,
    ):
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        assert words in (await answer.json())["detail"]


async def test_a_port_in_use_is_an_error_at_once() -> None:
    async with school() as where:
        options = SimulateOptions(CAMERAS, password="secret", port=where.rtsp_port, control_port=0)
        with pytest.raises(OSError, match=str(where.rtsp_port)):
            await simulate(options)
