"""A camera's sound travels from GStreamer's RTSP server through a media worker to GStreamer's webrtcbin."""

import json
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from rig.district import Client, District
from rig.processes import until
from tests.gst.camera import gst_camera
from tests.gst.webrtcbin import said, viewer

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

HEARD, SILENT = "lincoln-lobby", "lincoln-hallway-west"
"""Sound is turned on for the first camera, which sends a tone of 440 Hz."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[District]:
    with gst_camera("--audio", "pcma") as heard:
        settings: dict[str, object] = {
            "media.workers": 2,
            "media.port": 0,
            f"sites.lincoln.cameras.{HEARD}.audio": True,
        }
        urls = {HEARD: heard.url}
        district = District(tmp_path_factory.mktemp("district"), urls=urls, settings=settings, live=frozenset())
        try:
            district.start_school()
            # GStreamer's server fails if two clients begin to pull shared media at the same moment.
            settings[f"sites.lincoln.cameras.{HEARD}.sub.url"] = f"rtsp://127.0.0.1:{district.rtsp_port}/loop-1/sub"
            district.start_gateway()
            yield district
        finally:
            await district.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(district: District) -> Client:
    """Sign a dispatcher in during a lockdown."""
    coordinator = await district.client("coordinator")
    status, _ = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    assert status == 201
    it = await district.client("district_it")

    async def up() -> bool:
        _, body = await it.get("/api/cameras")
        main = {camera["id"]: camera["streams"]["main"]["state"] for camera in body["cameras"]}
        return bool(main[HEARD] == main[SILENT] == "up")

    await until(up, 20, "both cameras are up")
    return await district.client("dispatcher")


@pytest_asyncio.fixture(loop_scope="module")
async def webrtcbin() -> AsyncIterator[Process]:
    async with viewer("--sound") as process:
        yield process


async def watch(client: Client, camera: str, viewer: Process) -> str:
    """Make the viewer watch the camera. Return the answer."""
    offer = (await said(viewer, "offer"))["offer"]
    _, token = await client.post("/api/tokens", {"site": "lincoln"})
    headers = {"Authorization": f"Bearer {token['token']}", "Content-Type": "application/sdp"}
    answers: list[str] = []

    async def opened() -> bool:
        async with client.session.post(f"{client.url}/whep/{camera}", data=offer, headers=headers) as answer:
            if answer.status == 201:
                answers.append(await answer.text())
            return answer.status == 201

    await until(opened, 20, "the picture opens")
    assert viewer.stdin is not None
    viewer.stdin.write(json.dumps(answers[0]).encode() + b"\n")
    return answers[0]


async def test_webrtcbin_hears_the_tone_of_a_camera_configured_for_sound(client: Client, webrtcbin: Process) -> None:
    await watch(client, HEARD, webrtcbin)
    await said(webrtcbin, "frame")
    seconds = [await said(webrtcbin, "hertz") for _ in range(3)]
    assert all(abs(second["hertz"] - 440) <= 2 and second["peak"] > 0.5 for second in seconds), seconds


async def test_a_camera_not_configured_for_sound_is_never_heard(client: Client, webrtcbin: Process) -> None:
    answer = await watch(client, SILENT, webrtcbin)
    assert "m=audio 0 " in answer
    await said(webrtcbin, "frame")


async def test_the_page_is_told_which_cameras_have_sound(client: Client) -> None:
    _, body = await client.get("/api/sites")
    assert [camera["id"] for site in body["sites"] for camera in site["cameras"] if camera["sound"]] == [HEARD]
