"""Cameras whose video some browsers cannot play: GStreamer's, and a simulated one with B-frames."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from rig.district import Client, District
from rig.glass import Glass, Tile
from rig.processes import until
from tests.e2e.marks import ALONE
from tests.gst.camera import gst_camera

pytestmark = ALONE

H265, JPEG, HIGH = "lincoln-hallway-west", "lincoln-lobby", "lincoln-hallway-east"
B_FRAMES, GRADUAL = "lincoln-main-entrance", "lincoln-gym"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    with ExitStack() as stack:
        urls = {
            camera: stack.enter_context(gst_camera("--codec", codec)).url
            for camera, codec in ((H265, "h265"), (JPEG, "jpeg"), (HIGH, "high"))
        }
        settings: dict[str, object] = {
            "media.transcoding.at_once": 4,
            f"sites.lincoln.cameras.{B_FRAMES}.b_frames": "transcode",
        }
        district = District(directory, urls=urls, settings=settings, live=frozenset({B_FRAMES, GRADUAL}))
        try:
            district.start_school()
            await district.fault(B_FRAMES, b_frames=2)
            await district.fault(GRADUAL, refresh="gradual")
            district.start_gateway()
            yield district
        finally:
            await district.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def it(district: District) -> Client:
    return await district.client("district_it")


async def main_stream(it: Client, camera: str) -> dict[str, Any]:
    _, body = await it.get("/api/cameras")
    found: dict[str, Any] = next(each for each in body["cameras"] if each["id"] == camera)["streams"]["main"]
    return found


async def says(it: Client, camera: str, codec: str, delivery: str) -> None:
    async def condition() -> bool:
        source = await main_stream(it, camera)
        return source["codec"] == codec and delivery in source["delivery"]

    try:
        await until(condition, 20, delivery)
    except AssertionError:
        raise AssertionError(f"{camera}: {await main_stream(it, camera)}") from None


async def shown(glass: Glass, camera: str, count: int = 20) -> list[dict[str, Any]]:
    """Return the frames of the camera's tile from the moment it becomes LIVE."""
    tile: Tile = glass.tile(camera)
    await tile.open()
    await tile.says("live", 25)
    await tile.forget()

    async def enough() -> bool:
        return len(await tile.frames()) >= count

    await until(enough, 30, f"{count} frames")
    return await tile.frames()


@pytest.mark.parametrize(("camera", "codec", "name"), [(H265, "H265", "H.265"), (JPEG, "JPEG", "MJPEG")])
async def test_pictures_that_the_browser_cannot_decode_are_shown_live_through_one_transcode(
    glass: Glass, it: Client, camera: str, codec: str, name: str
) -> None:
    await says(it, camera, codec, f"one shared transcode of the main stream ({name}) to H.264.")
    frames = await shown(glass, camera)
    assert {frame["width"] for frame in frames} == {320}
    await says(it, camera, codec, "The transcode is running.")
    await glass.tile(camera).close()


async def test_high_profile_is_passed_through_as_it_is(glass: Glass, it: Client) -> None:
    await says(it, HIGH, "H264", "All viewers get the main stream as it is (H.264).")
    frames = await shown(glass, HIGH)
    assert {frame["width"] for frame in frames} == {320}
    await glass.tile(HIGH).close()


async def test_b_frames_are_reported_and_transcoded_with_the_age_of_their_time_code(glass: Glass, it: Client) -> None:
    await says(it, B_FRAMES, "H264", "All viewers get one shared transcode of the main stream (H.264 with B-frames)")
    source = await main_stream(it, B_FRAMES)
    assert any("B-frames" in note for note in source["notes"])
    frames = await shown(glass, B_FRAMES, 100)
    assert len([frame for frame in frames if frame["glassAge"] is not None]) >= 80, "time codes that could be read"
    read = await glass.tile(B_FRAMES).keeps_its_word()
    errors = sorted(abs(frame["captureAge"] - frame["trueAge"]) for frame in read)
    p95 = errors[int(0.95 * (len(errors) - 1))]
    print(f"age error of a transcode over {len(errors)} frames: p50 {errors[len(errors) // 2]:.3f} s, p95 {p95:.3f} s")
    assert p95 < 0.150
    await glass.tile(B_FRAMES).never_stale()


async def test_a_camera_without_keyframes_is_shown_live_and_whole(glass: Glass, it: Client) -> None:
    await says(it, GRADUAL, "H264", "All viewers get one shared transcode of the main stream (H.264 without keyframes)")
    source = await main_stream(it, GRADUAL)
    assert any("full keyframes (IDR)" in note for note in source["notes"])
    frames = await shown(glass, GRADUAL, 30)
    read = [frame for frame in frames if frame["glassAge"] is not None]
    assert len(read) >= 0.9 * len(frames), "time codes that could be read, in all parts of the picture"
    await glass.tile(GRADUAL).never_stale()
    await glass.tile(GRADUAL).close()


async def test_the_reason_for_a_transcode_can_be_read_without_hovering(glass: Glass) -> None:
    tile = glass.tile(B_FRAMES)
    await tile.open()
    why = tile.locator.get_by_test_id("sent")
    reason = why.get_by_text("H.264 with B-frames")
    await expect(why).to_contain_text("CONVERTED", timeout=25_000)
    await expect(reason).not_to_be_visible()
    await tile.locator.get_by_role("button", name="Enlarge").click()
    await expect(reason).to_be_visible()
    await tile.locator.get_by_role("button", name="Show all cameras").click()
    await expect(reason).not_to_be_visible()
    await why.locator("summary").press("Enter")
    await expect(reason).to_be_visible()
