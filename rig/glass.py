"""A signed-in page and its tiles: what each tile says about every frame, and the time code in that frame's pixels."""

import json
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Browser, BrowserContext, Page

from rig.district import District
from rig.processes import until

HERE = Path(__file__).parent
WITHOUT_PICTURES = {"auditor"}
CLOCKS = 0.02  # seconds by which the browser and the simulated school may read the same machine's clock differently

# For each frame: what the tile says about it, and the age of the picture on the glass, from the time code in its
# pixels. On a busy machine the glass may already show a later picture than the one that the browser has just reported
# to the page. So the picture is taken together with its own RTP timestamp, and compared with what the tile says only if
# it is that frame's picture. Both ages are those at the moment that the tile's words describe.
RECORDER = """
(() => {
  %s
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  window.frames_seen = {};

  // Returns the picture on the glass; null if the browser says that there is none at the moment.
  const onTheGlass = (video) => {
    try {
      return new VideoFrame(video);
    } catch (error) {
      if (error.name === "InvalidStateError") return null;
      throw error;
    }
  };

  // Reads a picture's time code in milliseconds since 1970; null if it has none.
  const codeOf = (picture) => {
    canvas.width = picture.displayWidth;
    canvas.height = picture.displayHeight;
    context.drawImage(picture, 0, 0);
    return readTimecode(context.getImageData(0, 0, canvas.width, canvas.height));
  };

  document.addEventListener("sightline-frame", (event) => {
    const { camera, rtpTimestamp, captureAge, uncertainty, state } = event.detail;
    const video = event.composedPath()[0].shadowRoot.querySelector("video");
    if (!video || !video.videoWidth || window.frames_unread?.has(camera)) return;
    const picture = onTheGlass(video);
    const width = picture?.displayWidth ?? video.videoWidth;
    const described = picture?.metadata().rtpTimestamp === rtpTimestamp;
    const code = picture && codeOf(picture);
    picture?.close();
    const at = performance.timeOrigin + 1000 * event.detail.at;
    const glassAge = code === null ? null : (at - code) / 1000;
    const trueAge = described ? glassAge : null;
    const seen = (window.frames_seen[camera] ??= []);
    seen.push({ at, state, rtpTimestamp, captureAge, uncertainty, trueAge, glassAge, described, width });
    if (seen.length > 2000) seen.shift();
  });
})();
"""


class Glass:
    """One person's signed-in page."""

    def __init__(self, page: Page, context: BrowserContext, district: District) -> None:
        self.page = page
        self.context = context
        self.district = district
        self.errors: list[str] = []
        self.maps: list[dict[str, Any]] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framereceived", self._heard))

    @classmethod
    async def sign_in(
        cls,
        browser: Browser,
        district: District,
        who: str,
        width: int = 1600,
        height: int = 900,
        script: str = "",
        **options: Any,
    ) -> "Glass":
        """Open a browser context, redeem an invitation with the page's own button, and start to record frames.

        ``script`` runs before the page's own scripts."""
        context = await browser.new_context(viewport={"width": width, "height": height}, **options)
        page = await context.new_page()
        await page.add_init_script(RECORDER % (HERE / "timecode.js").read_text())
        if script:
            await page.add_init_script(script)
        await page.goto(await district.invitation(who))
        glass = cls(page, context, district)
        await page.get_by_test_id("sign-in-button").click()
        if who not in WITHOUT_PICTURES:
            await page.get_by_test_id("notice-accept").click()
        return glass

    def _heard(self, text: str | bytes) -> None:
        """Keep the gateway's map from RTP time to capture time."""
        message = json.loads(text)
        if message["type"] == "timeline":
            self.maps.append(message)

    def tile(self, camera: str) -> "Tile":
        return Tile(self, camera)

    async def close_others(self, camera: str) -> None:
        """Close all tiles that the alarm opened, except this camera's."""
        tiles = self.page.locator("[data-testid^=tile-]")
        for name in await tiles.evaluate_all("tiles => tiles.map((tile) => tile.dataset.testid)"):
            if name != f"tile-{camera}":
                await self.tile(name.removeprefix("tile-")).close()

    async def text(self) -> str:
        return await self.page.locator("body").inner_text()

    async def close(self) -> None:
        await self.context.close()


class Tile:
    """One camera's tile on a page."""

    def __init__(self, glass: Glass, camera: str) -> None:
        self.glass = glass
        self.camera = camera
        self.locator = glass.page.get_by_test_id(f"tile-{camera}")

    async def open(self) -> None:
        """Open the tile from the list of cameras if it is not open. In an alarm it may open by itself at the same
        moment."""
        row = self.glass.page.get_by_test_id(f"open-{self.camera}")
        await row.wait_for()

        async def opened() -> bool:
            if await row.get_attribute("aria-pressed") == "false":
                await row.click()
            return bool(await self.locator.count())

        await until(opened, 10, f"a tile of {self.camera}")

    async def close(self) -> None:
        """Close the tile if it is open."""
        if await self.locator.count():
            await self.locator.get_by_role("button", name="Close").click()
            await self.locator.wait_for(state="detached")

    async def state(self) -> str:
        return await self.locator.get_attribute("data-state") or ""

    async def watch_state(self) -> None:
        """Start to record what the tile says and when, for ``changes``."""
        await self.locator.evaluate(
            """tile => {
                tile.changes = [];
                let before = tile.dataset.state;
                new MutationObserver(() => {
                    if (tile.dataset.state !== before) tile.changes.push([tile.dataset.state, Date.now() / 1000]);
                    before = tile.dataset.state;
                }).observe(tile, { attributes: true });
            }"""
        )

    async def changes(self) -> list[tuple[str, float]]:
        """Return what the tile has said since ``watch_state``, and when (seconds since 1970)."""
        return [(str(state), float(at)) for state, at in await self.locator.evaluate("tile => tile.changes")]

    async def age(self) -> float | None:
        value = await self.locator.get_attribute("data-age")
        return float(value) if value else None

    async def words(self) -> str:
        """Return all text on the tile."""
        return str(await self.locator.evaluate("e => [...e.shadowRoot.children].map(c => c.innerText).join(' ')"))

    async def never_stale(self) -> None:
        """Check, with the frames' own time codes, that no frame called LIVE was older than the contract allows."""
        for frame in await self.frames():
            if frame["state"] == "live" and frame["glassAge"] is not None:
                assert frame["glassAge"] < 2.0 + 0.25, frame

    async def keeps_its_word(self) -> list[dict[str, Any]]:
        """Check that each frame's true age is what the tile said, within the uncertainty that the tile claimed. Return
        the frames that were checked: those with a claimed uncertainty and a readable time code.
        """
        frames = [
            frame for frame in await self.frames() if frame["trueAge"] is not None and frame["uncertainty"] is not None
        ]
        for frame in frames:
            assert abs(frame["captureAge"] - frame["trueAge"]) < frame["uncertainty"] + CLOCKS, frame
        return frames

    async def frames(self) -> list[dict[str, Any]]:
        """Return what the tile said about each frame since the page was opened or ``forget`` was called.

        Times ``at`` are in milliseconds since 1970, ages in seconds. ``glassAge`` is that of the picture on the glass,
        or None if its time code cannot be read. ``trueAge`` is that of the picture that the tile described, or None if
        the glass already showed another one (``described`` is then false).
        """
        return cast(
            list[dict[str, Any]], await self.glass.page.evaluate("c => window.frames_seen[c] ?? []", self.camera)
        )

    async def forget(self) -> None:
        await self.glass.page.evaluate("c => { window.frames_seen[c] = []; }", self.camera)

    async def says(self, state: str, within: float) -> None:
        """Wait until the tile says ``state``."""

        async def condition() -> bool:
            return await self.state() == state

        try:
            await until(condition, within, state)
        except AssertionError:
            said = f"{await self.state()} {await self.age()}: {await self.words()}"
            raise AssertionError(f"{self.camera}: not {state} within {within} s, but {said}") from None

    async def says_words(self, words: str, within: float) -> None:
        async def condition() -> bool:
            return words in await self.words()

        try:
            await until(condition, within, words)
        except AssertionError:
            raise AssertionError(f"{self.camera}: not {words!r} within {within} s: {await self.words()}") from None

    async def counts(self) -> None:
        """Wait until the tile's age has increased by a second."""
        before = await self.age()
        assert before is not None

        async def condition() -> bool:
            return (await self.age() or 0) >= before + 1

        await until(condition, 3, "a counting age")
