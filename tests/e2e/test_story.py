"""The main story: no picture before the lockdown, four cameras after the trigger, none after all clear."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, expect

from rig.district import Client, District, running
from rig.example import SECRET
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import E2E
from tests.e2e.viewer import Viewer
from tests.gst.camera import PASSWORD, USERNAME, gst_camera

pytestmark = E2E

GSTREAMER = "lincoln-hallway-west"
ROOM = "lincoln-room-101"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def district(directory: Path) -> AsyncIterator[District]:
    """Lincoln with GStreamer's server as one camera, and an agreement that opens nothing without an incident."""
    with gst_camera("--auth", "digest") as camera:
        district = District(
            directory,
            urls={GSTREAMER: camera.url},
            settings={
                f"sites.lincoln.cameras.{GSTREAMER}.username": USERNAME,
                f"sites.lincoln.cameras.{GSTREAMER}.password": PASSWORD,
                "agreements.0.always_without_incident": False,
            },
        )
        async with running(district):
            yield district


def press_button(district: District, *more: str) -> subprocess.CompletedProcess[str]:
    """Send the same message as a panic button, with `sightline trigger`."""
    secret = district.directory / "webhook-secret"
    secret.write_text(SECRET)
    command = [sys.executable, "-m", "gateway", "trigger", f"{district.url}/hooks/lincoln-panic"]
    return subprocess.run(
        [*command, "--secret-file", str(secret), "--room", ROOM, *more], capture_output=True, text=True, check=False
    )


async def open_incidents(client: Client) -> int:
    status, answer = await client.get("/readyz")
    assert status == 200
    return int(answer["incidents_open"])


async def test_a_lockdown_opens_the_cameras_and_all_clear_closes_them(browser: Browser, district: District) -> None:
    dispatcher = await district.client("dispatcher")
    coordinator = await district.client("coordinator")
    glass = await Glass.sign_in(browser, district, "dispatcher")
    page = glass.page
    await expect(page.get_by_test_id(f"plan-camera-{GSTREAMER}")).to_be_visible(timeout=10_000)

    status, refused = await dispatcher.post("/api/tokens", {"site": "lincoln"})
    assert (status, refused["code"]) == (403, "no_incident")
    assert "no incident at this school" in refused["detail"].lower()

    began = time.time()
    pressed = await asyncio.to_thread(press_button, district)
    assert pressed.returncode == 0, pressed.stderr

    async def playing() -> list[str]:
        seen = await page.evaluate("Object.keys(window.frames_seen)")
        return list(seen) if len(seen) >= 4 else []

    opened = await until(playing, 15, "four cameras that play by themselves")
    assert GSTREAMER in opened
    first = await page.evaluate("Math.min(...Object.values(window.frames_seen).map(seen => seen[0].at))") / 1000
    print(f"panic button to the first of four pictures on the glass: {first - began:.2f} s, its own start included")

    alarm = page.get_by_test_id("alarm-banner")
    await expect(alarm).to_contain_text("101")
    await expect(alarm).to_contain_text("REAL")
    await page.get_by_test_id("acknowledge").click()

    async def acknowledged() -> bool:
        return "Dispatcher 1" in await alarm.inner_text()

    await until(acknowledged, 5, "the acknowledgement by name")

    _, token = await dispatcher.post("/api/tokens", {"site": "lincoln"})
    viewer = await Viewer.open(dispatcher, "lincoln-lobby", token["token"])
    await until(viewer.has_packets, 10, "packets at the second viewer")

    status, again = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    assert status == 200, "a repeat joins the open incident"
    status, ended = await coordinator.post(f"/api/incidents/{again['id']}/all-clear")
    assert (status, ended["state"]) == (200, "all_clear")
    await until(viewer.closed, 5, "the session's end")
    await asyncio.sleep(1.5)  # leave time for packets that must no longer arrive
    late = viewer.last_packet_at - ended["closed_at"]
    print(f"last SRTP packet {late * 1000:+.0f} ms after the commit of all clear")
    assert late < 1.0

    async def blank() -> bool:
        return bool(
            await page.evaluate(
                """() => [...document.querySelectorAll("*")].length > 0 && (function live(root) {
                     for (const element of root.querySelectorAll("*")) {
                       if (element.tagName === "VIDEO" && element.srcObject) return false;
                       if (element.shadowRoot && !live(element.shadowRoot)) return false;
                     }
                     return true;
                   })(document)"""
            )
        )

    await until(blank, 2, "blank tiles")
    status, _ = await dispatcher.post("/api/tokens", {"site": "lincoln"})
    assert status == 403
    assert glass.errors == []
    await viewer.stop()
    await glass.close()


async def test_the_record_tells_the_story(district: District) -> None:
    auditor = await district.client("auditor")
    _, answer = await auditor.get("/api/record?limit=500")
    kinds = [record["kind"] for record in answer["records"]]
    for kind in ("signed_in", "incident_opened", "grant_given", "view_opened", "view_closed"):
        assert kind in kinds, (kind, sorted(set(kinds)))


async def test_a_drill_opens_nothing_for_police_who_are_not_enrolled_and_a_real_alarm_supersedes_it(
    district: District,
) -> None:
    dispatcher = await district.client("dispatcher")
    patrol = await district.client("patrol")
    coordinator = await district.client("coordinator")
    drill = {"site": "lincoln", "kind": "drill", "enrolled": ["dispatcher-1"]}
    status, opened = await coordinator.post("/api/incidents", drill)
    assert (status, opened["kind"]) == (201, "drill")
    _, enrolled = await dispatcher.post("/api/tokens", {"site": "lincoln"})
    assert "lincoln-lobby" in enrolled["grant"]["cameras"]
    _, bystander = await patrol.post("/api/tokens", {"site": "lincoln"})
    assert "lincoln-lobby" not in bystander["grant"]["cameras"], "only those that are always open during an incident"
    pressed = await asyncio.to_thread(press_button, district)
    assert pressed.returncode == 0, pressed.stderr
    assert await open_incidents(dispatcher) == 1
    status, token = await patrol.post("/api/tokens", {"site": "lincoln"})
    assert status == 200
    assert "lincoln-lobby" in token["grant"]["cameras"]
    assert (await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "drill"}))[0] == 409
    status, real = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    assert (await coordinator.post(f"/api/incidents/{real['id']}/all-clear"))[0] == 200
