"""The gateway is killed with SIGKILL in an incident and started again."""

import time

from playwright.async_api import Browser

from rig.district import District
from rig.glass import Glass
from rig.processes import until
from tests.e2e.marks import E2E

pytestmark = E2E


async def test_after_a_power_cut_the_page_recovers_by_itself(browser: Browser, district: District) -> None:
    coordinator = await district.client("coordinator")
    _, incident = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real", "note": "before"})
    signed_out = await district.client("dispatcher")
    cookies = {c.key: c.value for c in signed_out.session.cookie_jar}
    assert (await signed_out.post("/api/sign-out"))[0] == 204
    glass = await Glass.sign_in(browser, district, "dispatcher")
    tile = glass.tile("lincoln-lobby")
    await tile.open()
    await tile.says("live", 8)
    _, token = await coordinator.post("/api/tokens", {"site": "lincoln"})

    district.processes[-1].kill()
    killed = time.monotonic()
    await tile.says("not_live", 3 + 1.5)
    district.start_gateway()
    started = time.monotonic()
    await tile.says("live", 15)
    print(
        f"killed to LIVE again: {time.monotonic() - killed:.1f} s, "
        f"of which {time.monotonic() - started:.1f} s after the gateway was ready"
    )

    status, me = await coordinator.get("/api/me")
    assert (status, me["principal"]["name"]) == (200, "School coordinator 1"), "the sign-in is kept"
    status, again = await coordinator.post("/api/incidents", {"site": "lincoln", "kind": "real"})
    assert (status, again["id"]) == (200, incident["id"]), "the incident is still open"
    signed_out.session.cookie_jar.update_cookies(cookies)
    assert (await signed_out.get("/api/me"))[0] == 401, "a sign-out is kept"
    assert token["grant"]["id"] == (await coordinator.post("/api/tokens", {"site": "lincoln"}))[1]["grant"]["id"]
    assert glass.errors == []

    await coordinator.post(f"/api/incidents/{incident['id']}/all-clear")

    async def ended() -> bool:
        return await tile.state() != "live"

    await until(ended, 3, "the picture's end")
    await glass.close()
