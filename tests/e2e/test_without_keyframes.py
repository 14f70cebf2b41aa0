"""A camera that sends no keyframes but refreshes its picture gradually: its picture is checked like any other's, and
its viewer has a transcode only until keyframes come."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway.rtp.packet import parse_rtp
from rig.district import District
from rig.processes import until
from rig.viewer import LightViewer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

CAMERA = "lincoln-hallway-west"


@pytest.fixture
async def district(tmp_path: Path) -> AsyncIterator[District]:
    district = District(tmp_path, live=frozenset({CAMERA}))
    try:
        district.start_school()
        await district.fault(CAMERA, refresh="gradual")
        district.start_gateway()
        yield district
    finally:
        await district.stop()


async def test_its_viewer_returns_in_the_same_session_and_time_never_goes_back(district: District) -> None:
    coordinator, it = await district.client("coordinator"), await district.client("district_it")
    dispatcher = await district.client("dispatcher")
    assert (await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"}))[0] == 201

    async def delivery() -> str:
        cameras = (await it.get("/api/cameras"))[1]["cameras"]
        return str(next(one for one in cameras if one["id"] == CAMERA)["streams"]["main"]["delivery"])

    async def transcoded() -> bool:
        return "without keyframes" in await delivery()

    await until(transcoded, 40, "a camera without keyframes")
    token = (await dispatcher.post("/api/tokens", {"site": "lincoln"}))[1]["token"]
    media = list[bytes]()
    viewer = LightViewer(media.append)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    channel = await dispatcher.session.ws_connect(district.url + "/api/events")
    try:
        await channel.send_json({"type": "resume", "epoch": None, "seq": 0})
        address = f"{district.url}/whep/{CAMERA}?stream=main"
        async with dispatcher.session.post(address, data=viewer.offer(), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            assert answer.headers["X-Sightline-Stream"] == "transcoded"
            await viewer.connect(await answer.text())

        async def plays() -> bool:
            return len(stamps_of(media)) >= 15

        await until(plays, 40, "pictures of the transcode")
        await district.fault(CAMERA)

        async with asyncio.timeout(40):
            while not is_sent_main(await channel.receive_json()):
                pass
        before = len(stamps_of(media))

        async def plays_on() -> bool:
            return len(stamps_of(media)) >= before + 30

        await until(plays_on, 40, "pictures of the camera")
    finally:
        await channel.close()
        await viewer.close()
    stamps = stamps_of(media)
    assert all(0 < (after - earlier) % 2**32 < 2**31 for earlier, after in pairwise(stamps))
    assert "All viewers get the main stream as it is" in await delivery()


async def test_a_frozen_picture_is_noticed_and_there_are_stills(district: District) -> None:
    it = await district.client("district_it")

    async def camera() -> dict[str, Any]:
        cameras = (await it.get("/api/cameras"))[1]["cameras"]
        found: dict[str, Any] = next(one for one in cameras if one["id"] == CAMERA)
        return found

    async def up() -> bool:
        return bool((await camera())["streams"]["main"]["codec"])

    async def still() -> bool:
        async with it.session.get(f"{district.url}/api/cameras/{CAMERA}/still") as answer:
            jpeg: bytes = await answer.read()
            return answer.status == 200 and jpeg.startswith(b"\xff\xd8")

    async def unchanged() -> bool:
        return (await camera())["unchanged_since_at"] is not None

    async def changes() -> bool:
        return not await unchanged()

    await until(up, 40, "the camera")
    await until(still, 40, "a still")
    assert await changes(), "somebody walks there"
    await district.fault(CAMERA, refresh="gradual", freeze=True)
    await until(unchanged, 40, "word of the frozen picture")
    await district.fault(CAMERA, refresh="gradual")
    await until(changes, 40, "word that it changes again")


def stamps_of(media: list[bytes]) -> list[int]:
    """Return the RTP time of each picture, in the order in which the pictures came."""
    return list(dict.fromkeys(parse_rtp(packet).timestamp for packet in media))


def is_sent_main(message: dict[str, Any]) -> bool:
    return message["type"] == "session" and (message["stream"], message["waiting"]) == ("main", "")
